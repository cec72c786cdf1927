// Replicas that answer in what is no HTTP, or in HTTP that means two things, or break off: what the client sees, through both lanes.
// A client must never take for a whole answer what is none, and never see two answers to one request.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { eventually } from '../../runtime/testing/eventually.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { type HostileUpstream, startHostile } from '../testing/upstream.js';

const HEAD = 'HTTP/1.1 200 OK\r\n';
const LENGTH = 'Content-Length: 4\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const CHUNKS = '4\r\nbody\r\n0\r\n\r\n';

/** What the replica does once it has sent its bytes. */
type Then = 'stays' | 'ends' | 'resets';

const NO_ANSWER: readonly (readonly [string, string, string, Then?])[] = [
  // Nothing, or not all of a head.
  ['nothing, and an end', '', 'upstream_closed', 'ends'],
  ['nothing, and a reset', '', 'upstream_closed', 'resets'],
  ['half a status line', 'HTTP/1.1 20', 'upstream_closed', 'ends'],
  ['half a head', `${HEAD}X-A: 1\r\nX-B`, 'upstream_closed', 'ends'],
  ['half a head, and a reset', `${HEAD}X-A: 1\r\nX-B`, 'upstream_closed', 'resets'],
  ['an informational answer and no other', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'upstream_closed', 'ends'],
  // No status line.
  ['another protocol', 'SSH-2.0-OpenSSH_9.2p1\r\n', 'upstream_protocol'],
  ['TLS', '\x15\x03\x01\x00\x02\x02\x46', 'upstream_protocol'],
  ['a body without a head', '<html>hello</html>\r\n\r\n', 'upstream_protocol'],
  ['another version', `HTTP/2.0 200 OK\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a version in small letters', `http/1.1 200 OK\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a status of two digits', `HTTP/1.1 20 OK\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a status of four digits', `HTTP/1.1 2000 OK\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a status below 100', `HTTP/1.1 099 Odd\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a status that is none', `HTTP/1.1 2x0 OK\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['two blanks before the status', `HTTP/1.1  200 OK\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  // No fields.
  ['a bare line feed behind the status', `HTTP/1.1 200 OK\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a bare line feed behind a field', `${HEAD}X-A: 1\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a bare line feed at the end of the head', `${HEAD}${LENGTH}\nbody`, 'upstream_protocol'],
  ['a bare carriage return', `${HEAD}X-A: 1\rX-B: 2\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a zero byte in a value', `${HEAD}X-A: 1\0\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a blank before the colon', `${HEAD}X-A : 1\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a field without a name', `${HEAD}: 1\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a field without a colon', `${HEAD}X-A\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a blank before the first field', `${HEAD} X-A: 1\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a folded field', `${HEAD}X-A: 1\r\n 2\r\n${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a length that is folded', `${HEAD}Content-Length:\r\n 4\r\n\r\nbody`, 'upstream_protocol'],
  // No framing, or two.
  ['two lengths', `${HEAD}${LENGTH}Content-Length: 5\r\n\r\nbody!`, 'upstream_protocol'],
  ['the same length twice', `${HEAD}${LENGTH}${LENGTH}\r\nbody`, 'upstream_protocol'],
  ['a list of lengths', `${HEAD}Content-Length: 4, 4\r\n\r\nbody`, 'upstream_protocol'],
  ['a length with a sign', `${HEAD}Content-Length: +4\r\n\r\nbody`, 'upstream_protocol'],
  ['a length below zero', `${HEAD}Content-Length: -1\r\n\r\nbody`, 'upstream_protocol'],
  ['a length in hex', `${HEAD}Content-Length: 0x4\r\n\r\nbody`, 'upstream_protocol'],
  ['an empty length', `${HEAD}Content-Length: \r\n\r\nbody`, 'upstream_protocol'],
  ['a length beyond all numbers', `${HEAD}Content-Length: ${'9'.repeat(30)}\r\n\r\nbody`, 'upstream_protocol'],
  ['a length and chunks', `${HEAD}${LENGTH}${CHUNKED}\r\n${CHUNKS}`, 'upstream_protocol'],
  ['chunks and a length', `${HEAD}${CHUNKED}${LENGTH}\r\n${CHUNKS}`, 'upstream_protocol'],
  ['chunks in HTTP/1.0', `HTTP/1.0 200 OK\r\n${CHUNKED}\r\n${CHUNKS}`, 'upstream_protocol', 'ends'],
  ['chunks in chunks', `${HEAD}${CHUNKED}${CHUNKED}\r\n${CHUNKS}`, 'upstream_protocol'],
  ['another coding', `${HEAD}Transfer-Encoding: gzip\r\n\r\nbody`, 'upstream_protocol', 'ends'],
  ['another coding in chunks', `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n${CHUNKS}`, 'upstream_protocol'],
  ['a coding in disguise', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n${CHUNKS}`, 'upstream_protocol', 'ends'],
  // Too much.
  ['a head without an end', `${HEAD}X-A: ${'x'.repeat(200_000)}`, 'upstream_protocol'],
  ['a reason without an end', `HTTP/1.1 200 ${'x'.repeat(200_000)}`, 'upstream_protocol'],
  ['a protocol that nobody asked for', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n', 'upstream_protocol'],
  ['hints without an end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10_000), 'upstream_protocol'],
];

const BROKEN_OFF: readonly (readonly [string, string, Then?])[] = [
  ['before the length is reached', `${HEAD}Content-Length: 9\r\n\r\nhalf`, 'ends'],
  ['before the length is reached, with a reset', `${HEAD}Content-Length: 9\r\n\r\nhalf`, 'resets'],
  ['before the first byte', `${HEAD}Content-Length: 9\r\n\r\n`, 'ends'],
  ['in a size', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n4`, 'ends'],
  ['behind a size', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n4\r`, 'ends'],
  ['in a chunk', `${HEAD}${CHUNKED}\r\n4\r\nha`, 'ends'],
  ['in a chunk, with a reset', `${HEAD}${CHUNKED}\r\n4\r\nha`, 'resets'],
  ['behind a chunk', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n`, 'ends'],
  ['before the last line', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n0\r\n`, 'ends'],
  ['in its trailers', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n0\r\nX-Sum: 1\r\n`, 'ends'],
  ['with a size that is none', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\nzz\r\nmore\r\n0\r\n\r\n`],
  ['with a size that is empty', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n\r\nmore\r\n0\r\n\r\n`],
  ['with a size that has a sign', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n+4\r\nmore\r\n0\r\n\r\n`],
  ['with a size in C', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n0x4\r\nmore\r\n0\r\n\r\n`],
  ['with a size behind a blank', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n 4\r\nmore\r\n0\r\n\r\n`],
  ['with a size beyond all numbers', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n${'f'.repeat(20)}\r\nmore\r\n0\r\n\r\n`],
  ['with a size that is too small', `${HEAD}${CHUNKED}\r\n3\r\nhalf\r\n0\r\n\r\n`],
  ['with a size that is too large', `${HEAD}${CHUNKED}\r\n5\r\nhalf\r\n0\r\n\r\n`],
  ['with a bare line feed behind a size', `${HEAD}${CHUNKED}\r\n4\nhalf\r\n0\r\n\r\n`],
  ['with a bare line feed behind a chunk', `${HEAD}${CHUNKED}\r\n4\r\nhalf\n0\r\n\r\n`],
  ['with trailers that are none', `${HEAD}${CHUNKED}\r\n4\r\nhalf\r\n0\r\nno field\r\n\r\n`],
  ['without a framing, with a reset', `${HEAD}\r\nhalf`, 'resets'],
];

describe.each(LANES)('in the %s lane', (lane) => {
  let plane: InlinePlane;
  let replica: HostileUpstream;
  afterEach(async () => {
    await plane.close();
    await replica.close();
  });

  async function serve(bytes: string, then: Then = 'stays'): Promise<void> {
    replica = await startHostile((socket) =>
      socket.once('data', () => {
        socket.write(bytes, 'latin1', () => finish(socket, then));
      }),
    );
    plane = await startInlinePlane({ express: lane === 'express', responseTimeout: 5000 });
    await plane.route([{ replica: 'A', port: replica.port }]);
  }
  const ask = () => rawClient(plane.port, 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
  /** Not a claim, and not a connection to the replica. */
  const nothingIsLeft = () =>
    eventually(async () => {
      expect((await plane.link.counters(1000)).get('A')?.inFlight).toBe(0);
      expect(replica.connections.every(({ destroyed }) => destroyed)).toBe(true);
    });

  it.each(NO_ANSWER)(
    'a replica that answers with %s is told of in a 502, once',
    async (_what, bytes, cause, then = 'stays') => {
      await serve(bytes, then);
      const client = await ask();
      const text = await client.until(/\{"message":"[^"]+","status":"failure"\}/);
      const [last] = text.split(/(?:HTTP\/1.1 103 Early Hints\r\n\r\n)+/).slice(-1);
      expect(last).toMatch(new RegExp(`^HTTP/1\\.1 502 [^]*\\r\\nX-HashFlow-Cause: ${cause}\\r\\n`));
      expect(last.match(/HTTP\/1/g)).toHaveLength(1);
      await nothingIsLeft();
      client.socket.destroy();
    },
  );

  it.each(BROKEN_OFF)(
    'an answer that breaks off %s resets the connection of its client',
    async (_where, bytes, then = 'stays') => {
      await serve(bytes, then);
      const { text, reset } = await (await ask()).closed();
      expect(reset).toBe(true);
      // What came before is of that answer, and has no end.
      expect(text).toMatch(/^(HTTP\/1\.1 200 OK\r\n(?!.*HTTP\/1)[^]*)?$/);
      expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      await nothingIsLeft();
    },
  );

  it('an answer that the close ends is whole, with an end that its client can see', async () => {
    await serve(`${HEAD}X-A: 1\r\n\r\nall of it`, 'ends');
    const client = await ask();
    expect(await client.until(/0\r\n\r\n$/)).toMatch(/\r\nX-A: 1\r\n[^]*\r\n9\r\nall of it\r\n0\r\n\r\n$/);
    await nothingIsLeft();
    client.socket.destroy();
  });

  it.each(['HTTP/1.0 200 OK\r\n\r\nold', 'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold'])(
    'an answer in HTTP/1.0 is passed on as ours: %j',
    async (bytes) => {
      await serve(bytes, 'ends');
      const client = await ask();
      expect(await client.until(/old(\r\n0\r\n\r\n)?$/)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      await nothingIsLeft();
      client.socket.destroy();
    },
  );
});

function finish(socket: Socket, then: Then): void {
  if (then === 'ends') socket.end();
  // What was written shall arrive before.
  else if (then === 'resets') setTimeout(() => socket.resetAndDestroy(), 20);
}
