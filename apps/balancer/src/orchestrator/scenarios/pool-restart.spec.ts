// What a next balancer makes of what an earlier one left: state, containers, leftovers, a data process that serves.
import { afterEach, describe, expect, it } from '@jest/globals';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../../config/load.js';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { FakeClock } from '../testing/fake-clock.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';
import { ScriptedLink } from '../testing/scripted-link.js';
import { ScriptedRuntime } from '../testing/scripted-runtime.js';

let rig: PoolRig;
const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
const processes = () => {
  const clock = new FakeClock();
  return { clock, runtime: new ScriptedRuntime(clock, 'process') };
};
/** SIGKILL, and the next balancer under it. */
async function succeed(env?: Environment, change: (next: PoolRig) => void = () => {}): Promise<PoolRig> {
  rig = await rig.kill9({ env });
  change(rig);
  await rig.manager.start();
  await rig.pass(1000);
  return rig;
}
const instances = () => [...rig.runtime.world.values()].map(({ id, slot, state }) => `${id} ${slot} ${state}`);
afterEach(() => rig.dispose());

describe('a restarted balancer', () => {
  it('takes the containers of its pool as they are: none doubled, none lost', async () => {
    await up();
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(1000);
    const before = instances();
    await succeed();
    expect(rig.manager.names()).toEqual(['Server 1', 'Server 2', 'Server 3', 'S5']);
    expect(instances()).toEqual(before);
    expect(Object.values(rig.states())).toEqual(Array(4).fill('ready'));
    expect(rig.runtime.count('create') + rig.runtime.count('start')).toBe(0);
  });

  it('keeps seed, pool id and ring', async () => {
    await up();
    const identity = await readFile(join(rig.stateDir, 'identity.json'), 'utf8');
    const { digest } = rig.manager.summary();
    const { seed } = rig.link.table;
    await succeed();
    expect(await readFile(join(rig.stateDir, 'identity.json'), 'utf8')).toBe(identity);
    expect(rig.manager.summary().digest).toBe(digest);
    expect(rig.link.table.seed).toBe(seed);
  });

  it('finishes what was begun: one made and never started, one dead, one too many (TRAPS 14)', async () => {
    await up();
    const specHash = rig.runtime.one('Server 1').specHash;
    rig.runtime.disturb = () => 'hang';
    rig.runtime.one('Server 1').state = 'exited';
    const half = rig.runtime.one('Server 2');
    half.state = 'created';
    half.address = undefined;
    rig.runtime.place({ slot: 'Server 3', generation: 2, specHash });
    rig.runtime.place({ slot: 'Server 9', specHash });
    await succeed();
    await rig.pass(3000);
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'ready', 'Server 3': 'ready' });
    expect(rig.runtime.running()).toHaveLength(3);
    expect(rig.runtime.one('Server 2').id).toBe(half.id);
    expect(rig.runtime.one('Server 3').generation).toBe(2);
  });

  it('never gives a generation twice, even when its instances are gone', async () => {
    await up();
    rig.runtime.world.clear();
    await succeed();
    expect(rig.runtime.one('Server 1').generation).toBe(2);
    expect(rig.view('Server 1').restarts).toBe(1);
  });

  it('goes on with a drain that an earlier one began, though the name is in use again', async () => {
    await up();
    const old = rig.runtime.one('Server 2');
    rig.link.inFlight.set(old.id, 1);
    rig.runtime.disturb = (call) => (call === 'create' ? 'hang' : undefined);
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.manager.add({ n: 1, hostnames: ['Server 2'] });
    await succeed();
    await rig.pass(2000);
    expect(rig.runtime.one('Server 2').generation).toBe(3);
  });
});

describe('other settings than the pool was made with (TRAPS 13, 14)', () => {
  it('change nothing: no instance, no member, no key; each is told in a line', async () => {
    await up({ env: { HASH_SEED: '00000000000000aa', N: '3' } });
    const { digest } = rig.manager.summary();
    const before = instances();
    await succeed({ N: '7', HASH_KEY: 'path', HASH_SEED: '00000000000000bb', MAX_REPLICAS: '7' }, (next) => {
      next.runtime.workload = {
        ...next.runtime.workload,
        image: 'sha256:bb',
        imageRef: 'app:2',
        env: { TOKEN: 'secret' },
        healthPath: '/up',
        port: 80,
        command: ['serve'],
      };
    });
    expect(instances()).toEqual(before);
    expect(rig.manager.names()).toHaveLength(3);
    expect(rig.manager.summary().digest).toBe(digest);
    expect(rig.link.table).toMatchObject({ seed: '00000000000000aa', hashKey: 'header:x-hash-key,random' });
    const { drift } = rig.manager.summary();
    expect(drift).toHaveLength(8);
    for (const name of [
      'N=7',
      'HASH_KEY=path',
      'HASH_SEED',
      'REPLICA_IMAGE=app:2',
      'REPLICA_COMMAND=["serve"]',
      'REPLICA_PORT=80',
      'HEALTH_PATH=/up',
      'REPLICA_ENV',
    ]) {
      expect(drift).toContainEqual(
        expect.stringMatching(new RegExp(`^${name.replace(/[[\]]/g, '\\$&')} is not applied`)),
      );
    }
    expect(JSON.stringify(drift)).not.toMatch(/secret|0000aa|0000bb/);
  });

  it('and a tag that moved: a respawn uses the image that was deployed', async () => {
    await up();
    const deployed = rig.runtime.one('Server 1').specHash;
    await succeed({}, (next) => (next.runtime.workload = { ...next.runtime.workload, image: 'sha256:bb' }));
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(1000);
    expect(rig.runtime.one('Server 1').specHash).toBe(deployed);
    expect(rig.manager.summary().drift).toEqual(['app:1 now names another image: the pool stays with sha256:aa']);
  });

  it('are no drift when they are the same, whatever /add and /rm have done since', async () => {
    await up();
    await rig.manager.add({ n: 2, hostnames: [] });
    await succeed();
    expect(rig.manager.summary().drift).toEqual([]);
  });

  it('below the pool’s size remove nobody', async () => {
    await up();
    await succeed({ MAX_REPLICAS: '2', N: '2' });
    expect(rig.manager.names()).toHaveLength(3);
    expect(rig.manager.summary().drift).toContainEqual(
      expect.stringContaining('MAX_REPLICAS=2 is below the 3 replicas'),
    );
    await expect(rig.manager.add({ n: 1, hostnames: [] })).rejects.toMatchObject({ code: 'bad_count' });
  });

  it('that cannot even be resolved do not keep the pool down', async () => {
    await up();
    await succeed({}, (next) => {
      next.runtime.disturb = (call) =>
        call === 'prepare' ? { error: new RuntimeError('image_missing', 'no such image: app:9') } : undefined;
    });
    expect(Object.values(rig.states())).toEqual(Array(3).fill('ready'));
    expect(rig.manager.summary().drift).toContainEqual(expect.stringContaining('no such image: app:9'));
  });

  it('with another runtime end the start with a clear line', async () => {
    await up();
    rig = await rig.kill9();
    const other = await PoolRig.make({ ...processes(), stateDir: rig.stateDir });
    await expect(other.manager.start()).rejects.toMatchObject({
      name: 'StartError',
      code: 'runtime_changed',
      message: expect.stringContaining('Set RUNTIME=docker'),
    });
    expect(other.runtime.count('create') + other.runtime.count('list')).toBe(0);
    expect(await readdir(rig.stateDir)).not.toContain('lock');
  });

  it('with another pool’s folder end the start with a clear line', async () => {
    await up();
    rig = await rig.kill9({ env: { POOL: 'other' } });
    await expect(rig.manager.start()).rejects.toThrow(`belongs to pool test`);
  });

  it('by hand in a container are undone, one replica at a time', async () => {
    await up();
    for (const instance of rig.runtime.running()) instance.specHash = 'by hand';
    rig.runtime.disturb = (call) => (call === 'create' ? { slow: 1000 } : undefined);
    rig.runtime.emit({ kind: 'changed' });
    for (let second = 0; second < 10; second++) {
      await rig.pass(1000);
      expect(rig.link.ready()).toHaveLength(3);
      expect(rig.runtime.running().length).toBeLessThanOrEqual(5);
    }
    await rig.pass(10_000);
    expect(rig.runtime.running().map(({ specHash }) => specHash)).not.toContain('by hand');
    expect(rig.runtime.running()).toHaveLength(3);
  });
});

describe('damaged or lost state (TRAPS 17)', () => {
  it.each(['{"schema":1,"mem', ''])('is set aside, and what runs becomes the pool: %j', async (text) => {
    await up();
    await rig.manager.add({ n: 1, hostnames: ['S10'] });
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.pass(3000);
    await writeFile(join(rig.stateDir, 'state.json'), text);
    const before = instances();
    await succeed();
    expect(rig.manager.names()).toEqual(['S10', 'Server 1', 'Server 3']);
    expect(instances()).toEqual(before);
    expect(Object.values(rig.states())).toEqual(Array(3).fill('ready'));
    expect(await readdir(rig.stateDir)).toContainEqual(expect.stringMatching(/^state\.json\.broken-/));
  });

  it('with nobody running is a first start', async () => {
    await up();
    rig.runtime.world.clear();
    await rm(join(rig.stateDir, 'state.json'));
    await succeed({ N: '2' });
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'ready' });
  });
});

describe('local processes that a killed balancer left', () => {
  it('serve until their successors are ready, and none before: no moment without a replica', async () => {
    await up(processes());
    const left = rig.runtime.running().map(({ id }) => id);
    rig = await rig.kill9({ link: new ScriptedLink(new FakeClock(), 7) });
    rig.runtime.disturb = (call) => (call === 'create' ? { slow: 500 } : undefined);
    await rig.manager.start();
    for (let i = 0; i < 40; i++) {
      await rig.pass(100);
      if (rig.link.tables.length > 0) expect(rig.link.ready()).toHaveLength(3);
    }
    expect(
      rig.runtime
        .running()
        .map(({ id }) => id)
        .some((id) => left.includes(id)),
    ).toBe(false);
    expect(rig.runtime.running().map(({ generation }) => generation)).toEqual([2, 2, 2]);
  });

  it('of a replica that is not wanted any more are drained and ended', async () => {
    await up(processes());
    rig.runtime.place({ slot: 'gone', leftover: true });
    await succeed();
    await rig.pass(3000);
    expect(rig.runtime.running('gone')).toEqual([]);
  });
});

describe('a data process that is taken over', () => {
  async function takeOver(change: (next: PoolRig) => void = () => {}): Promise<void> {
    await up();
    const clock = new FakeClock();
    await rm(join(rig.stateDir, 'lock'));
    rig = await PoolRig.make({
      clock,
      runtime: rig.runtime.succeed(clock),
      link: new ScriptedLink(clock, 12),
      stateDir: rig.stateDir,
    });
    change(rig);
  }

  it('is never given a table without those who serve', async () => {
    await takeOver();
    await rig.manager.start();
    await rig.pass(1000);
    expect(rig.link.tables.length).toBeGreaterThan(0);
    for (const { instances: listed } of rig.link.tables)
      expect(listed.filter(({ state }) => state === 'ready')).toHaveLength(3);
    expect(rig.link.table.epoch).toBeGreaterThan(12);
  });

  it('waits no longer than HEALTH_TIMEOUT for those who do not answer', async () => {
    await takeOver(({ runtime }) => runtime.behaviours.set(runtime.one('Server 2').id, 'mute'));
    await rig.manager.start();
    await rig.pass(900);
    expect(rig.link.tables).toEqual([]);
    await rig.pass(200);
    expect(rig.link.ready()).toEqual(['Server 1', 'Server 3']);
  });

  it('keeps its table while the engine does not answer', async () => {
    await takeOver(
      ({ runtime }) =>
        (runtime.disturb = (call) =>
          call === 'list' || call === 'prepare' ? { error: new RuntimeError('unreachable', 'no engine') } : undefined),
    );
    await rig.manager.start();
    await rig.pass(60_000);
    expect(rig.link.tables).toEqual([]);
    rig.runtime.disturb = () => undefined;
    await rig.pass(12_000);
    expect(rig.link.ready()).toHaveLength(3);
  });

  it('holds back new instances until it has let go of its old table (TRAPS 3)', async () => {
    await takeOver(({ runtime, link }) => {
      runtime.world.delete(runtime.one('Server 2').id);
      link.acknowledges = false;
    });
    await rig.manager.start();
    await rig.pass(1000);
    expect(rig.runtime.count('create')).toBe(0);
    rig.link.acknowledge();
    await rig.pass(1000);
    expect(rig.runtime.one('Server 2').generation).toBe(2);
  });

  it('serves on when the start fails', async () => {
    await takeOver();
    await rm(join(rig.stateDir, 'state.json'));
    rig.runtime.disturb = (call) =>
      call === 'prepare' ? { error: new RuntimeError('unreachable', 'no engine') } : undefined;
    await expect(rig.manager.start()).rejects.toMatchObject({ code: 'runtime' });
    expect(rig.link.ended).toBeNull();
  });
});
