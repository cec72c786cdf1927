import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataSettings } from '../../routing/link/messages.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient, rawExchange } from '../testing/raw-client.js';
import { startRawHttp, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('relaying, in the %s lane', (lane) => {
  let plane: InlinePlane;
  let upstream: Upstream;
  afterEach(async () => {
    await plane.close();
    await upstream.close();
  });

  const HEAD = 'Host: a.example\r\n';

  describe('an answer', () => {
    const answered = async (listener: Parameters<typeof startRawHttp>[0], settings: Partial<DataSettings> = {}) => {
      upstream = await startRawHttp(listener);
      plane = await startInlinePlane({ express: lane === 'express', ...settings });
      await plane.route([{ replica: 'Server 1', port: upstream.port }]);
    };

    it('passes with status, reason, fields in order and case, and body', async () => {
      await answered((_request, response) => {
        response.writeHead(299, 'Quite Fine', [
          'X-Two',
          '1',
          'Set-Cookie',
          'a=1',
          'x-two',
          '2',
          'Set-Cookie',
          'b=2',
          'Connection',
          'X-Hop',
          'X-Hop',
          '1',
        ]);
        response.end('body');
      });
      const text = await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      expect(text).toMatch(
        /^HTTP\/1.1 299 Quite Fine\r\nX-Two: 1\r\nSet-Cookie: a=1\r\nx-two: 2\r\nSet-Cookie: b=2\r\n/,
      );
      expect(text).not.toContain('X-Hop');
      expect(text).toMatch(/body\r\n0\r\n\r\n$/);
    });

    it('names the replica only where EXPOSE_REPLICA says so', async () => {
      await answered((_request, response) => void response.setHeader('X-HashFlow-Replica', 'fake').end(), {
        exposeReplica: false,
      });
      expect((await fetch(plane.url)).headers.get('x-hashflow-replica')).toBeNull();
    });

    it.each([
      ['HEAD', 200],
      ['GET', 204],
      ['GET', 304],
    ])('to %s with %i has no body, and leaves the connection usable', async (method, status) => {
      await answered((_request, response) => {
        if (status === 200) response.setHeader('Content-Length', '1234');
        response.writeHead(status).end();
      });
      const request = `${method} / HTTP/1.1\r\n${HEAD}\r\n`;
      const client = await rawClient(plane.port, request + request);
      const text = await client.until(/(HTTP\/1.1 [^]*\r\n\r\n){2}$/);
      expect(text.match(/HTTP\/1.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, `HTTP/1.1 ${status}`]);
      if (status === 200) expect(text).toContain('Content-Length: 1234');
      client.socket.destroy();
    });

    it('streams: each event arrives before the next is sent, and the head before the first', async () => {
      let send: (text: string) => void = () => {};
      await answered((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
        send = (text) => void response.write(text);
      });
      const client = await rawClient(plane.port, `GET / HTTP/1.1\r\n${HEAD}\r\n`);
      await client.until(/text\/event-stream[^]*\r\n\r\n/);
      for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
        send(event);
        await client.until(new RegExp(event.trim()));
      }
      client.socket.destroy();
    });

    it('of many megabytes arrives whole, at the pace of its reader', async () => {
      const size = 24 * 1024 ** 2;
      let written = 0;
      await answered((_request, response) => {
        const chunk = Buffer.alloc(64 * 1024, 'x');
        const push = () => {
          while (written < size) {
            written += chunk.length;
            if (!response.write(chunk)) return void response.once('drain', push);
          }
          response.end();
        };
        push();
      });
      const request = httpRequest(plane.url).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      await new Promise((resolve) => setTimeout(resolve, 150));
      // A reader that reads nothing must not make the balancer hold it all.
      expect(written).toBeLessThan(size / 2);
      let received = 0;
      for await (const chunk of response) received += (chunk as Buffer).length;
      expect(received).toBe(size);
    });

    it('keeps its trailers', async () => {
      await answered((_request, response) => {
        response.writeHead(200, { Trailer: 'X-Sum' });
        response.write('body');
        response.addTrailers([
          ['X-Sum', '42'],
          ['X-HashFlow-Cause', 'fake'],
        ]);
        response.end();
      });
      const text = await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      expect(text).toMatch(/0\r\nX-Sum: 42\r\n\r\n$/);
    });

    it('is preceded by its early hints', async () => {
      await answered((_request, response) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
        setTimeout(() => response.end('body'), 20);
      });
      const text = await rawExchange(plane.port, `GET / HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`);
      expect(text).toMatch(
        /^HTTP\/1.1 103 Early Hints\r\nLink: <\/style.css>; rel=preload; as=style\r\n\r\nHTTP\/1.1 200 /i,
      );
    });

    it('in HTTP/1.0 ends with the connection instead of a chunk', async () => {
      await answered((_request, response) => {
        response.write('a');
        setImmediate(() => response.end('b'));
      });
      const text = await rawExchange(plane.port, 'GET / HTTP/1.0\r\n\r\n');
      expect(text).toMatch(/\r\n\r\nab$/);
    });

    it('that comes before the request is whole reaches the client, which is still sending', async () => {
      await answered((request, response) => {
        response.writeHead(403).end('no');
        request.resume();
      });
      const client = await rawClient(
        plane.port,
        `POST / HTTP/1.1\r\n${HEAD}Content-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`,
      );
      await client.until(/^HTTP\/1.1 403 /);
      client.write('x'.repeat(999_000));
      await client.until(/no/);
      client.socket.destroy();
    });

    it('is given while the client goes on sending: both ways at once', async () => {
      await answered((request, response) => {
        response.writeHead(200);
        request.pipe(response);
      });
      const client = await rawClient(plane.port, `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
      for (const word of ['one', 'two', 'three']) {
        client.write(`${word.length.toString(16)}\r\n${word}\r\n`);
        await client.until(new RegExp(word));
      }
      client.write('0\r\n\r\n');
      await client.until(/0\r\n\r\n$/);
      client.socket.destroy();
    });
  });
});
