import { afterEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { startHangingPort } from '../testing/hanging-port.js';
import { LaneRig } from '../testing/lane-rig.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { startRawHttp, startUpstream, type Upstream } from '../testing/upstream.js';
import { NO_OUTCOMES } from '../../routing/link/messages.js';

describe.each(LANES)('a dying replica, in the %s lane', (lane) => {
  const rig = new LaneRig(lane);
  afterEach(() => rig.close());

  const until = async (done: () => boolean | Promise<boolean>) => {
    while (!(await done())) await new Promise(setImmediate);
  };
  const held = async () =>
    [...(await rig.plane.link.counters(1000)).values()].reduce((sum, { inFlight }) => sum + inFlight, 0);

  describe('a replica that dies with requests in flight', () => {
    /** Two replicas that take requests and answer none, each counting what it saw by key. */
    async function serveSilent() {
      const seen: string[][] = [[], []];
      const answers: ServerResponse[] = [];
      const replicas: Upstream[] = [];
      for (const keys of seen) {
        replicas.push(
          rig.track(
            await startRawHttp((request, response) => {
              keys.push(`${request.method} ${String(request.headers['x-hash-key'])}`);
              request.resume();
              answers.push(response);
            }),
          ),
        );
      }
      await rig.serve(replicas.map(({ port }, index) => ({ replica: `R${index}`, port })));
      return { seen, answers, replicas };
    }
    const die = async ({ server, connections }: Upstream) => {
      server.close();
      for (const socket of connections) socket.resetAndDestroy();
    };

    it('costs a 502 for each request that may not be done twice, none of which is sent again', async () => {
      const { seen, answers, replicas } = await serveSilent();
      const requests = Array.from({ length: 20 }, (_, index) =>
        fetch(rig.plane.url, { method: 'POST', body: 'pay', headers: { 'x-hash-key': `key ${index}` } }),
      );
      await until(() => seen[0].length + seen[1].length === 20);
      const lost = seen[0].length;
      await die(replicas[0]);
      await until(async () => (await held()) === 20 - lost);
      for (const response of answers) response.end();
      const results = await Promise.all(requests);
      const failed = results.filter(({ status }) => status === 502);
      expect(failed).toHaveLength(lost);
      expect(new Set(failed.map(({ headers }) => headers.get('x-hashflow-cause')))).toEqual(
        new Set(['upstream_closed']),
      );
      expect([...seen[0], ...seen[1]].sort()).toEqual(Array.from({ length: 20 }, (_, i) => `POST key ${i}`).sort());
    });

    it('costs nothing for those that may: they go on, body and all, and no budget limits them', async () => {
      const { seen, answers, replicas } = await serveSilent();
      const requests = Array.from({ length: 40 }, (_, index) =>
        fetch(rig.plane.url, { method: 'PUT', body: 'content', headers: { 'x-hash-key': `key ${index}` } }),
      );
      await until(() => seen[0].length + seen[1].length === 40);
      // More than the budget has.
      expect(seen[0].length).toBeGreaterThan(11);
      await die(replicas[0]);
      await until(() => seen[1].length === 40);
      for (const response of answers) response.end();
      expect((await Promise.all(requests)).map(({ status }) => status)).toEqual(Array(40).fill(200));
    });
  });

  describe('a replica that drains between claim and connect (TRAPS 19)', () => {
    it('costs a POST with its body nothing, not even with one attempt, and is blamed for nothing', async () => {
      const hanging = rig.track(await startHangingPort());
      const good = rig.track(await startUpstream('good'));
      await rig.serve([{ replica: 'A', port: hanging.port }], { retryAttempts: 1, connectTimeout: 60_000 });
      const outcomesSeen: string[] = [];
      rig.plane.link.onOutcome((id, outcome) => outcomesSeen.push(`${id} ${outcome}`));
      const answer = fetch(rig.plane.url, { method: 'POST', body: 'a body' });
      await until(async () => (await held()) === 1);
      await rig.plane.route([
        { replica: 'A', port: hanging.port, state: 'draining' },
        { replica: 'B', port: good.port },
      ]);
      // Still in the table: it may yet connect. Gone from it, it may not.
      await rig.plane.route([{ replica: 'B', port: good.port }]);
      expect(await (await answer).json()).toMatchObject({ name: 'good', body: 'a body' });
      expect(outcomesSeen).toEqual([]);
    });

    it('costs a WebSocket’s handshake nothing either', async () => {
      const hanging = rig.track(await startHangingPort());
      const good = rig.track(await startUpstream('good'));
      await rig.serve([{ replica: 'A', port: hanging.port }], { retryAttempts: 1, connectTimeout: 60_000 });
      const client = await rawClient(
        rig.plane.port,
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      );
      await until(async () => (await held()) === 1);
      await rig.plane.route([{ replica: 'B', port: good.port }]);
      expect(await client.until(/"good"/)).toMatch(/^HTTP\/1.1 200 /);
      client.socket.destroy();
    });
  });

  describe('a client that goes away (TRAPS 19)', () => {
    it.each([
      ['in the middle of its body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf', 1],
      ['while its connection is made', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 0],
    ])('%s leaves no claim and blames no replica', async (_what, bytes, connects) => {
      const silent = rig.track(
        connects ? await startRawHttp((request) => void request.resume()) : await startHangingPort(),
      );
      await rig.serve([{ replica: 'A', port: silent.port }], { connectTimeout: 60_000 });
      const client = await rawClient(rig.plane.port, bytes);
      await until(async () => (await held()) === 1);
      client.socket.resetAndDestroy();
      await until(async () => (await held()) === 0);
      expect((await rig.plane.link.counters(1000)).get('A')?.outcomes).toEqual(NO_OUTCOMES);
    });
  });

  describe('a client that drips its body', () => {
    it('occupies no replica for the first 50 ms', async () => {
      const upstream = rig.track(await startUpstream('A'));
      await rig.serve([{ replica: 'A', port: upstream.port }]);
      let connectedAt = 0;
      upstream.server.once('connection', () => (connectedAt = performance.now()));
      const began = performance.now();
      const client = await rawClient(rig.plane.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na');
      await until(() => connectedAt > 0);
      expect(connectedAt - began).toBeGreaterThanOrEqual(49);
      client.write('bc');
      expect(await client.until(/"abc"/)).toMatch(/^HTTP\/1.1 200 /);
      client.socket.destroy();
    });
  });
});
