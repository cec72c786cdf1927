// What an operator does to one replica costs no request: drain, undrain, restart, weight, under steady load; and every death
// leaves a record.
import type { DeathView, ReplicaView } from '../src/orchestrator/views/replica-view.js';
import { killContainer } from './docker-api.js';
import { type Balancer, eventually, startBalancer } from './harness.js';
import { HOLDING, holdersOf, LET_GO } from './held-requests.js';
import { call, pidOf, postJson, replicasOf, steadyLoad } from './http-client.js';
import { expectAllEnded, pidsOf } from './leftovers.js';
import { describeRuntimes } from './runtimes.js';

const [ONE, TWO, THREE] = ['Server 1', 'Server 2', 'Server 3'];
const ALL = [ONE, TWO, THREE];
const sum = (counts: Iterable<number>) => [...counts].reduce((total, count) => total + count, 0);

describeRuntimes('the life of a replica', (runtime) => {
  const env = { RUNTIME: runtime, N: '3' };
  let balancer: Balancer;
  beforeAll(async () => {
    balancer = await startBalancer({ env });
  }, 150_000);
  beforeEach(() => allReady());
  afterAll(async () => {
    const pids = await pidsOf(balancer);
    await balancer.stop('SIGINT');
    await expectAllEnded(pids);
  }, 60_000);

  const tell = (name: string, what: string, body?: object) => {
    const url = `${balancer.adminUrl}/api/replicas/${encodeURIComponent(name)}/${what}`;
    return body ? postJson(url, body) : call(url, { method: 'POST' });
  };
  const view = async (name: string) => {
    const found = (await replicasOf(balancer.adminUrl)).find((replica) => replica.name === name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };
  const allReady = () =>
    eventually('all ready', async () =>
      (await replicasOf(balancer.adminUrl)).every(({ state }) => state === 'ready') ? true : undefined,
    );
  const inState = (name: string, state: string) =>
    eventually(`${name} is ${state}`, async () => {
      const now = await view(name);
      return now.state === state ? now : undefined;
    });
  /** Who answers from now on. */
  const load = () => {
    const served = new Map<string, number>();
    const running = steadyLoad(`${balancer.dataUrl}/home`, {
      onAnswer: (text) => {
        const name = /Server: (.*?)"/.exec(text)?.[1] ?? text;
        served.set(name, (served.get(name) ?? 0) + 1);
      },
    });
    return {
      served,
      answeredSoFar: () => running.answeredSoFar(),
      answered: () => sum(served.values()),
      stop: (atLeast?: number) => running.stop(atLeast),
    };
  };

  it('drained takes no request at all, undrained takes its own again, and no request fails', async () => {
    const { instance } = await view(TWO);
    const digest = await digestOf();
    const { served, answeredSoFar, stop } = load();
    await eventually('everybody serves', () => (ALL.every((name) => served.has(name)) ? true : undefined));

    expect(await tell(TWO, 'drain')).toMatchObject({ status: 200, json: { name: TWO, wanted: 'drained' } });
    await inState(TWO, 'drained');
    await answeredSoFar();
    served.clear();
    await eventually('a hundred answers', () => (sum(served.values()) > 100 ? true : undefined));
    expect([...served.keys()].sort()).toEqual([ONE, THREE]);
    expect(await view(TWO)).toMatchObject({ instance, inFlight: 0, restarts: 0 });
    expect(await digestOf()).toBe(digest);

    expect(await tell(TWO, 'undrain')).toMatchObject({ status: 200, json: { name: TWO, wanted: 'serving' } });
    await inState(TWO, 'ready');
    await eventually(`${TWO} serves`, () => (served.has(TWO) ? true : undefined));
    expect((await stop()).failures).toEqual([]);
  }, 60_000);

  it('restarted one after the other, each gets a new instance, and no request fails', async () => {
    const before = await replicasOf(balancer.adminUrl);
    const { answered, stop } = load();
    const answers = await Promise.all(ALL.map((name) => tell(name, 'restart?wait=ready')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const after = await replicasOf(balancer.adminUrl);
    const old = new Set(before.map(({ instance }) => instance?.id));
    expect(after.filter(({ state, instance }) => state === 'ready' && !old.has(instance?.id)).length).toBe(3);
    expect(after.map(({ restarts }) => restarts)).toEqual(before.map(({ restarts }) => restarts + 1));
    // Some more, after the last has come back.
    expect((await stop(answered() + 50)).failures).toEqual([]);
    for (const name of ALL) expect(await deathsOf(name)).toEqual([]);
  }, 120_000);

  it('weighed anew moves no more than it must, and no request fails', async () => {
    const { stop } = load();
    const { status, json } = await tell(ONE, 'weight', { weight: 3 });
    expect(status).toBe(200);
    const { moved, minimum } = json as { moved: number; minimum: number };
    expect(moved).toBeCloseTo(3 / 5 - 1 / 3, 2);
    expect(moved).toBeCloseTo(minimum, 9);
    expect(await view(ONE)).toMatchObject({ weight: 3, share: expect.closeTo(3 / 5, 2) });
    await tell(ONE, 'weight', { weight: 1 });
    const { changes } = (await call(`${balancer.adminUrl}/api/ring/history`)).json as { changes: object[] };
    expect(changes[1]).toMatchObject({ cause: 'weight', replicas: [ONE], members: 3, excess: 0 });
    expect((await stop()).failures).toEqual([]);
  }, 60_000);

  it('leaves a record of each death: how, when, after how long, and its last lines', async () => {
    // The counters are up to 100 ms old: those of the requests before have to be over.
    const instance = await eventually('an idle instance', async () => {
      const replica = await view(THREE);
      return replica.inFlight === 0 ? (replica.instance ?? undefined) : undefined;
    });
    if (runtime === 'docker') await killContainer(instance.id);
    else process.kill(pidOf(instance), 'SIGKILL');
    const [death, ...others] = await eventually('the record of the death', async () => {
      const deaths = await deathsOf(THREE);
      return deaths[0]?.instance === instance.id && deaths[0].lastLines.length > 0 ? deaths : undefined;
    });
    expect(others).toEqual([]);
    expect(death).toMatchObject(runtime === 'docker' ? { code: 137, oom: false } : { signal: 'SIGKILL', oom: false });
    expect(death).toMatchObject({ inFlight: 0, generation: expect.any(Number) });
    expect(death?.lastLines.join('\n')).toContain(`${THREE} listens on`);
    expect(death?.uptimeMs).toBeGreaterThan(0);
    expect(Date.parse(death?.at ?? '')).toBeLessThanOrEqual(Date.now() + 1000);
    await allReady();
  }, 60_000);

  it('stays drained when its instance dies, and when control is killed and started again', async () => {
    await tell(TWO, 'drain');
    const drained = await inState(TWO, 'drained');
    if (runtime === 'docker') await killContainer(drained.instance?.id ?? '');
    else process.kill(pidOf(drained.instance), 'SIGKILL');
    await eventually('a new instance, drained', async () => {
      const { state, instance } = await view(TWO);
      return state === 'drained' && instance && instance.id !== drained.instance?.id ? true : undefined;
    });

    const { served, stop } = load();
    await balancer.kill9();
    balancer = await startBalancer({ env, home: balancer.home });
    await inState(TWO, 'drained');
    await eventually('a hundred answers', () => (sum(served.values()) > 100 ? true : undefined));
    expect([...served.keys()].sort()).toEqual([ONE, THREE]);
    await tell(TWO, 'undrain');
    await inState(TWO, 'ready');
    expect((await stop()).failures).toEqual([]);
  }, 120_000);

  const digestOf = async () => ((await call(`${balancer.adminUrl}/api/ring`)).json as { digest: string }).digest;
  const deathsOf = async (name: string) => {
    const { json } = await call(`${balancer.adminUrl}/api/replicas/${encodeURIComponent(name)}/deaths`);
    return (json as { deaths: DeathView[] }).deaths;
  };
});

describe('a replica that works on requests', () => {
  let balancer: Balancer;
  beforeEach(async () => {
    balancer = await startBalancer({
      env: { RUNTIME: 'process', N: '2', REPLICA_COMMAND: HOLDING, HEALTH_PATH: '/', RETRY_ATTEMPTS: '1' },
    });
    await eventually('both ready', async () =>
      (await replicasOf(balancer.adminUrl)).every(({ state }) => state === 'ready') ? true : undefined,
    );
  }, 60_000);
  afterEach(() => balancer.stop('SIGINT'), 60_000);

  const headers = { 'x-hash-key': 'one' };
  const busy = () =>
    eventually('a replica that carries all of them', async () =>
      (await replicasOf(balancer.adminUrl)).find(({ inFlight }) => inFlight === 3),
    );

  it('finishes them when it is drained: draining until the last has its answer, then drained', async () => {
    const { hold, letGo } = await holdersOf(balancer);
    const { answers } = await hold(3, headers);
    const { name } = await busy();
    const url = `${balancer.adminUrl}/api/replicas/${encodeURIComponent(name)}`;
    expect((await call(`${url}/drain`, { method: 'POST' })).json).toMatchObject({ state: 'draining', inFlight: 3 });
    expect((await call(`${balancer.dataUrl}/`, { headers })).status).toBe(200);
    expect((await call(url)).json).toMatchObject({ state: 'draining' });
    await letGo();
    expect(await answers).toMatchObject([LET_GO, LET_GO, LET_GO]);
    await eventually('drained', async () => {
      const { state, inFlight } = (await call(url)).json as ReplicaView;
      return state === 'drained' && inFlight === 0 ? true : undefined;
    });
  }, 60_000);

  it('leaves on record how many it carried when it died', async () => {
    const { answers } = await (await holdersOf(balancer)).hold(3, headers);
    const { name, instance } = await busy();
    process.kill(pidOf(instance), 'SIGKILL');
    const death = await eventually('the record of the death', async () => {
      const { json } = await call(`${balancer.adminUrl}/api/replicas/${encodeURIComponent(name)}/deaths`);
      return (json as { deaths: DeathView[] }).deaths[0];
    });
    expect(death).toMatchObject({ signal: 'SIGKILL', inFlight: 3, instance: instance?.id });
    expect((await answers).map(({ status }) => status)).toEqual([502, 502, 502]);
  }, 60_000);
});
