import { afterEach, describe, expect, it } from '@jest/globals';
import type { DataSettings } from '../../routing/link/messages.js';
import { startHangingPort } from '../testing/hanging-port.js';
import { LaneRig } from '../testing/lane-rig.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { settled } from '../testing/settled.js';
import { type HostileUpstream, refusedPort, startHostile, startUpstream, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('retries, in the %s lane', (lane) => {
  const rig = new LaneRig(lane);
  afterEach(() => rig.close());

  const serve = (ports: readonly number[], settings: Partial<DataSettings> = {}) =>
    rig.serve(
      ports.map((port, index) => ({ replica: `R${index}`, port })),
      settings,
    );

  /** Sends with many keys, so that every replica is somebody's first candidate. */
  async function each(count: number, init: RequestInit, from = 0): Promise<Response[]> {
    return Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const response = await fetch(rig.plane.url, { ...init, headers: { 'x-hash-key': `key ${from + index}` } });
        await response.text();
        return response;
      }),
    );
  }
  const statuses = (responses: readonly Response[]) => [...new Set(responses.map(({ status }) => status))];

  describe('a request whose first candidate refuses the connection', () => {
    it.each([
      ['GET', undefined],
      ['POST', undefined],
      ['POST', 'a body'],
      ['PATCH', 'x'.repeat(200_000)],
    ])('is served by the next, with its body whole: %s', async (method, body) => {
      const good = rig.track(await startUpstream('good'));
      await serve([await refusedPort(), good.port, await refusedPort()]);
      expect(statuses(await each(12, { method, body }))).toEqual([200]);
      expect(good.seen.map((request) => request.body)).toEqual(Array(12).fill(body ?? ''));
      const counters = [...(await rig.plane.link.counters(1000)).values()];
      expect(counters.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0]);
    });

    it('sees each replica at most once, and no more than RETRY_ATTEMPTS of them', async () => {
      const closing = async () =>
        rig.track(await startHostile((socket) => socket.once('data', () => socket.resetAndDestroy())));
      const list: HostileUpstream[] = [await closing(), await closing(), await closing(), await closing()];
      await serve(
        list.map(({ port }) => port),
        { retryAttempts: 3 },
      );
      const [response] = await each(1, {});
      expect([response.status, response.headers.get('x-hashflow-cause')]).toEqual([502, 'upstream_closed']);
      expect(list.map(({ connections }) => connections.length).sort()).toEqual([0, 1, 1, 1]);
    });

    it('ends with the cause of the last try when nobody is left', async () => {
      await serve([await refusedPort(), await refusedPort()], { retryAttempts: 10 });
      const [response] = await each(1, {});
      expect(response.headers.get('x-hashflow-cause')).toBe('connect_failed');
    });
  });

  describe('a request whose replica closes without an answer', () => {
    const reset = (socket: { resetAndDestroy(): unknown; once(event: 'data', listener: () => void): unknown }) =>
      socket.once('data', () => void socket.resetAndDestroy());
    let good: Upstream;
    let bad: HostileUpstream;
    const serveBoth = async (settings: Partial<DataSettings> = {}) => {
      good = rig.track(await startUpstream('good'));
      bad = rig.track(await startHostile(reset));
      await serve([bad.port, good.port], settings);
    };

    it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('is sent on when it may be carried out twice: %s', async (method) => {
      await serveBoth();
      expect(statuses(await each(10, { method }))).toEqual([200]);
      expect(bad.connections.length).toBeGreaterThan(0);
    });

    it('is not sent on when it may not: the replica could have acted', async () => {
      await serveBoth();
      const responses = await each(12, { method: 'POST' });
      expect(statuses(responses).sort()).toEqual([200, 502]);
      const failed = responses.filter(({ status }) => status === 502).length;
      expect(failed).toBe(bad.connections.length);
      expect(good.seen).toHaveLength(12 - failed);
    });

    it.each([
      ['small', 'content'],
      ['as large as RETRY_BUFFER', 'x'.repeat(64 * 1024)],
    ])('is sent on with its body whole, where that is kept: %s', async (_what, body) => {
      await serveBoth();
      expect(statuses(await each(12, { method: 'PUT', body }))).toEqual([200]);
      expect(bad.connections.length).toBeGreaterThan(0);
      expect(good.seen.map((request) => request.body)).toEqual(Array(12).fill(body));
    });

    it.each([
      ['larger than RETRY_BUFFER', 64 * 1024 + 1, {}],
      ['of any size with RETRY_BUFFER=0', 7, { retryBuffer: 0 }],
    ])('is not sent on when its body was not kept: %s', async (_what, bytes, settings) => {
      await serveBoth(settings);
      const responses = await each(12, { method: 'PUT', body: 'x'.repeat(bytes) });
      expect(bad.connections.length).toBeGreaterThan(0);
      expect(responses.filter(({ status }) => status === 502)).toHaveLength(bad.connections.length);
    });
  });

  describe('a request with a body', () => {
    it('takes no byte from the client before a connection stands', async () => {
      const hanging = rig.track(await startHangingPort());
      await serve([hanging.port], { connectTimeout: 100, retryAttempts: 1 });
      const client = await rawClient(
        rig.plane.port,
        'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
      );
      // No 100 Continue comes before it.
      expect(await client.until(/\}$/)).toMatch(/^HTTP\/1.1 504 /);
      client.socket.destroy();
    });

    it('goes to the next candidate, whole, when the first does not connect in time', async () => {
      const hanging = rig.track(await startHangingPort());
      const good = rig.track(await startUpstream('good'));
      await serve([hanging.port, good.port], { connectTimeout: 60 });
      // No more than the budget allows at a time: whose time began together, that is over together.
      expect(statuses(await each(3, { method: 'POST', body: 'a body' }))).toEqual([200]);
      expect(statuses(await each(3, { method: 'POST', body: 'a body' }, 3))).toEqual([200]);
      expect(good.seen.map(({ body }) => body)).toEqual(Array(6).fill('a body'));
    });
  });

  describe('a retry', () => {
    it('never comes after a byte of the answer', async () => {
      const cut = rig.track(
        await startHostile((socket) =>
          socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')),
        ),
      );
      const good = rig.track(await startUpstream('good'));
      await serve([cut.port]);
      await rig.plane.route([
        { replica: 'R0', port: cut.port },
        { replica: 'R1', port: good.port, state: 'ready' },
      ]);
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, async (_, index) =>
          (await fetch(rig.plane.url, { headers: { 'x-hash-key': `key ${index}` } })).text(),
        ),
      );
      const broken = results.filter(({ status }) => status === 'rejected').length;
      expect(broken).toBe(cut.connections.length);
      expect(good.seen).toHaveLength(10 - broken);
    });

    it('goes on with ten tries and warns of no leak', async () => {
      const warnings: string[] = [];
      const onWarning = (warning: Error) => warnings.push(warning.message);
      process.on('warning', onWarning);
      const good = rig.track(await startUpstream('good'));
      const ports = await Promise.all(Array.from({ length: 9 }, refusedPort));
      await serve([...ports, good.port], { retryAttempts: 10 });
      expect(statuses(await each(10, { method: 'POST', body: 'b' }))).toEqual([200]);
      await settled();
      process.off('warning', onWarning);
      expect(warnings).toEqual([]);
    });
  });

  describe('what is seen of a replica', () => {
    it('is reported once for many failures at a time', async () => {
      await serve([await refusedPort()], { retryAttempts: 1 });
      const outcomes: string[] = [];
      rig.plane.link.onOutcome((id, outcome) => outcomes.push(`${id} ${outcome}`));
      await each(20, {});
      await settled();
      expect(new Set(outcomes)).toEqual(new Set(['R0 connect_failed']));
      expect(outcomes.length).toBeLessThan(20);
    });
  });
});
