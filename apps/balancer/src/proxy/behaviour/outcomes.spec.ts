import { afterEach, describe, expect, it } from '@jest/globals';
import { NO_OUTCOMES, type DataSettings, type OutcomeCounts } from '../../routing/link/messages.js';
import { type InlinePlane, startInlinePlane } from '../testing/inline-plane.js';
import { LANES } from '../testing/lanes.js';
import { rawClient } from '../testing/raw-client.js';
import { refusedPort, startHostile } from '../testing/upstream.js';

describe.each(LANES)('outcomes, in the %s lane', (lane) => {
  let plane: InlinePlane;
  const open: { close(): Promise<void> }[] = [];

  async function serve(port: number, settings: Partial<DataSettings> = {}): Promise<void> {
    plane = await startInlinePlane({ express: lane === 'express', retryAttempts: 1, ...settings });
    await plane.route([{ replica: 'A', port }]);
  }
  /** Answers each request with these bytes; undefined = never. */
  async function serveBytes(bytes: string | undefined, settings: Partial<DataSettings> = {}): Promise<number> {
    const upstream = await startHostile((socket) => socket.on('data', () => bytes !== undefined && socket.end(bytes)));
    open.push(upstream);
    await serve(upstream.port, settings);
    return upstream.port;
  }
  afterEach(async () => {
    await plane.close();
    for (const upstream of open.splice(0)) await upstream.close();
  });

  const counted = async (): Promise<OutcomeCounts | undefined> => (await plane.link.counters(1000)).get('A')?.outcomes;

  describe('what is counted of a replica', () => {
    it.each([
      [200, { answered: 1 }],
      [404, { answered: 1 }],
      [499, { answered: 1 }],
      [500, { serverErrors: 1 }],
      [503, { serverErrors: 1 }],
    ])('is its answer with status %d', async (status, expected) => {
      await serveBytes(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      expect((await fetch(plane.url)).status).toBe(status);
      expect(await counted()).toEqual({ ...NO_OUTCOMES, ...expected });
    });

    it('is a refused connection', async () => {
      await serve(await refusedPort());
      await fetch(plane.url);
      expect(await counted()).toEqual({ ...NO_OUTCOMES, refused: 1 });
    });

    it.each([
      ['closed before it answered', ''],
      ['that spoke another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ])('is a connection %s', async (_what, bytes) => {
      await serveBytes(bytes);
      await fetch(plane.url);
      expect(await counted()).toEqual({ ...NO_OUTCOMES, reset: 1 });
    });

    it('is an answer that did not come in time', async () => {
      await serveBytes(undefined, { responseTimeout: 50 });
      await fetch(plane.url);
      expect(await counted()).toEqual({ ...NO_OUTCOMES, timedOut: 1 });
    });

    it('is never a client that went away (TRAPS 19)', async () => {
      await serveBytes(undefined);
      const client = await rawClient(plane.port);
      client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      const carried = async () => (await plane.link.counters(1000)).get('A')?.inFlight;
      while ((await carried()) !== 1) await new Promise(setImmediate);
      client.socket.resetAndDestroy();
      while ((await carried()) !== 0) await new Promise(setImmediate);
      expect(await counted()).toEqual(NO_OUTCOMES);
    });

    it('is never what breaks once it began to drain (TRAPS 19)', async () => {
      const port = await serveBytes(undefined, { responseTimeout: 200 });
      const answer = fetch(plane.url);
      while ((await plane.link.counters(1000)).get('A')?.inFlight !== 1) await new Promise(setImmediate);
      await plane.route([{ replica: 'A', port, state: 'draining' }]);
      expect((await answer).status).toBe(504);
      expect(await counted()).toEqual(NO_OUTCOMES);
    });

    it('is never what failed because this thread could not run (TRAPS 16)', async () => {
      await serveBytes(undefined, { responseTimeout: 300 });
      const answer = fetch(plane.url);
      while ((await plane.link.counters(1000)).get('A')?.inFlight !== 1) await new Promise(setImmediate);
      const until = performance.now() + 900;
      while (performance.now() < until); // Nobody can run: what a suspended or starved thread is like.
      expect((await answer).status).toBe(504);
      expect(await counted()).toEqual(NO_OUTCOMES);
    });
  });
});
