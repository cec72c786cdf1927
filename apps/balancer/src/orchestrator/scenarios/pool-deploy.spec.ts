// Deploys that go well: replicas replaced in their slots, one after the other, while the pool lives on.
import { afterEach, describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { ALL, DeployRig, NEW } from '../testing/deploy-rig.js';
import { FakeClock } from '../testing/fake-clock.js';
import type { PoolRig, RigOptions } from '../testing/pool-rig.js';
import { ScriptedRuntime } from '../testing/scripted-runtime.js';

let rig: PoolRig;
let deploy: DeployRig;
const up = async (options?: RigOptions) => {
  deploy = await DeployRig.up(options);
  rig = deploy.pool;
};
afterEach(() => rig.dispose());

describe('a deploy', () => {
  it('replaces one replica after the other, each by a successor that is ready, and moves no key', async () => {
    await up();
    const { digest } = rig.manager.summary();
    const before = deploy.hashes();
    let most = 0;
    let least = 3;
    const unsubscribe = rig.manager.onChange(() => {
      most = Math.max(most, rig.runtime.running().length);
      least = Math.min(least, rig.link.ready().length);
    });
    await deploy.begin();
    await rig.pass(10_000);
    unsubscribe();
    expect(deploy.view()).toMatchObject({ status: 'rolled-out', revision: 2, changes: ['env.COLOUR'], reason: null });
    expect(deploy.steps()).toEqual({ 'Server 1': 'replaced', 'Server 2': 'replaced', 'Server 3': 'replaced' });
    expect({ most, least }).toEqual({ most: 4, least: 3 });
    const after = deploy.hashes();
    expect(new Set(Object.values(after)).size).toBe(1);
    expect(Object.values(after)).not.toContain(before['Server 1']);
    expect(rig.manager.summary().digest).toBe(digest);
    expect(rig.manager.replicas().map(({ restarts }) => restarts)).toEqual([1, 1, 1]);
    for (const name of ALL) expect(rig.manager.life.deaths(name)).toEqual([]);
  });

  it('replaces as many at a time as maxSurge says', async () => {
    await up();
    let most = 0;
    rig.manager.onChange(() => (most = Math.max(most, rig.runtime.running().length)));
    await deploy.begin(NEW, { maxSurge: 2 });
    await rig.pass(10_000);
    expect(deploy.view().status).toBe('rolled-out');
    expect(most).toBe(5);
  });

  it('waits for a predecessor’s last requests before the next one’s turn', async () => {
    await up();
    const busy = rig.runtime.one('Server 1');
    rig.link.inFlight.set(busy.id, 1);
    await deploy.begin();
    await rig.pass(5000);
    expect(rig.link.stateOf(busy.id)).toBe('draining');
    expect(deploy.steps()).toEqual({ 'Server 1': 'replacing', 'Server 2': 'waiting', 'Server 3': 'waiting' });
    rig.link.quiet(busy.id);
    await rig.pass(10_000);
    expect(deploy.view().status).toBe('rolled-out');
  });

  it('pins the image by its id: whatever its tag names later, a crash respawns what was deployed (TRAPS 13)', async () => {
    await up();
    expect(await deploy.begin({ image: 'app:2' })).toMatchObject({ to: { image: 'sha256:bb', imageRef: 'app:2' } });
    await rig.pass(10_000);
    const deployed = deploy.hashes()['Server 1'];
    rig.runtime.images.set('app:2', 'sha256:cc');
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(1000);
    expect(rig.runtime.one('Server 1').specHash).toBe(deployed);
    expect(rig.manager.spec().desired.image).toBe('sha256:bb');
    expect(await deploy.begin({})).toMatchObject({ status: 'rolling', changes: ['image'], to: { image: 'sha256:cc' } });
    await rig.pass(10_000);
    expect(deploy.view().status).toBe('rolled-out');
  });

  it('of what runs already does nothing', async () => {
    await up();
    expect(await deploy.begin({})).toMatchObject({ status: 'unchanged', revision: null, changes: [] });
    await rig.pass(5000);
    expect(rig.runtime.count('create')).toBe(3);
    expect(() => deploy.view()).toThrow('Nothing was deployed since the pool was made');
  });

  it('as a dry run tells what would change and does nothing', async () => {
    await up();
    const plan = await deploy.begin({ image: 'app:2', env: { TOKEN: 'geheim' } }, { dryRun: true });
    expect(plan).toMatchObject({ status: 'planned', changes: ['image', 'env.TOKEN'], to: { env: { TOKEN: '***' } } });
    await rig.pass(5000);
    expect(rig.runtime.count('create')).toBe(3);
    expect(await deploy.stored()).not.toHaveProperty('rollout');
  });

  it('of another stop grace alone replaces nobody, and counts from the next stop on', async () => {
    await up();
    expect(await deploy.begin({ stopGraceMs: 3000 })).toMatchObject({ status: 'rolled-out', replicas: [] });
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.pass(2000);
    expect(rig.runtime.graces).toEqual([3000]);
  });

  it('stops each instance with the grace of what it was made from', async () => {
    await up();
    rig.runtime.workload = { ...rig.runtime.workload, stopGraceMs: 7000 };
    await deploy.begin({ ...NEW, stopGraceMs: 2000 });
    await rig.pass(10_000);
    expect(rig.runtime.graces).toEqual([10_000, 10_000, 10_000]);
    await rig.manager.life.restart('Server 1');
    await rig.pass(5000);
    expect(rig.runtime.graces.at(-1)).toBe(2000);
  });

  it('of another probe path asks the old ones the old way until they are replaced', async () => {
    const asked = new Map<string, Set<string>>();
    const clock = new FakeClock();
    const runtime = new ScriptedRuntime(clock);
    const probe: typeof runtime.probe = (target, ...rest) => {
      const instance = runtime.running().find(({ address }) => address?.port === target.address.port);
      if (instance) asked.set(instance.specHash, (asked.get(instance.specHash) ?? new Set()).add(target.path));
      return runtime.probe(target, ...rest);
    };
    await up({ clock, runtime, options: { probe } });
    await deploy.begin({ healthPath: '/up' });
    await rig.pass(10_000);
    expect(deploy.view().status).toBe('rolled-out');
    expect([...asked.values()].map((paths) => [...paths])).toEqual([['/heartbeat'], ['/up']]);
  });

  it('takes turns with whoever serves nobody first: a deploy may be what mends it', async () => {
    await up({ env: { CRASH_LOOP_LIMIT: '2' } });
    deploy.crash('Server 3', 'all');
    rig.runtime.die(rig.runtime.one('Server 3').id);
    await rig.pass(5000);
    expect(rig.states()['Server 3']).toBe('quarantined');
    deploy.heal();
    await deploy.begin();
    await rig.pass(100);
    expect(deploy.steps()).toMatchObject({ 'Server 1': 'waiting', 'Server 3': expect.stringMatching(/replac/) });
    await rig.pass(10_000);
    expect(deploy.view().status).toBe('rolled-out');
    expect(Object.values(rig.states())).toEqual(['ready', 'ready', 'ready']);
  });

  it('replaces who is drained too, and leaves it drained', async () => {
    await up();
    await rig.manager.life.drain('Server 2');
    await deploy.begin();
    await rig.pass(15_000);
    expect(deploy.view().status).toBe('rolled-out');
    expect(rig.states()['Server 2']).toBe('drained');
    expect(new Set(Object.values(deploy.hashes())).size).toBe(1);
  });

  it('shows in /api/spec who runs what meanwhile', async () => {
    await up();
    const busy = rig.runtime.one('Server 2');
    rig.link.inFlight.set(busy.id, 1);
    await deploy.begin();
    await rig.pass(5000);
    const { desired, running } = rig.manager.spec();
    expect(desired).toMatchObject({ revision: 2, env: { COLOUR: 'green' } });
    expect(running.map(({ name, matches }) => `${name} ${matches}`)).toEqual([
      'Server 1 true',
      'Server 2 true',
      'Server 3 false',
    ]);
    rig.link.quiet(busy.id);
    await rig.pass(10_000);
    expect(rig.manager.spec().running.every(({ matches }) => matches)).toBe(true);
  });

  it('shows as drift that the settings ask for something else, not that the pool was made so', async () => {
    await up();
    await deploy.begin({ image: 'app:2', ...NEW });
    await rig.pass(10_000);
    expect(rig.manager.summary().drift).toEqual([
      'REPLICA_IMAGE=app:1 is not applied: the last deploy made it app:2',
      'REPLICA_ENV is not applied: it differs in COLOUR from what the last deploy made it',
    ]);
  });
});

describe('while a deploy goes on', () => {
  it('a second one is refused', async () => {
    await up();
    await deploy.begin();
    await expect(deploy.begin({ env: { COLOUR: 'blue' } })).rejects.toMatchObject({
      code: 'deploy_under_way',
      status: 409,
    });
  });

  it('and while its image is still being pulled, so is a second one; the pool changes meanwhile', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'pinImage' ? { slow: 60_000 } : undefined);
    const first = deploy.begin({ image: 'app:2' });
    await rig.pass(10);
    await expect(deploy.begin()).rejects.toMatchObject({ code: 'deploy_under_way' });
    await rig.manager.add({ n: 1, hostnames: ['S4'] });
    await rig.pass(61_000);
    expect(await first).toMatchObject({ status: 'rolling' });
    await rig.pass(10_000);
    expect(rig.runtime.one('S4').specHash).toBe(deploy.hashes()['Server 1']);
  });

  it('who joins begins with what has proven itself, and gets its turn', async () => {
    await up();
    rig.link.inFlight.set(rig.runtime.one('Server 1').id, 1);
    const busy = rig.runtime.one('Server 1').id;
    await deploy.begin();
    await rig.pass(2000);
    await rig.manager.add({ n: 1, hostnames: ['S4'] });
    await rig.pass(2000);
    expect(rig.runtime.one('S4').specHash).toBe(deploy.old);
    rig.link.quiet(busy);
    await rig.pass(15_000);
    expect(deploy.view().status).toBe('rolled-out');
    expect(rig.runtime.one('S4').specHash).toBe(deploy.hashes()['Server 1']);
  });

  it('who leaves is not waited for, and joins again as another', async () => {
    await up();
    deploy.sicken('Server 1');
    await deploy.begin();
    await rig.pass(2000);
    await rig.manager.remove({ n: 1, hostnames: ['Server 1'] });
    deploy.heal();
    await rig.manager.add({ n: 1, hostnames: ['Server 1'] });
    await rig.pass(20_000);
    expect(deploy.view().status).toBe('rolled-out');
    expect(new Set(Object.values(deploy.hashes())).size).toBe(1);
  });

  it('one that dies before its turn comes back as it was, one after its turn as it is to be', async () => {
    await up();
    const busy = rig.runtime.one('Server 2').id;
    rig.link.inFlight.set(busy, 1);
    await deploy.begin();
    await rig.pass(3000);
    expect(deploy.steps()).toEqual({ 'Server 1': 'replaced', 'Server 2': 'replacing', 'Server 3': 'waiting' });
    const { specHash: fresh } = rig.runtime.one('Server 1');
    rig.runtime.die(rig.runtime.one('Server 1').id);
    rig.runtime.die(rig.runtime.one('Server 3').id);
    await rig.pass(3000);
    expect(rig.runtime.one('Server 1').specHash).toBe(fresh);
    expect(rig.runtime.one('Server 3').specHash).toBe(deploy.old);
    rig.link.quiet(busy);
    await rig.pass(15_000);
    expect(deploy.view().status).toBe('rolled-out');
  });

  it('one that dies again and again after its turn takes the deploy back', async () => {
    await up();
    const busy = rig.runtime.one('Server 2').id;
    rig.link.inFlight.set(busy, 1);
    await deploy.begin();
    await rig.pass(3000);
    deploy.crash('Server 1');
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(3000);
    deploy.heal();
    rig.link.quiet(busy);
    await rig.pass(20_000);
    expect(deploy.view()).toMatchObject({ status: 'rolled-back', reason: 'Server 1: it exited with code 1' });
    expect(Object.values(rig.states())).toEqual(['ready', 'ready', 'ready']);
  });

  it('the engine may go away and come back', async () => {
    await up();
    await deploy.begin();
    await rig.pass(100);
    rig.runtime.disturb = () => ({ error: new RuntimeError('unreachable', 'no engine') });
    rig.runtime.emit({ kind: 'changed' });
    await rig.pass(60_000);
    expect(deploy.view().status).toBe('rolling');
    rig.runtime.disturb = () => undefined;
    await rig.pass(30_000);
    expect(deploy.view().status).toBe('rolled-out');
  });

  it('it can be cancelled: what is replaced is put back', async () => {
    await up();
    const before = deploy.hashes();
    const busy = rig.runtime.one('Server 2').id;
    rig.link.inFlight.set(busy, 1);
    await deploy.begin();
    await rig.pass(3000);
    expect(await rig.manager.deploys.cancel()).toMatchObject({ status: 'rolling-back', reason: 'it was cancelled' });
    rig.link.quiet(busy);
    await rig.pass(15_000);
    expect(deploy.view().status).toBe('rolled-back');
    expect(deploy.hashes()).toEqual(before);
    await expect(rig.manager.deploys.cancel()).rejects.toMatchObject({ code: 'no_deploy', status: 404 });
  });

  it('its course can be followed, and its end waited for', async () => {
    await up();
    await deploy.begin();
    const seen: string[] = [];
    const following = (async () => {
      for await (const { status, replicas } of rig.manager.deploys.follow(new AbortController().signal))
        seen.push(`${status} ${replicas.filter(({ step }) => step === 'replaced').length}`);
    })();
    const waiting = rig.manager.deploys.done();
    await rig.pass(15_000);
    await following;
    expect([...new Set(seen)]).toEqual(['rolling 0', 'rolling 1', 'rolling 2', 'rolled-out 3']);
    expect(await waiting).toMatchObject({ status: 'rolled-out' });
  });
});

describe('a pool of static replicas', () => {
  it('cannot be deployed to', async () => {
    const clock = new FakeClock();
    await up({ clock, runtime: new ScriptedRuntime(clock, 'static'), env: { REPLICAS: 'a=http://127.0.0.1:1' } });
    await expect(deploy.begin()).rejects.toMatchObject({ code: 'not_deployable', status: 409 });
  });
});
