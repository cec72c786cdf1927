import { describe, expect, it } from '@jest/globals';
import { ConnectionRooms } from './connection-rooms.js';

/** A pool with so many idle connections, which close a moment after they were told to. */
function poolIn(rooms: ConnectionRooms, idle: number) {
  const room = rooms.of('A');
  const pool = { asked: 0, idle };
  room.addPool(() => {
    pool.asked++;
    return pool.idle-- > 0;
  });
  return { room, pool };
}

describe('the room for connections to a replica', () => {
  it('is there without a word up to the limit', () => {
    const { room, pool } = poolIn(new ConnectionRooms(2), 5);
    room.opening();
    room.opening();
    expect([room.open, pool.asked]).toEqual([2, 0]);
  });

  it('is made by one idle connection for each that is opened beyond the limit', () => {
    const { room, pool } = poolIn(new ConnectionRooms(2), 5);
    for (let time = 0; time < 3; time++) room.opening();
    expect(pool.asked).toBe(1);
    room.closed();
    room.opening();
    expect(pool.asked).toBe(2);
  });

  it('comes back with each connection that closes', () => {
    const { room, pool } = poolIn(new ConnectionRooms(1), 5);
    for (let time = 0; time < 3; time++) {
      room.opening();
      room.closed();
    }
    expect([room.open, pool.asked]).toEqual([0, 0]);
  });

  it('is looked for in every pool, and no further once none has an idle one', () => {
    const rooms = new ConnectionRooms(1);
    const [{ room, pool: first }, { pool: second }] = [poolIn(rooms, 0), poolIn(rooms, 1)];
    room.opening();
    room.opening();
    expect([first.asked, second.asked]).toEqual([1, 1]);
    // Neither has one: what is needed is opened all the same, since the claim has allowed it.
    room.opening();
    expect([first.asked, second.asked, room.open]).toEqual([2, 2, 3]);
  });

  it('is forgotten with its instance, and kept with those that stay', () => {
    const rooms = new ConnectionRooms(1);
    const [stays, leaves] = [rooms.of('stays'), rooms.of('leaves')];
    rooms.retain(new Set(['stays']));
    expect(rooms.of('stays')).toBe(stays);
    expect(rooms.of('leaves')).not.toBe(leaves);
  });
});
