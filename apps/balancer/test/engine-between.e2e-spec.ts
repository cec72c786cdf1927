// A real engine behind a bad line: whatever becomes of its events, and whichever call hangs, replicas that die come back once.
import { describeWithEngine } from '../src/runtime/testing/engine.js';
import { containersOf, killContainer } from './docker-api.js';
import { type EngineProxy, type Line, startEngineProxy } from './engine-proxy.js';
import { type Balancer, eventually, startBalancer } from './harness.js';
import { call, postJson, replicasOf, steadyLoad } from './http-client.js';
import { expectAllEnded, expectNoContainers, pidsOf } from './leftovers.js';

const [ONE, TWO, THREE] = ['Server 1', 'Server 2', 'Server 3'];
/** A resync comes at the latest after 10 s; the rest is for a busy machine. */
const CONVERGED = 40_000;

describeWithEngine('with a bad line to the engine', () => {
  let proxy: EngineProxy;
  let balancer: Balancer;
  beforeAll(async () => {
    proxy = await startEngineProxy();
    const env = { RUNTIME: 'docker', N: '3', DOCKER_HOST: proxy.url, CRASH_LOOP_LIMIT: '100' };
    balancer = await startBalancer({ env });
  }, 150_000);
  beforeEach(() => whole(), 60_000);
  afterEach(() => {
    proxy.line = 'good';
    proxy.holds = () => false;
  });
  afterAll(async () => {
    const pids = await pidsOf(balancer);
    await balancer.stop('SIGINT');
    await expectAllEnded(pids);
    await expectNoContainers(balancer.pool);
    await proxy.close();
  }, 90_000);

  const view = async (name: string) => (await replicasOf(balancer.adminUrl)).find((replica) => replica.name === name)!;
  const names = [ONE, TWO, THREE];
  const whole = () =>
    eventually(
      'three ready replicas in three containers',
      async () => {
        const views = await replicasOf(balancer.adminUrl);
        if (views.length !== 3 || views.some(({ state }) => state !== 'ready')) return undefined;
        return (await containersOf(balancer.pool)).length === 3 ? views : undefined;
      },
      CONVERGED,
    );
  const replaced = (name: string, id: string) =>
    eventually(
      `${name} serves by another instance`,
      async () => {
        const { state, instance } = await view(name);
        return state === 'ready' && instance!.id !== id ? true : undefined;
      },
      CONVERGED,
    );

  // A death that no event tells leaves an address that answers nothing. Requests find it by their timeouts, and the retry budget
  // bounds how many of them may go elsewhere afterwards: the others are told so.
  const BLACK_HOLE = /^504 .*took too long to accept the connection/;

  it.each<[string, string, Line]>([
    ['doubled and turned around', 'no request fails', 'swapped'],
    ['cut in the middle of a line', 'none but what the budget leaves', 'cut'],
    ['swallowed by a stream that stays open', 'none but what the budget leaves', 'silent'],
  ])(
    'events %s: %s, and each dead replica is replaced once (TRAPS 11)',
    async (_what, _cost, line) => {
      const before = await whole();
      const load = steadyLoad(`${balancer.dataUrl}/home`);
      proxy.line = line;
      await Promise.all(
        [ONE, TWO].map(async (name) => {
          const { instance } = before.find((replica) => replica.name === name)!;
          await killContainer(instance!.id);
          await replaced(name, instance!.id);
        }),
      );
      proxy.line = 'good';
      const after = await whole();
      const { failures } = await load.stop();
      expect(failures.filter((failure) => line === 'swapped' || !BLACK_HOLE.test(failure))).toEqual([]);
      expect(after.map(({ restarts }, i) => restarts - before[i].restarts)).toEqual([1, 1, 0]);
      expect(after[2].instance).toEqual(before[2].instance);
      expect(after.map(({ name }) => name)).toEqual(names);
    },
    120_000,
  );

  it('a stop that hangs delays the respawn of no other replica (TRAPS 10)', async () => {
    await postJson(`${balancer.adminUrl}/add?wait=ready`, { n: 1, hostnames: ['S4'] });
    const leaving = (await view('S4')).instance!.id;
    const { instance } = await view(TWO);
    let held = 0;
    proxy.holds = (method, path) => method === 'POST' && path.includes(leaving) && path.includes('/stop') && ++held > 0;
    const removed = await postJson(`${balancer.adminUrl}/rm`, { n: 1, hostnames: ['S4'] }, 'DELETE');
    expect(removed.status).toBe(200);
    await eventually('the stop hangs', () => (held > 0 ? true : undefined));
    await killContainer(instance!.id);
    await replaced(TWO, instance!.id);
    expect(await containersOf(balancer.pool)).toContain(leaving);
    proxy.holds = () => false;
    await whole();
  }, 120_000);

  it('an engine that answers nothing at all is one state of the pool, and traffic goes on (TRAPS 10)', async () => {
    const engine = async () =>
      ((await call(`${balancer.adminUrl}/api/status`)).json as { engine: { status: string } }).engine.status;
    const before = await whole();
    const load = steadyLoad(`${balancer.dataUrl}/home`);
    proxy.holds = () => true;
    await eventually(
      'the engine is unreachable',
      async () => ((await engine()) === 'unreachable' ? true : undefined),
      CONVERGED,
    );
    expect((await replicasOf(balancer.adminUrl)).map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
    proxy.holds = () => false;
    await eventually('it answers again', async () => ((await engine()) === 'ok' ? true : undefined), CONVERGED);
    expect((await load.stop(50)).failures).toEqual([]);
    expect((await whole()).map(({ instance }) => instance)).toEqual(before.map(({ instance }) => instance));
  }, 120_000);
});
