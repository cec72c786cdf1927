// Bytes of a replica that belong to no request: behind a whole answer, where no body may be, or while nobody has asked. They must
// never become a part of the next answer.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { eventually } from '../../runtime/testing/eventually.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { type HostileUpstream, startHostile } from '../testing/upstream.js';

const FRESH = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh';
const FAKE = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake';
const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const BODY = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody';
const CHUNKS = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n';

describe.each(LANES)('a connection to a replica, in the %s lane', (lane) => {
  let plane: InlinePlane;
  let replica: HostileUpstream;
  afterEach(async () => {
    await plane.close();
    await replica.close();
  });

  /** Its first connection is the listener's, the others are answered as they should be. */
  async function serve(first: (socket: Socket) => void): Promise<void> {
    replica = await startHostile((socket) => {
      if (replica.connections.length === 1) socket.once('data', () => first(socket));
      else socket.on('data', () => socket.write(FRESH));
    });
    plane = await startInlinePlane({ express: lane === 'express' });
    await plane.route([{ replica: 'A', port: replica.port }]);
  }
  const send = (method: string) => `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`;

  it.each([
    ['GET', 'more than the length', `${BODY}fake`],
    ['GET', 'another answer behind a length', BODY + FAKE],
    ['GET', 'another answer behind no body', EMPTY + FAKE],
    ['GET', 'another answer behind chunks', CHUNKS + FAKE],
    ['GET', 'more than the chunks', `${CHUNKS}fake`],
    ['HEAD', 'a body', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake'],
    ['HEAD', 'chunks', CHUNKS.replace('body', 'fake')],
    ['GET', 'a body for 204', 'HTTP/1.1 204 No Content\r\n\r\nfake'],
    ['GET', 'a length and a body for 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nfake'],
    ['GET', 'a body for 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nfake'],
    ['GET', 'chunks for 304', `HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n${FAKE}`],
  ])('is never used again after an answer to %s with %s (TRAPS 26)', async (method, _what, bytes) => {
    await serve((socket) => socket.write(bytes));
    const client = await rawClient(plane.port, send(method));
    await client.until(/^HTTP\/1\.1 \d+ [^]*\r\n\r\n(body)?/);
    client.write(send('GET'));
    const text = await client.until(/fresh$/);
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(2);
    expect(text).not.toContain('fake');
    expect(replica.connections).toHaveLength(2);
    client.socket.destroy();
    await eventually(() => expect(replica.connections[0].destroyed).toBe(true));
  });

  it('goes on after an empty line too many in the standard lane, whose parser passes over it, and is closed in the other (TRAPS 26)', async () => {
    await serve((socket) => {
      socket.write(`${BODY}\r\n`);
      socket.on('data', () => socket.write(FRESH));
    });
    const client = await rawClient(plane.port, send('GET'));
    await client.until(/body$/);
    client.write(send('GET'));
    const text = await client.until(/fresh$/);
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(2);
    expect(replica.connections).toHaveLength(lane === 'express' ? 2 : 1);
    client.socket.destroy();
  });

  it.each([
    ['an answer', FAKE],
    ['a byte', 'x'],
    ['half a head', 'HTTP/1.1 200 OK\r\nX-A: '],
    ['a notice of a timeout', 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'],
  ])(
    'is closed when %s comes while nobody has asked, and the next request does not see it (TRAPS 26)',
    async (_what, bytes) => {
      let idle: Socket | undefined;
      await serve((socket) => (idle = socket).write(BODY));
      const client = await rawClient(plane.port, send('GET'));
      await client.until(/body$/);
      await eventually(async () => expect((await plane.link.metrics(1000))?.workers[0].upstreamIdle).toBe(1));
      idle?.write(bytes);
      await eventually(() => expect(idle?.destroyed).toBe(true));
      client.write(send('POST'));
      expect(await client.until(/fresh$/)).toMatch(/body(HTTP\/1\.1 200 OK\r\n(?!.*HTTP\/1)[^]*)fresh$/);
      expect(client.text()).not.toContain('fake');
      client.socket.destroy();
    },
  );

  it('is used again where all is as it should be: that the tests above see a new one has a reason', async () => {
    await serve((socket) => {
      socket.write(BODY);
      socket.on('data', () => socket.write(FRESH));
    });
    const client = await rawClient(plane.port, send('GET'));
    await client.until(/body$/);
    client.write(send('GET'));
    await client.until(/fresh$/);
    expect(replica.connections).toHaveLength(1);
    client.socket.destroy();
  });
});
