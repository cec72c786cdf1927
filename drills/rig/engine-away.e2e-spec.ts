// The engine goes away under load and comes back: one of the suite's own, with live-restore and without. Where containers live
// on, nobody notices; where they end with it, requests wait for their successors.
import http from 'node:http';
import { type Balancer, eventually, pause, startBalancer } from '../../apps/balancer/test/harness.ts';
import { call, replicasOf, steadyLoad } from '../../apps/balancer/test/http-client.ts';
import { Skipped } from '../drill.ts';
import { type PrivateEngine, withEngine } from './engine.ts';

const LONG = 400_000;

/** Left out where there can be no engine of its own, like the suites that need Docker. */
async function onEngine(kind: 'plain' | 'live', use: (engine: PrivateEngine) => Promise<void>): Promise<void> {
  try {
    await withEngine(kind, async (engine) => use(engine!));
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    console.warn(`left out: ${error.message}`);
  }
}

const start = (engine: PrivateEngine, env: Record<string, string> = {}) =>
  startBalancer({ env: { ...engine.env, RUNTIME: 'docker', N: '2', ...env } });

const engineOf = async ({ adminUrl }: Balancer) =>
  ((await call(`${adminUrl}/api/status`)).json as { engine: { status: string; reason: string | null } }).engine;

const engineIs = (balancer: Balancer, status: string) =>
  eventually(
    `the engine is ${status}`,
    async () => {
      const engine = await engineOf(balancer);
      return engine.status === status ? engine : undefined;
    },
    60_000,
  );

const allReady = (balancer: Balancer) =>
  eventually(
    'both ready',
    async () => {
      const views = await replicasOf(balancer.adminUrl);
      return views.every(({ state }) => state === 'ready') ? views : undefined;
    },
    120_000,
  );

const idsOf = (views: Awaited<ReturnType<typeof replicasOf>>) =>
  views.map(({ instance }) => instance?.id ?? 'none').sort();

/** Asks the engine itself. */
function ask<T>({ env }: PrivateEngine, method: string, path: string): Promise<T> {
  const socketPath = new URL(env['DOCKER_HOST'] ?? '').pathname;
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, method, path, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve((text === '' ? undefined : JSON.parse(text)) as T));
    });
    request.on('error', reject);
    request.end();
  });
}

const containersOn = async (engine: PrivateEngine) =>
  (await ask<{ Id: string }[]>(engine, 'GET', '/containers/json?all=1')).map(({ Id }) => Id).sort();

describe('an engine that goes away', () => {
  it(
    'with live-restore costs no request and no replica, is told in one state, and is heard again once it is back',
    () =>
      onEngine('live', async (engine) => {
        const balancer = await start(engine);
        const before = idsOf(await allReady(balancer));
        const load = steadyLoad(`${balancer.dataUrl}/home`, { clients: 2, gapMs: 20 });
        try {
          await engine.stop();
          expect((await engineIs(balancer, 'unreachable')).reason).toMatch(/\w/);
          await pause(1000);
          expect((await replicasOf(balancer.adminUrl)).map(({ state }) => state)).toEqual(['ready', 'ready']);
          await engine.start();
          await engineIs(balancer, 'ok');
          expect(idsOf(await allReady(balancer))).toEqual(before);
          expect(await containersOn(engine)).toEqual(before);
        } finally {
          expect((await load.stop()).failures).toEqual([]);
        }
        // Told by the new event stream, or found by the list: replaced in either case, once.
        const [victim = ''] = before;
        await ask(engine, 'POST', `/containers/${victim}/kill`);
        await eventually(
          'a successor',
          async () => !idsOf(await replicasOf(balancer.adminUrl)).includes(victim) || undefined,
          60_000,
        );
        const after = idsOf(await allReady(balancer));
        expect(after.filter((id) => !before.includes(id))).toHaveLength(1);
        await balancer.stop('SIGINT');
      }),
    LONG,
  );

  it(
    'with all of its containers has requests wait for their successors',
    () =>
      onEngine('plain', async (engine) => {
        const balancer = await start(engine, { NO_REPLICA_WAIT: '120s' });
        const before = idsOf(await allReady(balancer));
        await engine.stop();
        await engineIs(balancer, 'unreachable');
        await eventually(
          'nobody ready',
          async () => (await replicasOf(balancer.adminUrl)).every(({ state }) => state !== 'ready') || undefined,
          60_000,
        );
        let answered = false;
        const answer = call(`${balancer.dataUrl}/home`).finally(() => (answered = true));
        await pause(2000);
        expect(answered).toBe(false);
        await engine.start();
        expect((await answer).status).toBe(200);
        const after = idsOf(await allReady(balancer));
        expect(after.filter((id) => before.includes(id))).toEqual([]);
        // What died with it, or could not be started while it went, is removed once those who took their places are up.
        await eventually('no other container is left', async () => {
          const left = await containersOn(engine);
          return JSON.stringify(left) === JSON.stringify(after) || undefined;
        });
        await balancer.stop('SIGINT');
      }),
    LONG,
  );
});
