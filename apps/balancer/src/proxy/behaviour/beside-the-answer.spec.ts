// What HTTP has besides a head and a body: informational answers and trailers.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import type { DataSettings } from '../../routing/link/messages.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient, rawExchange } from '../testing/raw-client.js';
import { startHostile, startRawHttp } from '../testing/upstream.js';

const HEAD = 'Host: a.example\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(LANES)('in the %s lane', (lane) => {
  async function serve(port: number, settings: Partial<DataSettings> = {}): Promise<InlinePlane> {
    const plane = await startInlinePlane({ express: lane === 'express', ...settings });
    ends.push(() => plane.close());
    await plane.route([{ replica: 'A', port }]);
    return plane;
  }
  /** A replica that answers the head of a request with these bytes. */
  async function answering(answer: (socket: Socket) => void): Promise<InlinePlane> {
    const upstream = await startHostile((socket) => socket.once('data', () => answer(socket)));
    ends.push(() => upstream.close());
    return serve(upstream.port);
  }

  describe('an informational answer', () => {
    it.each([
      ['102', 'HTTP/1.1 102 Processing\r\n\r\n'],
      [
        '103, its links as they were sent',
        'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nLink: </b.js>\r\nX-A: 1\r\n\r\n',
      ],
      ['one that nobody knows', 'HTTP/1.1 199 Odd Thing\r\nX-A: \xfc\r\n\r\n'],
      ['several', 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 104 Upload\r\nUpload-Offset: 5\r\n\r\n'],
    ])('passes, before the answer: %s', async (_what, bytes) => {
      const plane = await answering((socket) => {
        socket.write(bytes, 'latin1');
        setImmediate(() => socket.write(OK));
      });
      const text = await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      expect(text.slice(0, bytes.length)).toBe(bytes);
      expect(text.slice(bytes.length)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
    });

    it('arrives while the answer is still out', async () => {
      let replica: Socket | undefined;
      const plane = await answering((socket) => {
        replica = socket;
        socket.write('HTTP/1.1 102 Processing\r\n\r\n');
      });
      const client = await rawClient(plane.port, `GET / HTTP/1.1\r\n${HEAD}\r\n`);
      await client.until(/^HTTP\/1\.1 102 Processing\r\n\r\n$/);
      replica?.write(OK);
      await client.until(/ok$/);
      client.socket.destroy();
    });

    it('keeps what is for one connection, and what only the balancer may say, to itself', async () => {
      const plane = await answering((socket) => {
        socket.write(
          'HTTP/1.1 103 Early Hints\r\nX-HashFlow-Cause: x\r\nConnection: X-Hop\r\nX-Hop: 1\r\nLink: </a>\r\n\r\n',
        );
        setImmediate(() => socket.write(OK));
      });
      const text = await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200 /);
    });

    it('100 that nobody asked for is taken away, and so is every one for HTTP/1.0', async () => {
      const plane = await answering((socket) => {
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        setImmediate(() => socket.write(OK));
      });
      const text = await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      const old = await answering((socket) => socket.write(`HTTP/1.1 102 Processing\r\n\r\n${OK}`));
      expect(await rawExchange(old.port, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
    });
  });

  describe('trailers of a request', () => {
    it('reach the replica, but for those that count only in a head', async () => {
      const trailers: string[][] = [];
      const upstream = await startRawHttp((request, response) => {
        request.resume().on('end', () => {
          trailers.push(request.rawTrailers);
          response.end('ok');
        });
      });
      ends.push(() => upstream.close());
      const plane = await serve(upstream.port);
      const smuggled = [
        'X-HashFlow-Replica: evil',
        'X-Forwarded-For: 6.6.6.6',
        'Forwarded: for=6.6.6.6',
        'Via: 1.1 evil',
        'X-Request-Id: evil',
        'Authorization: evil',
        'Cookie: evil=1',
        'Connection: X-Sum',
      ];
      for (const head of ['', 'Expect: 100-continue\r\n']) {
        const text = await rawExchange(
          plane.port,
          `POST / HTTP/1.1\r\n${HEAD}${head}Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n` +
            `4\r\nbody\r\n0\r\nX-Sum: 42\r\n${smuggled.join('\r\n')}\r\nx-more: 1\r\n\r\n`,
        );
        expect(text).toMatch(/HTTP\/1\.1 200 /);
      }
      expect(trailers).toEqual([
        ['X-Sum', '42', 'x-more', '1'],
        ['X-Sum', '42', 'x-more', '1'],
      ]);
    });

    it('go along when the request is sent again', async () => {
      const trailers: string[][] = [];
      const upstream = await startRawHttp((request, response) => {
        request.resume().on('end', () => {
          trailers.push(request.rawTrailers);
          response.writeHead(trailers.length === 1 ? 503 : 200).end();
        });
      });
      ends.push(() => upstream.close());
      const plane = await serve(upstream.port);
      await plane.route(['A', 'B'].map((replica) => ({ replica, port: upstream.port })));
      const text = await rawExchange(
        plane.port,
        `PUT / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(trailers).toEqual([
        ['X-Sum', '42'],
        ['X-Sum', '42'],
      ]);
    });
  });

  it('trailers of an answer reach the client, but for those that count only in a head', async () => {
    const plane = await answering((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\nSet-Cookie: a=1\r\nX-HashFlow-Cause: x\r\n\r\n',
      ),
    );
    const text = await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
    expect(text).toMatch(/\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n$/);
  });
});
