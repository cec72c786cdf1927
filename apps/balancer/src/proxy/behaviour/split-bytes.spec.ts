// TCP cuts a stream of bytes wherever it likes. What a replica sees of requests, and a client of answers, must not depend on where.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { readAll, startHostile, startRawHttp } from '../testing/upstream.js';

// Many rounds, on a machine that may be busy.
jest.setTimeout(60_000);

const HEAD = 'Host: a.example\r\nCookie: a=1; b=2\r\n';
/** On one connection, one behind the other. */
const REQUESTS = [
  `GET /1?q=%C3%BC HTTP/1.1\r\n${HEAD}X-Empty:\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n`,
  `POST /2 HTTP/1.1\r\n${HEAD}Content-Length: 9\r\n\r\nnine of\r\n`,
  `PUT /3 HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n3;of=three\r\nabc\r\n00A\r\n0123456789\r\n0\r\nX-Sum: 42\r\n\r\n`,
  `HEAD http://b.example/4 HTTP/1.1\r\n${HEAD}\r\n`,
  `DELETE /5 HTTP/1.1\r\n${HEAD}Connection: close\r\n\r\n`,
].join('');

const ANSWERS = [
  [
    'GET',
    'of a length',
    200,
    'HTTP/1.1 200 OK\r\nX-A: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 6\r\n\r\nbo\r\ndy',
  ],
  [
    'GET',
    'in chunks',
    201,
    'HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4;of=four\r\nbody\r\n0a\r\n0123456789\r\n0\r\nX-Sum: 42\r\n\r\n',
  ],
  ['GET', 'that the close ends', 200, 'HTTP/1.1 200\r\nX-A:\r\n\r\nall of it'],
  ['GET', 'of HTTP/1.0', 404, 'HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\nno'],
  [
    'GET',
    'behind others',
    200,
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  ],
  ['GET', 'without a body', 304, 'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 6\r\n\r\n'],
  ['HEAD', 'to HEAD', 200, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n'],
] as const;

/** Who reads in this process has read what was written before. */
const turns = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
};

/** In pieces that end at these offsets, each read before the next is sent. */
async function writeCut(socket: Socket, bytes: string, cuts: readonly number[]): Promise<void> {
  // Else the system would put pieces together.
  socket.setNoDelay(true);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    if (socket.destroyed) return;
    socket.write(bytes.slice(from, to), 'latin1');
    from = to;
    await turns();
  }
}

const everyOne = (length: number) => Array.from({ length: length - 1 }, (_, index) => index + 1);
const someCuts = (length: number) =>
  fc.uniqueArray(fc.integer({ min: 1, max: length - 1 }), { maxLength: 12 }).map((cuts) => cuts.sort((a, b) => a - b));

describe.each(LANES)('in the %s lane, a stream of bytes', (lane) => {
  let plane: InlinePlane;
  let replica: { readonly port: number; close(): Promise<void> };
  afterEach(async () => {
    await plane.close();
    await replica.close();
  });
  async function route(): Promise<void> {
    // Ids are another one each time.
    plane = await startInlinePlane({ express: lane === 'express', requestId: 'off' });
    await plane.route([{ replica: 'A', port: replica.port }]);
  }
  /** For each of them, some at a time. */
  async function each<T>(list: readonly T[], look: (one: T) => Promise<void>): Promise<void> {
    for (let at = 0; at < list.length; at += 16) await Promise.all(list.slice(at, at + 16).map(look));
  }

  describe('from a client', () => {
    beforeEach(async () => {
      // It tells what it was sent.
      replica = await startRawHttp((request, response) => {
        void readAll(request).then((body) => {
          const { method, url, rawHeaders, rawTrailers } = request;
          response.end(JSON.stringify({ method, url, rawHeaders, body, rawTrailers }));
        });
      });
      await route();
    });
    async function outcome(cuts: readonly number[]): Promise<string> {
      const client = await rawClient(plane.port);
      await writeCut(client.socket, REQUESTS, cuts);
      return (await client.closed()).text.replace(/Date: .*\r\n/g, '');
    }

    it('means the same requests, wherever it is cut in two', async () => {
      const whole = await outcome([]);
      expect(whole.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(5);
      await each(everyOne(REQUESTS.length), async (at) => expect(await outcome([at])).toBe(whole));
    });

    it('means the same requests, byte by byte and in any pieces', async () => {
      const whole = await outcome([]);
      expect(await outcome(everyOne(REQUESTS.length))).toBe(whole);
      await fc.assert(
        fc.asyncProperty(someCuts(REQUESTS.length), async (cuts) => expect(await outcome(cuts)).toBe(whole)),
        { numRuns: 60 },
      );
    });
  });

  describe.each(ANSWERS)('from a replica that answers %s %s', (method, _what, status, bytes) => {
    /** By the path of the request. */
    const cutsOf = new Map<string, readonly number[]>();
    beforeEach(async () => {
      replica = await startHostile((socket) =>
        socket.on('data', (request) => {
          const [, path = ''] = request.toString('latin1').split(' ');
          void writeCut(socket, bytes, cutsOf.get(path) ?? []).then(() => {
            if (!/Content-Length|chunked/.test(bytes)) socket.end();
          });
        }),
      );
      await route();
    });
    let asked = 0;
    async function outcome(cuts: readonly number[]): Promise<unknown> {
      const path = `/${++asked}`;
      cutsOf.set(path, cuts);
      const request = httpRequest(`${plane.url}${path}`, { method, agent: false }).end();
      const before: unknown[] = [];
      request.on('information', ({ statusCode, rawHeaders }) => before.push([statusCode, rawHeaders]));
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const { statusCode, statusMessage } = response;
      const fields = response.rawHeaders.filter((_, index, all) => !/^date$/i.test(all[index - (index % 2)]));
      return {
        before,
        statusCode,
        statusMessage,
        fields,
        body: await readAll(response),
        trailers: response.rawTrailers,
      };
    }

    it('is the same answer to its client, however it is cut', async () => {
      const whole = await outcome([]);
      expect(whole).toMatchObject({ statusCode: status });
      await each(everyOne(bytes.length), async (at) => expect(await outcome([at])).toEqual(whole));
      expect(await outcome(everyOne(bytes.length))).toEqual(whole);
      await fc.assert(
        fc.asyncProperty(someCuts(bytes.length), async (cuts) => expect(await outcome(cuts)).toEqual(whole)),
        { numRuns: 20 },
      );
    });
  });
});
