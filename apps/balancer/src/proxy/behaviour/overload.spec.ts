import { afterEach, describe, expect, it } from '@jest/globals';
import type { RequestListener } from 'node:http';
import type { DataSettings } from '../../routing/link/messages.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { startRawHttp, type Upstream } from '../testing/upstream.js';

describe.each(LANES)('overload, in the %s lane', (lane) => {
  let plane: InlinePlane;
  const open: Upstream[] = [];
  afterEach(async () => {
    await plane.close();
    for (const upstream of open.splice(0)) await upstream.close();
  });

  /** Replicas R0, R1, …; each counts the requests that it gets, by their key. */
  async function serve(listeners: readonly RequestListener[], settings: Partial<DataSettings> = {}) {
    plane = await startInlinePlane({ express: lane === 'express', ...settings });
    const seen: Map<string, number>[] = [];
    const replicas = [];
    for (const [index, listener] of listeners.entries()) {
      const counts = new Map<string, number>();
      seen.push(counts);
      const upstream = await startRawHttp((request, response) => {
        const key = String(request.headers['x-hash-key']);
        counts.set(key, (counts.get(key) ?? 0) + 1);
        request.resume();
        listener(request, response);
      });
      open.push(upstream);
      replicas.push({ replica: `R${index}`, port: upstream.port });
    }
    await plane.route(replicas);
    return seen;
  }

  const answers: RequestListener = (_request, response) => response.end('fine');
  const isUnavailable: RequestListener = (_request, response) => {
    response.writeHead(503, { 'X-Own': 'yes', 'Retry-After': '7' }).end('no room');
  };
  const saysNothing: RequestListener = () => {};

  const ask = async (index: number, init: RequestInit = {}) => {
    const response = await fetch(plane.url, { ...init, headers: { 'x-hash-key': `key ${index}` } });
    return { status: response.status, own: response.headers.get('x-own'), text: await response.text(), response };
  };
  const askMany = (count: number, init: RequestInit = {}) =>
    Promise.all(Array.from({ length: count }, (_, index) => ask(index, init)));
  const outcomes = async (replica: string) => (await plane.link.counters(1000)).get(replica)?.outcomes;

  describe('an answer with status 503', () => {
    it('of one replica is not seen by who asked for something that may be done twice', async () => {
      const [refusals] = await serve([isUnavailable, answers]);
      for (let index = 0; index < 12; index++) expect(await ask(index)).toMatchObject({ status: 200, text: 'fine' });
      expect(refusals.size).toBeGreaterThan(0);
      // Hidden from the client, and still counted.
      expect((await outcomes('R0'))?.serverErrors).toBe(refusals.size);
    });

    it('is passed on as it is when the method may not be repeated', async () => {
      const [refusals, served] = await serve([isUnavailable, answers]);
      const results = await askMany(12, { method: 'POST', body: 'b' });
      const refused = results.filter(({ status }) => status === 503);
      expect(refused).toHaveLength(refusals.size);
      expect(served.size).toBe(12 - refusals.size);
      for (const one of refused) expect(one).toMatchObject({ own: 'yes', text: 'no room' });
    });

    it('is passed on as it is when all say so, each asked once', async () => {
      const seen = await serve([isUnavailable, isUnavailable]);
      const { status, own, text, response } = await ask(1);
      expect([status, own, text]).toEqual([503, 'yes', 'no room']);
      expect([response.headers.get('retry-after'), response.headers.get('x-hashflow-cause')]).toEqual(['7', null]);
      expect(seen.map((counts) => counts.get('key 1'))).toEqual([1, 1]);
    });

    it('with an endless body costs its connection and nothing else', async () => {
      await serve([
        (_request, response) => {
          response.writeHead(503);
          const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
          response.once('close', () => clearInterval(timer));
        },
        answers,
      ]);
      for (let index = 0; index < 6; index++) expect((await ask(index)).status).toBe(200);
      const carried = async () =>
        [...(await plane.link.counters(1000)).values()].reduce((sum, { inFlight }) => sum + inFlight, 0);
      while ((await carried()) > 0) await new Promise(setImmediate);
    });
  });

  describe('a replica that takes requests and says nothing', () => {
    it('costs what may be done twice its time, and no error', async () => {
      const [hole] = await serve([saysNothing, answers], { responseTimeout: 250 });
      const timedOut = async () => (await outcomes('R0'))?.timedOut ?? 0;
      // What fails right after the machine slept is not held against a replica: one more shows the next.
      for (let index = 0; index < 8 || (await timedOut()) === 0; index++) expect((await ask(index)).status).toBe(200);
      expect(await timedOut()).toBeLessThanOrEqual(hole.size);
    });

    it('is answered with 504 where the request may have been carried out', async () => {
      const [hole, other] = await serve([saysNothing, answers], { responseTimeout: 250 });
      const results = await askMany(10, { method: 'POST', body: 'b' });
      expect(results.filter(({ status }) => status === 504)).toHaveLength(hole.size);
      expect(other.size).toBe(10 - hole.size);
    });

    it('does not multiply a storm: no replica sees a request twice, what the budget does not cover is 504 (TRAPS 20)', async () => {
      // Slow enough that the retries are under way together.
      const slow: RequestListener = (_request, response) => void setTimeout(() => response.end('fine'), 150);
      const seen = await serve([saysNothing, slow, slow], {
        responseTimeout: 600,
        totalTimeout: 5000,
      });
      const results = await askMany(60);
      const [hole] = seen;
      const failed = results.filter(({ status }) => status !== 200);
      for (const { status, response } of failed)
        expect([status, response.headers.get('x-hashflow-cause')]).toEqual([504, 'response_timeout']);
      for (const counts of seen) for (const tries of counts.values()) expect(tries).toBe(1);
      // They time out together: of those in the hole, 3 + 20 % of all at most may go on at a time.
      expect(hole.size - failed.length).toBeGreaterThan(0);
      expect(failed.length).toBeGreaterThan(0);
    });
  });

  describe('TOTAL_TIMEOUT', () => {
    it('ends a request with 504 in the middle of its tries, whoever is still left (TRAPS 20)', async () => {
      const seen = await serve([saysNothing, saysNothing, saysNothing], { responseTimeout: 400, totalTimeout: 700 });
      const asked = () => seen.filter((counts) => counts.size > 0).length;
      // A machine that sleeps through both times ends it in its first try.
      do {
        const { status, response } = await ask(1);
        expect([status, response.headers.get('x-hashflow-cause')]).toEqual([504, 'response_timeout']);
      } while (asked() < 2);
      expect(asked()).toBe(2);
      // Of the second try the time was not its own.
      const timedOut = await Promise.all(['R0', 'R1', 'R2'].map(async (name) => (await outcomes(name))?.timedOut ?? 0));
      expect(timedOut.filter((count) => count > 0).length).toBeLessThanOrEqual(1);
    });

    it('does not cut an answer that has begun', async () => {
      await serve(
        [
          (_request, response) => {
            response.write('begun, ');
            setTimeout(() => response.end('ended'), 200);
          },
        ],
        { totalTimeout: 100 },
      );
      expect((await ask(1)).text).toBe('begun, ended');
    });

    it('is 408 for a client that is slower than that with its body', async () => {
      await serve([saysNothing], { totalTimeout: 150 });
      const client = await rawClient(plane.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n');
      const timer = setInterval(() => client.write('x'), 5);
      expect(await client.until(/\}$/)).toMatch(/^HTTP\/1.1 408 [^]*request_timeout/);
      clearInterval(timer);
      client.socket.destroy();
    });
  });
});
