// A request that is not plain, sent behind a plain one whose answer is still under way: the connection goes over to the standard lane in
// between, wherever its bytes are cut. In the standard lane it stays where it is, and the client must see the same.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { type RawClient, rawClient } from '../testing/raw-client.js';
import { readAll, startRawHttp, type Upstream } from '../testing/upstream.js';

// Many rounds, on a machine that may be busy.
jest.setTimeout(60_000);

const GET = 'GET /stream HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n';
const LAST = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const STREAMED = 'HTTP/1\\.1 200 OK\\r\\n(?:(?!HTTP/1)[^])*begun, (?:(?!HTTP/1)[^])*ended\\r\\n0\\r\\n\\r\\n';
const CONTINUE = 'HTTP/1\\.1 100 Continue\\r\\n\\r\\n';
const GOT = 'HTTP/1\\.1 200 OK\\r\\n(?:(?!HTTP/1)[^])*\\r\\n\\r\\ngot body';
const IN_ORDER = new RegExp(`^${STREAMED}${CONTINUE}${GOT}`);

describe.each(LANES)('a connection with a stream and an Expect behind it, begun in the %s lane', (lane) => {
  let plane: InlinePlane;
  let replica: Upstream;
  let seen: string[] = [];
  let stream: ServerResponse;
  beforeAll(async () => {
    replica = await startRawHttp((request, response) => {
      void readAll(request).then((body) => {
        seen.push(`${request.method} ${request.url} ${body}`);
        if (request.url === '/stream') (stream = response).write('begun, ');
        else response.writeHead(200, { 'Content-Length': 8 }).end(request.url === '/x' ? `got ${body}` : 'the last');
      });
    });
    plane = await startInlinePlane({ express: lane === 'express' });
    await plane.route([{ replica: 'A', port: replica.port }]);
  });
  afterAll(async () => {
    await plane.close();
    await replica.close();
  });
  async function begin(bytes: string): Promise<RawClient> {
    seen = [];
    const client = await rawClient(plane.port, bytes);
    await client.until(/begun, /);
    return client;
  }

  it('keeps its order and reads nothing twice, wherever it is cut while the stream is under way (TRAPS 25)', async () => {
    for (let at = 0; at <= POST.length; at++) {
      const client = await begin(GET + POST.slice(0, at));
      client.write(POST.slice(at));
      stream.end('ended');
      await client.until(/100 Continue\r\n\r\n$/);
      client.write('body');
      expect(await client.until(/got body$/)).toMatch(IN_ORDER);
      expect(seen).toEqual(['GET /stream ', 'POST /x body']);
      client.socket.destroy();
    }
  });

  it('does so where the rest comes only once the stream is over (TRAPS 25)', async () => {
    for (let at = 0; at <= POST.length; at++) {
      const client = await begin(GET + POST.slice(0, at));
      stream.end('ended');
      await client.until(/\r\n0\r\n\r\n/);
      client.write(POST.slice(at));
      await client.until(/100 Continue\r\n\r\n$/);
      client.write('body');
      expect(await client.until(/got body$/)).toMatch(IN_ORDER);
      expect(seen).toEqual(['GET /stream ', 'POST /x body']);
      client.socket.destroy();
    }
  });

  it('does so with the body sent unasked, a plain request behind it, and a cut anywhere in all of it (TRAPS 25)', async () => {
    const behind = `${POST}body${LAST}`;
    for (let at = 0; at <= behind.length; at++) {
      const client = await begin(GET + behind.slice(0, at));
      client.write(behind.slice(at));
      stream.end('ended');
      const { text } = await client.closed();
      expect(text).toMatch(new RegExp(`^${STREAMED}${CONTINUE}${GOT}HTTP/1\\.1 200 OK\\r\\n[^]*\\r\\n\\r\\nthe last$`));
      // The standard lane asks for both before the first is answered.
      expect([seen[0], ...seen.slice(1).sort()]).toEqual(['GET /stream ', 'GET /last ', 'POST /x body']);
    }
  });
});
