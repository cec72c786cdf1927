// What is wrong with a replica is found by probes and by what its requests meet: it is left out, comes back when it behaves,
// and is never the last to go. Over the built program, with processes as replicas.
import { join } from 'node:path';
import type { PoolSummary, ReplicaView } from '../src/orchestrator/views/replica-view.js';
import { type Balancer, eventually, startBalancer, startFailing } from './harness.js';
import { call, pidOf, replicasOf, steadyLoad } from './http-client.js';

const MOODY = `${process.execPath} ${join(import.meta.dirname, 'replicas/moody.mjs')}`;
const balancers: Balancer[] = [];

afterEach(async () => {
  for (const balancer of balancers.splice(0)) await balancer.stop('SIGINT');
});

async function start(env: Readonly<Record<string, string>>): Promise<Balancer> {
  const balancer = await startBalancer({ env: { RUNTIME: 'process', REPLICA_COMMAND: MOODY, ...env } });
  balancers.push(balancer);
  await eventually('all replicas ready', async () =>
    (await replicasOf(balancer.adminUrl)).every(({ state }) => state === 'ready') ? true : undefined,
  );
  return balancer;
}
const status = async ({ adminUrl }: Balancer) => (await call(`${adminUrl}/api/status`)).json as PoolSummary;
async function one({ adminUrl }: Balancer, name: string): Promise<ReplicaView> {
  const view = (await replicasOf(adminUrl)).find((replica) => replica.name === name);
  if (!view) throw new Error(`no ${name}`);
  return view;
}
/** Speaks to a replica past the balancer. */
async function tell(balancer: Balancer, name: string, path: string, method = 'POST'): Promise<string> {
  const { instance } = await one(balancer, name);
  return (await call(`http://${instance?.address}${path}`, { method })).text;
}
const inState = (balancer: Balancer, name: string, state: string) =>
  eventually(`${name} is ${state}`, async () => {
    const view = await one(balancer, name);
    return view.state === state ? view : undefined;
  });

/** @returns undefined when it came back in between */
async function requestsWithinEjection(balancer: Balancer) {
  const look = async () => ({
    until: (await one(balancer, 'Server 2')).checks.conduct?.ejectedUntil,
    seen: Number(await tell(balancer, 'Server 2', '/seen', 'GET')),
  });
  const before = await look();
  const statuses = new Set<number>();
  for (let i = 0; i < 30; i++) statuses.add((await call(`${balancer.dataUrl}/work`)).status);
  const after = await look();
  if (!before.until || before.until !== after.until) return undefined;
  return { statuses: [...statuses], reached: after.seen - before.seen };
}

describe('a replica that passes its probes and fails its requests', () => {
  it.each([
    ['answers 500', 'errors', /^\d+ of its last \d+ requests went wrong: .*answered from 500 up/],
    ['breaks connections off', 'resets', /requests.*: .*broken off/],
  ])('and %s is ejected while the others serve, and serves again once it behaves', async (_, requests, reason) => {
    const balancer = await start({ N: '3', WORKERS: '2', EJECT_TIME: '1s', EJECT_TIME_MAX: '2s' });
    const load = steadyLoad(`${balancer.dataUrl}/work`);
    await tell(balancer, 'Server 2', `/mood?requests=${requests}`);
    const ejected = await inState(balancer, 'Server 2', 'unready');
    expect(ejected).toMatchObject({
      reason: expect.stringMatching(reason),
      checks: { probe: { result: 'passed' }, conduct: { ejectedUntil: expect.any(String) } },
    });
    // Who looks late may find it in its second.
    expect(ejected.checks.conduct!.ejections).toBeGreaterThan(0);
    const round = await eventually('some requests within one ejection', () => requestsWithinEjection(balancer));
    expect(round).toEqual({ statuses: [200], reached: 0 });

    await tell(balancer, 'Server 2', '/mood?requests=well');
    await inState(balancer, 'Server 2', 'ready');
    const { failures } = await load.stop();
    // A GET is tried elsewhere when its connection breaks; an answer is an answer.
    if (requests === 'resets') expect(failures).toEqual([]);
    else expect(failures.filter((failure) => !failure.startsWith('500'))).toEqual([]);
  });

  it('stays when it is the last: of two that both fail one serves on, whichever worker saw it first (TRAPS 21)', async () => {
    const balancer = await start({ N: '2', WORKERS: '2', EJECT_TIME: '1s', PANIC_THRESHOLD: '0%' });
    const load = steadyLoad(`${balancer.dataUrl}/work`);
    const moods = ['Server 1', 'Server 2'].map((name) => tell(balancer, name, '/mood?requests=resets'));
    await Promise.all(moods);
    let ejections = 0;
    const end = performance.now() + 4000;
    while (performance.now() < end) {
      const out = (await replicasOf(balancer.adminUrl)).filter(({ state }) => state !== 'ready');
      expect(out.length).toBeLessThanOrEqual(1);
      ejections = Math.max(ejections, out.length);
    }
    expect(ejections).toBe(1);
    const { failures } = await load.stop();
    expect(failures.filter((failure) => failure.includes('No replica is ready'))).toEqual([]);
  });
});

describe('the only replica', () => {
  it('is tried all the same when its probes fail: panic, which is told', async () => {
    const balancer = await start({ N: '1' });
    await tell(balancer, 'Server 1', '/mood?probes=errors');
    const { reason } = await inState(balancer, 'Server 1', 'unready');
    expect(reason).toBe(
      'its probe fails: it answered 500; it is tried all the same: 0 of 1 replicas are ready (panic)',
    );
    expect(await status(balancer)).toMatchObject({ ready: 0, panic: true });
    expect((await call(`${balancer.dataUrl}/work`)).text).toBe('Server 1');
    await tell(balancer, 'Server 1', '/mood?probes=well');
    await inState(balancer, 'Server 1', 'ready');
    expect(await status(balancer)).toMatchObject({ ready: 1, panic: false });
  });

  it('is not tried with PANIC_THRESHOLD=0%: 503 no_replica', async () => {
    const balancer = await start({ N: '1', PANIC_THRESHOLD: '0%' });
    await tell(balancer, 'Server 1', '/mood?probes=errors');
    await inState(balancer, 'Server 1', 'unready');
    // Control says so; the data process hears of it a moment later.
    const { headers } = await eventually('503', async () => {
      const answer = await call(`${balancer.dataUrl}/work`);
      return answer.status === 503 ? answer : undefined;
    });
    expect(headers['x-hashflow-cause']).toBe('no_replica');
  });
});

describe('a replica that hangs (SIGSTOP)', () => {
  it('is found by its probes, drained and replaced, and costs no GET', async () => {
    const balancer = await start({
      N: '3',
      HEALTH_TIMEOUT: '300ms',
      RESTART_UNHEALTHY_AFTER: '1s',
      RESPONSE_TIMEOUT: '1s',
      DRAIN_TIMEOUT: '2s',
      STOP_TIMEOUT: '300ms',
    });
    const load = steadyLoad(`${balancer.dataUrl}/work`);
    const { instance } = await one(balancer, 'Server 2');
    process.kill(pidOf(instance), 'SIGSTOP');
    // It is unready for a second only; that it was stays told.
    await eventually('an event that says why', async () => {
      const { json } = await call(`${balancer.adminUrl}/api/events?format=json&types=unready`);
      const { events } = json as { events: { replica: string; reason: string }[] };
      return events.find(({ replica }) => replica === 'Server 2')?.reason ===
        'its probe fails: no complete answer within 300 ms'
        ? true
        : undefined;
    });
    const successor = await eventually('a successor', async () => {
      const view = await one(balancer, 'Server 2');
      return view.state === 'ready' && view.instance?.id !== instance?.id ? view : undefined;
    });
    expect(successor.lastExit?.reason).toMatch(/^it was unhealthy for 1 s/);
    expect((await load.stop()).failures).toEqual([]);
  });
});

describe('what a probe asks', () => {
  it('is what the settings say: a status and a text', async () => {
    const balancer = await start({ N: '1', HEALTH_STATUS: '200,418', HEALTH_BODY: 'all is well' });
    expect(await one(balancer, 'Server 1')).toMatchObject({ checks: { probe: { result: 'passed', reason: null } } });
    await tell(balancer, 'Server 1', '/mood?probes=errors');
    expect((await inState(balancer, 'Server 1', 'unready')).reason).toMatch(/it answered 500/);
  });

  it('is a connection with HEALTH_PROTOCOL=tcp, whatever its path answers', async () => {
    const balancer = await start({ N: '1', HEALTH_PROTOCOL: 'tcp', HEALTH_PATH: '/nowhere' });
    await tell(balancer, 'Server 1', '/mood?probes=errors');
    await eventually('some probes', async () =>
      ((await one(balancer, 'Server 1')).checks.probe?.inARow ?? 0) > 5 ? true : undefined,
    );
    expect(await one(balancer, 'Server 1')).toMatchObject({ state: 'ready' });
  });

  it('ends the start when it makes no sense, with every setting and what is allowed', async () => {
    const { code, output } = await startFailing({
      env: {
        HEALTH_PROTOCOL: 'icmp',
        HEALTH_STATUS: '100-199',
        HEALTH_BODY: 'x'.repeat(300),
        MAX_EJECTED: 'half',
        PANIC_THRESHOLD: '120%',
        EJECT_FAILURES: '1',
        EJECT_ERRORS: '0%',
        EJECT_MIN_REQUESTS: '0',
        EJECT_WINDOW: '1ms',
        EJECT_TIME: 'soon',
        EJECT_TIME_MAX: '-1s',
      },
    });
    expect(code).not.toBe(0);
    expect(output).toContain('11 settings are wrong');
    expect(output).toContain('HEALTH_STATUS="100-199" must be codes and ranges from 200 to 599, such as 200-399,401');
    expect(output).toContain('PANIC_THRESHOLD="120%" must be a percentage from 0% to 100%');
  });
});
