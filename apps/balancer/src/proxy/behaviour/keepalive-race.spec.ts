import { afterEach, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_OUTCOMES, type DataSettings } from '../../routing/link/messages.js';
import { FRESH_ENOUGH } from '../attempts/attempt-machine.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { type HostileUpstream, startHostile } from '../testing/upstream.js';

describe.each(LANES)('kept connections, in the %s lane', (lane) => {
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  let plane: InlinePlane;
  const open: HostileUpstream[] = [];
  afterEach(async () => {
    await plane.close();
    for (const upstream of open.splice(0)) await upstream.close();
  });

  /** One replica; what it does with the nth request of a connection is the listener's. */
  async function serve(
    onRequest: (socket: Socket, nth: number) => void,
    settings: Partial<DataSettings> = {},
  ): Promise<HostileUpstream> {
    const upstream = await startHostile((socket) => {
      let nth = 0;
      socket.on('data', () => onRequest(socket, ++nth));
    });
    open.push(upstream);
    plane = await startInlinePlane({ express: lane === 'express', upstreamKeepalive: 30_000, ...settings });
    await plane.route([{ replica: 'A', port: upstream.port }]);
    return upstream;
  }

  const send = async (method: string) => {
    const response = await fetch(plane.url, { method });
    await response.text();
    return response.status;
  };
  const outcomes = async () => (await plane.link.counters(1000)).get('A')?.outcomes;

  describe('a connection that the replica closes as the next request leaves on it (TRAPS 22)', () => {
    const closesOnSecond = (socket: Socket, nth: number) => void (nth === 1 ? socket.write(OK) : socket.destroy());

    it('costs a GET nothing, though no other replica is there, and is not held against the replica', async () => {
      const upstream = await serve(closesOnSecond);
      for (let time = 0; time < 10; time++) expect(await send('GET')).toBe(200);
      expect(upstream.connections.length).toBe(10);
      expect(await outcomes()).toEqual({ ...NO_OUTCOMES, answered: 10 });
    });

    it('is not retried for a POST: it could have been read', async () => {
      let requests = 0;
      await serve((socket, nth) => {
        requests++;
        closesOnSecond(socket, nth);
      });
      expect([await send('POST'), await send('POST')]).toEqual([200, 502]);
      expect(requests).toBe(2);
    });
  });

  describe('a request that must not be sent twice (TRAPS 22)', () => {
    it('goes on no connection that was idle for a second, where a GET does', async () => {
      const upstream = await serve((socket) => socket.write(OK));
      await send('POST');
      await send('POST');
      expect(upstream.connections.length).toBe(1);
      await delay(FRESH_ENOUGH + 20);
      await send('GET');
      expect(upstream.connections.length).toBe(1);
      await delay(FRESH_ENOUGH + 20);
      await send('POST');
      expect(upstream.connections.length).toBe(2);
    });

    it('goes on none that was idle for half of the time after which the replica was seen to close', async () => {
      const upstream = await serve((socket) => {
        socket.write(OK);
        // Without a word of it in Keep-Alive.
        setTimeout(() => socket.end(), 200);
      });
      await send('GET');
      await new Promise((resolve) => upstream.connections[0].once('close', resolve));
      for (let time = 2; time <= 4; time++) {
        expect(await send('POST')).toBe(200);
        expect(upstream.connections.length).toBe(time);
        await delay(110);
      }
    });
  });

  it('a replica that closes after two idle seconds, without a word of it, costs no POST at whatever pace they come (TRAPS 22)', async () => {
    await serve((socket) => {
      socket.write(OK);
      socket.setTimeout(2000, () => socket.destroy());
    });
    const pauses = Array.from({ length: 125 }, (_, index) => 900 + index * 10);
    const statuses = await Promise.all(
      pauses.map(async (pause) => {
        const first = [await send('POST'), await send('POST')];
        await delay(pause);
        return [...first, await send('POST')];
      }),
    );
    expect(statuses.flat()).toEqual(Array(3 * pauses.length).fill(200));
  });

  describe('an idle time that the replica announces', () => {
    it('is obeyed with a second to spare', async () => {
      const upstream = await serve((socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok'),
      );
      for (let time = 0; time < 3; time++) expect(await send('GET')).toBe(200);
      expect(upstream.connections.length).toBe(3);
    });
  });
});
