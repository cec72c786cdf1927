import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startHangingPort } from '../testing/hanging-port.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { settled } from '../testing/settled.js';
import { startRawHttp, startUpstream, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('rerouting, in the %s lane', (lane) => {
  describe('routing as it changes', () => {
    let plane: InlinePlane;
    const upstreams: Upstream[] = [];
    beforeEach(async () => {
      plane = await startInlinePlane({ express: lane === 'express', connectTimeout: 60_000 });
    });
    afterEach(async () => {
      await plane.close();
      for (const upstream of upstreams.splice(0)) await upstream.close();
    });
    const start = async (name: string) => {
      const upstream = await startUpstream(name);
      upstreams.push(upstream);
      return upstream;
    };

    it('waits for the new table where the only replica drains and its successor stands in that table', async () => {
      const [old, next] = [await start('old'), await start('next')];
      await plane.route([{ replica: 'A', id: 'old', port: old.port }]);
      // The words are set, the table is not there yet: what a request meets in between.
      plane.claims.setState({ row: 0, generation: 1 }, 'draining');
      const answer = fetch(plane.url);
      await settled();
      await plane.route([
        { replica: 'A', id: 'old', port: old.port, state: 'draining' },
        { replica: 'A', id: 'next', port: next.port },
      ]);
      expect(await (await answer).json()).toMatchObject({ name: 'next' });
    });

    it('sends nothing to a name by the address of another: the address moves, the pool does not (TRAPS 3)', async () => {
      const upstream = await start('X');
      await plane.route([{ replica: 'A', id: 'a1', port: upstream.port }]);
      await (await fetch(plane.url)).text();
      await plane.route([{ replica: 'B', id: 'b1', port: upstream.port }]);
      await (await fetch(plane.url)).text();
      expect(upstream.seen.map(({ headers }) => headers['x-hashflow-replica'])).toEqual(['A', 'B']);
      expect(upstream.connections).toHaveLength(2);
      await new Promise((resolve) =>
        upstream.connections[0].destroyed ? resolve(0) : upstream.connections[0].once('close', resolve),
      );
    });

    it('follows an instance to another address: new requests go there, idle connections to the old one are closed', async () => {
      const [old, next, other] = [await start('old'), await start('next'), await start('other')];
      const others = { replica: 'B', port: other.port };
      const ask = async () => {
        for (let key = 0; key < 20; key++)
          await (await fetch(`${plane.url}/`, { headers: { 'x-hash-key': `${key}` } })).text();
      };
      await plane.route([{ replica: 'A', id: 'a1', port: old.port }, others]);
      await ask();
      const [before, ...more] = old.connections;
      expect(more).toEqual([]);
      const closed = new Promise((resolve) => before.once('close', resolve));
      await plane.route([{ replica: 'A', id: 'a1', port: next.port }, others]);
      await closed;
      const seen = old.seen.length;
      await ask();
      expect([old.seen.length, next.seen.length]).toEqual([seen, seen]);
      // Who has not moved keeps its connection.
      expect(other.connections).toHaveLength(1);
    });

    it('lets a request in flight finish at the address that its instance had', async () => {
      let finish = () => {};
      const old = await startRawHttp((_request, response) => (finish = () => response.end('late')));
      upstreams.push(old);
      await plane.route([{ replica: 'A', id: 'a1', port: old.port }]);
      const answer = fetch(plane.url);
      while (old.connections.length === 0) await settled();
      await settled();
      await plane.route([{ replica: 'A', id: 'a1', port: (await start('next')).port }]);
      finish();
      expect(await (await answer).text()).toBe('late');
    });

    it('lets a newcomer take its keys step by step; the others stay where they were (TRAPS 24)', async () => {
      const [a, b, newcomer] = [await start('A'), await start('B'), await start('N')];
      const old = [
        { replica: 'A', port: a.port },
        { replica: 'B', port: b.port },
      ];
      const owners = () =>
        Promise.all(
          Array.from({ length: 60 }, async (_, i) => {
            const response = await fetch(plane.url, { headers: { 'x-hash-key': `user-${i}` } });
            return ((await response.json()) as { name: string }).name;
          }),
        );
      const steps: string[][] = [];
      await plane.route(old);
      steps.push(await owners());
      for (const ramp of [0.2, 0.6, undefined]) {
        await plane.route([...old, { replica: 'N', port: newcomer.port, ramp }]);
        steps.push(await owners());
      }
      const taken = steps.map((names) => names.filter((name) => name === 'N').length);
      expect(taken[0]).toBe(0);
      for (let step = 1; step < steps.length; step++) {
        expect(taken[step]).toBeGreaterThan(taken[step - 1]);
        steps[step].forEach((name, key) => expect(['N', steps[step - 1][key]]).toContain(name));
      }
    });

    it('lets requests in flight finish on an instance that left', async () => {
      let finish = () => {};
      const slow = await startRawHttp((_request, response) => {
        finish = () => response.end('finished');
        response.write('begun, ');
      });
      upstreams.push(slow);
      await plane.route([{ replica: 'A', port: slow.port }]);
      const response = await fetch(plane.url);
      await plane.route([]);
      expect((await fetch(plane.url)).status).toBe(503);
      finish();
      expect(await response.text()).toBe('begun, finished');
    });

    it('gives up connections that are still being made to an instance that left, and the requests go elsewhere (TRAPS 3)', async () => {
      const hanging = await startHangingPort();
      const good = await start('good');
      await plane.route([{ replica: 'A', port: hanging.port }]);
      const [request, handshake] = [
        fetch(plane.url),
        rawClient(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
      ];
      await settled();
      await plane.route([{ replica: 'B', port: good.port }]);
      // CONNECT_TIMEOUT is longer than this test may take: that they are answered shows that the connections were given up.
      expect(await (await request).json()).toMatchObject({ name: 'good' });
      const client = await handshake;
      expect(await client.until(/"good"/)).toMatch(/^HTTP\/1.1 200 /);
      client.socket.destroy();
      await hanging.close();
    });

    it('costs no request, whatever it does under load', async () => {
      const [a, b, c] = [await start('A'), await start('B'), await start('C')];
      const all = [
        { replica: 'A', port: a.port },
        { replica: 'B', port: b.port },
        { replica: 'C', port: c.port },
      ];
      await plane.route(all);
      let running = true;
      const failed: number[] = [];
      const load = Promise.all(
        Array.from({ length: 8 }, async () => {
          while (running) {
            const { status } = await fetch(plane.url);
            if (status !== 200) failed.push(status);
          }
        }),
      );
      for (let round = 0; round < 30; round++) {
        const [gone, ...rest] = all.slice(round % 3).concat(all.slice(0, round % 3));
        await plane.route([
          { ...gone, id: `${gone.replica}${Math.floor((round - 1) / 3)}`, state: 'draining' },
          ...rest,
        ]);
        await plane.route([{ ...gone, id: `${gone.replica}${Math.floor(round / 3)}` }, ...rest]);
      }
      running = false;
      await load;
      expect(failed).toEqual([]);
    });
  });

  describe('a shutdown', () => {
    it('stops accepting, lets what is in flight finish, and closes the connections behind it', async () => {
      let finish = () => {};
      const slow = await startRawHttp(({ url }, response) => {
        if (url === '/slow') finish = () => response.end('done');
        else response.end('at once');
      });
      const plane = await startInlinePlane({ express: lane === 'express' });
      await plane.route([{ replica: 'A', port: slow.port }]);
      const idle = await rawClient(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await idle.until(/at once/);
      const busy = await rawClient(plane.port, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
      await settled();
      const stopped = plane.link.shutdown(5000);
      await plane.plane.closed;
      await idle.closed();
      await expect(rawClient(plane.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      finish();
      const { text } = await busy.closed();
      expect(text).toMatch(/^HTTP\/1.1 200 OK[^]*Connection: close[^]*done/);
      await stopped;
      await slow.close();
    });

    it('cuts what is not finished by the deadline', async () => {
      const never = await startRawHttp(() => {});
      const plane = await startInlinePlane({ express: lane === 'express' });
      await plane.route([{ replica: 'A', port: never.port }]);
      const busy = await rawClient(plane.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await settled();
      await plane.link.shutdown(50);
      expect((await busy.closed()).text).toBe('');
      await never.close();
    });
  });
});
