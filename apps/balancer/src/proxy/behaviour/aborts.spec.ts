// Who goes away in the middle of a body, in all four directions: the other side hears of it, nothing looks whole that is not,
// and nothing is left: no claim, no connection.
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { type RawClient, rawClient } from '../testing/raw-client.js';
import { type HostileUpstream, startHostile } from '../testing/upstream.js';

const ROUNDS = 10;
const SOME = 'x'.repeat(100_000);
const POST = 'POST /x HTTP/1.1\r\nHost: a.example\r\n';
/** Bodies that are not over yet. */
const UPLOADS = [
  ['of a length', `${POST}Content-Length: 1000000\r\n\r\n${SOME}`],
  ['in chunks', `${POST}Transfer-Encoding: chunked\r\n\r\n186a0\r\n${SOME}\r\n`],
] as const;
/** Larger than what is kept to be sent again, and all there. */
const WHOLE_UPLOADS = [
  ['of a length', `${POST}Content-Length: 100000\r\n\r\n${SOME}`],
  ['in chunks', `${POST}Transfer-Encoding: chunked\r\n\r\n186a0\r\n${SOME}\r\n0\r\n\r\n`],
] as const;
const ANSWERS = [
  ['of a length', `HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${SOME}`],
  ['in chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n${SOME}\r\n`],
  ['that the close ends', `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${SOME}`],
] as const;
const LEAVES = [
  ['with a reset', (socket: Socket) => void socket.resetAndDestroy()],
  ['without a word', (socket: Socket) => void socket.destroy()],
] as const;

const product = <A, B>(as: readonly A[], bs: readonly B[]) => as.flatMap((a) => bs.map((b) => [a, b] as const));
const named = <A, B>(as: readonly (readonly [string, A])[], bs: readonly (readonly [string, B])[]) =>
  product(as, bs).map(([[nameA, a], [nameB, b]]) => [nameA, nameB, a, b] as const);

describe.each(LANES)('in the middle of a body, in the %s lane,', (lane) => {
  let plane: InlinePlane;
  let upstream: HostileUpstream;
  afterEach(async () => {
    await plane.close();
    await upstream.close();
  });

  async function serve(onConnection: (socket: Socket) => void): Promise<void> {
    upstream = await startHostile((socket) => onConnection(socket.on('end', () => socket.end())));
    plane = await startInlinePlane({ express: lane === 'express', idleTimeout: 60_000 });
    await plane.route([{ replica: 'A', port: upstream.port }]);
  }
  const inFlight = async () => (await plane.link.counters(1000)).get('A')?.inFlight;
  const connections = async () => {
    const [worker] = (await plane.link.metrics(1000))?.workers ?? [];
    return [worker?.connections, worker?.upstreamOpen];
  };
  /** Nothing is in flight, and nobody is connected on either side. */
  async function nothingIsLeft(): Promise<void> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const left = [
        await inFlight(),
        ...(await connections()),
        upstream.connections.filter((each) => !each.destroyed).length,
      ];
      if (left.every((each) => each === 0)) return;
      if (performance.now() > deadline) expect(left).toEqual([0, 0, 0, 0]);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  /** All of them, at the same time. */
  const clients = (bytes: string) => Promise.all(Array.from({ length: ROUNDS }, () => rawClient(plane.port, bytes)));
  const received = (count: number) => {
    let total = 0;
    let arrived = () => {};
    const all = new Promise<void>((resolve) => (arrived = resolve));
    const count_ = (socket: Socket) => {
      let bytes = 0;
      socket.on('data', (chunk) => {
        const before = bytes;
        bytes += chunk.length;
        if (before < count && bytes >= count && ++total === ROUNDS) arrived();
      });
    };
    return { count: count_, all };
  };

  it.each([
    ...named(UPLOADS, LEAVES).map((row) => ['in the middle of its upload', ...row] as const),
    ...named(WHOLE_UPLOADS, LEAVES).map((row) => ['before the answer to its upload', ...row] as const),
  ])(
    'a client that leaves %s %s %s takes its request at the replica along',
    async (_when, _body, _how, bytes, leave) => {
      // Whatever is added to its head: no replica gets less than was sent.
      const { count, all } = received(bytes.length);
      await serve(count);
      const list = await clients(bytes);
      await all;
      expect(await inFlight()).toBe(ROUNDS);
      for (const { socket } of list) leave(socket);
      await nothingIsLeft();
    },
  );

  it.each(named(ANSWERS, LEAVES))(
    'a client that leaves its answer %s %s is not read for any longer',
    async (_body, _how, answer, leave) => {
      await serve((socket) => socket.once('data', () => socket.write(answer)));
      const list = await clients('GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n');
      await Promise.all(list.map(({ socket }) => bytesOf(socket, SOME.length)));
      expect(await inFlight()).toBe(ROUNDS);
      for (const { socket } of list) leave(socket);
      await nothingIsLeft();
    },
  );

  it.each(named(UPLOADS, LEAVES))(
    'a replica that leaves an upload %s %s costs its client a 502, once',
    async (_body, _how, bytes, leave) => {
      await serve((socket) => {
        let length = 0;
        socket.on('data', (chunk) => {
          length += chunk.length;
          if (length >= SOME.length) leave(socket);
        });
      });
      const list = await clients(bytes);
      await Promise.all(list.map((client) => client.until(/\r\n\r\n\{.*\}$/)));
      // It would still be listened to for a while, so that it sees the answer.
      for (const { socket } of list) socket.destroy();
      for (const { text } of await closed(list)) {
        expect(text).toMatch(/^HTTP\/1\.1 502 [^]*X-HashFlow-Cause: upstream_closed\r\n/);
        expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
      }
      await nothingIsLeft();
    },
  );

  it.each(
    named(ANSWERS, LEAVES).filter(([body, how]) => !(body === 'that the close ends' && how === 'without a word')),
  )(
    'a replica that leaves its answer %s %s leaves its client a reset, and never a clean end',
    async (_body, _how, answer, leave) => {
      await serve((socket) =>
        socket.once('data', () => socket.write(answer, () => setTimeout(() => leave(socket), 20))),
      );
      const list = await clients('GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n');
      for (const { text, reset } of await closed(list)) {
        expect(reset).toBe(true);
        expect(text).toMatch(/^HTTP\/1\.1 200 /);
        expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      }
      await nothingIsLeft();
    },
  );
});

/** So many bytes have come. */
async function bytesOf(socket: Socket, count: number): Promise<void> {
  while (socket.bytesRead < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** How the connections of the clients ended. */
function closed(list: readonly RawClient[]): Promise<{ text: string; reset: boolean }[]> {
  return Promise.all(list.map((client) => client.closed()));
}
