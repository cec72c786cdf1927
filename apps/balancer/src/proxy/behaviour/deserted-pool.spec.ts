// Requests that come while no replica takes any: they wait for one, bounded in time and number.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../runtime/testing/eventually.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { startUpstream, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('a deserted pool, in the %s lane', (lane) => {
  let plane: InlinePlane;
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream('A');
  });
  afterEach(async () => {
    await plane.close();
    await upstream.close();
  });

  const begin = async (noReplicaWait: number) => {
    plane = await startInlinePlane({ express: lane === 'express', noReplicaWait });
    await plane.route([{ replica: 'A', state: 'unready', port: upstream.port }]);
  };

  describe('while no replica takes requests', () => {
    it('a request waits for the first that does, its body with it', async () => {
      await begin(60_000);
      let answered = false;
      const body = 'x'.repeat(100_000);
      const answer = fetch(plane.url, { method: 'POST', body }).finally(() => (answered = true));
      // A table in which still nobody is ready ends no wait.
      await plane.route([
        { replica: 'A', state: 'unready', port: upstream.port },
        { replica: 'B', state: 'unready' },
      ]);
      expect(answered).toBe(false);
      await plane.route([{ replica: 'A', port: upstream.port }]);
      expect((await answer).status).toBe(200);
      expect(upstream.seen.map(({ body: seen }) => seen.length)).toEqual([body.length]);
    });

    it('is 503 no_replica once NO_REPLICA_WAIT is over', async () => {
      await begin(300);
      const began = performance.now();
      const response = await fetch(plane.url);
      expect([response.status, response.headers.get('x-hashflow-cause')]).toEqual([503, 'no_replica']);
      expect(performance.now() - began).toBeGreaterThan(290);
    });

    it.each([
      ['refuses it', 'GET', false],
      ['refuses it', 'POST', false],
      ['breaks it off', 'GET', true],
    ])(
      'a request waits for the successor of the only replica, which dies and %s (%s)',
      async (_, method, connected) => {
        const dying = await startUpstream('dying', (request) => void request.socket.destroy());
        if (!connected) await dying.close();
        plane = await startInlinePlane({ express: lane === 'express', noReplicaWait: 60_000 });
        await plane.route([{ replica: 'A', id: 'first', port: dying.port }]);
        const body = method === 'POST' ? 'once' : undefined;
        const answer = fetch(plane.url, { method, body });
        if (connected) await eventually(() => expect(dying.seen).toHaveLength(1));
        // Control hears of the death, and some time later there is a successor.
        await plane.route([{ replica: 'A', id: 'first', port: dying.port, state: 'unready' }]);
        await plane.route([{ replica: 'A', id: 'second', port: upstream.port }]);
        expect((await answer).status).toBe(200);
        expect(upstream.seen.map((seen) => seen.body)).toEqual([body ?? '']);
        if (connected) await dying.close();
      },
    );

    it('a request that the only replica refuses is 502 when no other table comes', async () => {
      plane = await startInlinePlane({ express: lane === 'express', noReplicaWait: 50 });
      await upstream.close();
      await plane.route([{ replica: 'A', port: upstream.port }]);
      const response = await fetch(plane.url);
      expect([response.status, response.headers.get('x-hashflow-cause')]).toEqual([502, 'connect_failed']);
      upstream = await startUpstream('A');
    });

    it('a client that goes away is not sent on when a replica comes', async () => {
      await begin(60_000);
      const client = new AbortController();
      const abandoned = fetch(plane.url, { signal: client.signal }).catch(() => 'gone');
      const stays = fetch(plane.url);
      await eventually(() => expect(plane.plane.controlled).toBe(true));
      client.abort();
      expect(await abandoned).toBe('gone');
      await plane.route([{ replica: 'A', port: upstream.port }]);
      expect((await stays).status).toBe(200);
      expect(upstream.seen).toHaveLength(1);
    });
  });
});
