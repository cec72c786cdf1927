// The pool of one instance over real connections; the clock is the test's.
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Socket } from 'node:net';
import { ConnectionRooms } from '../limits/connection-rooms.js';
import { IdleAge } from '../limits/idle-age.js';
import { type HostileUpstream, startHostile } from '../testing/upstream.js';
import { ReadBuffers } from './read-buffers.js';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.js';
import { UpstreamPool } from './upstream-pool.js';

const KEEPALIVE = 4000;

let replica: HostileUpstream;
let accepted: Socket[];
const idleAge = { current: new IdleAge() };
const counts = { opened: 0, reused: 0 };
let pool: UpstreamPool;

/** A user, and what it was told. */
function user(): UpstreamUser & { readonly stands: Promise<void>; broken: boolean } {
  let connected = () => {};
  const stands = new Promise<void>((resolve) => (connected = resolve));
  return {
    stands,
    broken: false,
    onConnected: () => connected(),
    onBytes: () => true,
    onDrain() {},
    onEnd() {},
    onBroken() {
      this.broken = true;
    },
  };
}

function newPool(rooms?: ConnectionRooms): UpstreamPool {
  const meter = { upstreamOpened: () => void counts.opened++, upstreamReused: () => void counts.reused++ };
  const options = { keepalive: KEEPALIVE, meter, buffers: new ReadBuffers() };
  return new UpstreamPool({ host: '127.0.0.1', port: replica.port }, idleAge.current, options, rooms?.of('A'));
}

async function dialled(): Promise<UpstreamConnection> {
  const one = user();
  const connection = pool.dial(one);
  await one.stands;
  return connection;
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise(setImmediate);
};

beforeEach(async () => {
  accepted = [];
  [counts.opened, counts.reused, idleAge.current] = [0, 0, new IdleAge()];
  replica = await startHostile((socket) => void accepted.push(socket.on('end', () => socket.end())));
  pool = newPool();
});
afterEach(async () => {
  pool.retire();
  await replica.close();
});

describe('an idle connection', () => {
  it('is used again, the youngest first, and knows that it was', async () => {
    const [first, second] = [await dialled(), await dialled()];
    pool.release(first, Infinity, 0);
    pool.release(second, Infinity, 10);
    expect([pool.open, pool.idle]).toEqual([2, 2]);
    expect(second.reused).toBe(false);
    expect(pool.takeIdle(user(), Infinity, 20)).toBe(second);
    expect(second.reused).toBe(true);
    expect(pool.takeIdle(user(), Infinity, 20)).toBe(first);
    expect([pool.idle, counts]).toEqual([0, { opened: 2, reused: 2 }]);
  });

  it.each([
    ['UPSTREAM_KEEPALIVE', Infinity, KEEPALIVE],
    ['what the replica announced, less a second for the way to it', 3000, 2000],
  ])('is not used at the age of %s, and closed then', async (_which, announced, limit) => {
    pool.release(await dialled(), announced, 0);
    expect(pool.takeIdle(user(), Infinity, limit)).toBeUndefined();
    await until(() => pool.open === 0);
    pool.release(await dialled(), announced, 0);
    expect(pool.takeIdle(user(), Infinity, limit - 1)).toBeDefined();
  });

  it('is closed by the sweep at that age, and not before', async () => {
    pool.release(await dialled(), Infinity, 0);
    pool.sweep(KEEPALIVE - 1);
    expect(pool.idle).toBe(1);
    pool.sweep(KEEPALIVE);
    expect(pool.idle).toBe(0);
    await until(() => accepted[0].destroyed);
  });

  it('that is too old for this request stays for others', async () => {
    pool.release(await dialled(), Infinity, 0);
    expect(pool.takeIdle(user(), 1000, 1000)).toBeUndefined();
    expect(pool.idle).toBe(1);
    expect(pool.takeIdle(user(), 1001, 1000)).toBeDefined();
  });

  it('is none where the replica announces less than a second', async () => {
    pool.release(await dialled(), 1000, 0);
    expect(pool.idle).toBe(0);
    await until(() => pool.open === 0);
  });

  it('that is older than those that the replica closed is trusted no more', async () => {
    idleAge.current.closedAfter(2000, 0);
    pool.release(await dialled(), Infinity, 0);
    expect(pool.takeIdle(user(), Infinity, 1000)).toBeUndefined();
    pool.release(await dialled(), Infinity, 0);
    expect(pool.takeIdle(user(), Infinity, 999)).toBeDefined();
  });

  it('that the replica closes is gone, and its age is learned; of one that we close nothing is', async () => {
    pool.release(await dialled(), Infinity, performance.now() - 2000);
    pool.sweep(performance.now() + KEEPALIVE);
    await until(() => pool.open === 0);
    expect(idleAge.current.limit(performance.now())).toBe(Infinity);
    pool.release(await dialled(), Infinity, performance.now() - 2000);
    accepted[1].end();
    await until(() => pool.open === 0);
    expect(pool.idle).toBe(0);
    const learned = idleAge.current.limit(performance.now());
    expect(learned).toBeGreaterThanOrEqual(1000);
    expect(learned).toBeLessThan(Infinity);
  });

  it('makes room for a new one at the limit, the oldest first', async () => {
    const rooms = new ConnectionRooms(2);
    pool = newPool(rooms);
    const [oldest, younger] = [await dialled(), await dialled()];
    pool.release(oldest, Infinity, 0);
    pool.release(younger, Infinity, 1);
    await dialled();
    await until(() => pool.open === 2);
    expect(rooms.of('A').open).toBe(2);
    expect(pool.takeIdle(user(), Infinity, 2)).toBe(younger);
    expect(pool.takeIdle(user(), Infinity, 2)).toBeUndefined();
  });
});

describe('the memory of a long answer', () => {
  it('goes back to the lane when the answer is over', async () => {
    const memory = { taken: 0, back: 0 };
    jest.spyOn(ReadBuffers.prototype, 'take').mockImplementation(() => (memory.taken++, Buffer.alloc(1024)));
    jest.spyOn(ReadBuffers.prototype, 'giveBack').mockImplementation(() => void memory.back++);
    const one = user();
    const connection = pool.dial(one);
    // The first read is into shared bytes, which nobody can be given.
    one.onBytes = (bytes) => !connection.giveAway(bytes);
    await one.stands;
    accepted[0].write('some of a long answer');
    await until(() => memory.taken === 1);
    pool.release(connection, Infinity, 0);
    expect(memory).toEqual({ taken: 1, back: 1 });
    jest.restoreAllMocks();
  });
});

describe('a pool whose instance left', () => {
  it('closes idle connections at once, busy ones after their use', async () => {
    const [idle, busy] = [await dialled(), await dialled()];
    pool.release(idle, Infinity, 0);
    pool.retire();
    await until(() => pool.open === 1);
    pool.release(busy, Infinity, 1);
    expect(pool.idle).toBe(0);
    await until(() => pool.open === 0);
  });

  it('gives up one that is still being made, as if it had been refused', async () => {
    const waiting = user();
    pool.dial(waiting);
    pool.retire();
    await until(() => waiting.broken);
    expect(pool.open).toBe(0);
  });
});
