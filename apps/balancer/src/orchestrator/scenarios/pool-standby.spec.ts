// Standbys in a whole pool: promoted by /add and by crashes, replenished behind it, kept over restarts of the balancer.
import { afterEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { isStandbySlot } from '../../runtime/standby-slot.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';
import { ScriptedRuntime } from '../testing/scripted-runtime.js';
import { FakeClock } from '../testing/fake-clock.js';

let rig: PoolRig;
const ENV = { N: '2', STANDBY: '1' };
const up = async (options: RigOptions = {}) =>
  (rig = await PoolRig.up({ ...options, env: { ...ENV, ...options.env } }));
const standing = () => rig.runtime.running().filter(({ slot }) => isStandbySlot(slot));
const only = () => rig.runtime.one('-standby-1');
afterEach(() => rig.dispose());

describe('a pool with a standby', () => {
  it('lists it nowhere, routes nothing to it, and tells how many are ready', async () => {
    await up();
    expect(rig.manager.names()).toEqual(['Server 1', 'Server 2']);
    expect(Object.keys(rig.states())).toEqual(['Server 1', 'Server 2']);
    expect(rig.link.table.instances.map(({ replica }) => replica)).toEqual(['Server 1', 'Server 2']);
    expect(rig.manager.summary()).toMatchObject({
      desired: 2,
      ready: 2,
      standby: { wanted: 1, ready: 1, reason: null },
    });
    expect(standing()).toHaveLength(1);
  });

  it('is not ready for requests because its standby is', async () => {
    await up({ env: { N: '0' } });
    expect(rig.manager.summary().standby).toMatchObject({ ready: 1 });
    expect(rig.manager.isReady()).toBe(false);
  });

  it('adds a replica without starting anything, and starts a standby behind it', async () => {
    await up();
    const { id } = only();
    const starts = rig.runtime.count('start');
    const ready = rig.manager.add({ n: 1, hostnames: ['S5'] }).then(() => rig.manager.whenReady(['S5']));
    await rig.pass(0);
    await ready;
    expect(rig.view('S5')).toMatchObject({ state: 'ready', instance: { id }, restarts: 0, lastExit: null });
    expect(rig.link.ready()).toEqual(['Server 1', 'Server 2', 'S5']);
    expect(rig.runtime.count('start')).toBeLessThanOrEqual(starts + 1);
    await rig.pass(1000);
    expect(rig.manager.summary().standby).toEqual({ wanted: 1, ready: 1, reason: null });
    expect(rig.runtime.count('start')).toBe(starts + 1);
  });

  it('promotes as many as it has, and makes the rest', async () => {
    await up();
    await rig.manager.add({ n: 3, hostnames: [] });
    await rig.pass(2000);
    expect(Object.values(rig.states())).toEqual(Array(5).fill('ready'));
    expect(rig.runtime.count('rename')).toBe(1);
    expect(standing()).toHaveLength(1);
  });

  it('replaces a crashed replica at once, in its slot, with the next generation; no key moves', async () => {
    await up();
    await rig.pass(15_000);
    const { id } = only();
    const { digest } = rig.manager.summary();
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(0);
    expect(rig.link.stateOf(id)).toBe('ready');
    expect(rig.view('Server 1')).toMatchObject({ state: 'ready', instance: { id }, restarts: 1 });
    expect(rig.runtime.one('Server 1')).toMatchObject({ id, generation: 2 });
    expect(rig.manager.life.deaths('Server 1')).toHaveLength(1);
    expect(rig.manager.summary().digest).toBe(digest);
  });

  it('holds deaths soon after a promotion against the slot, however long the instance had stood by', async () => {
    await up();
    await rig.pass(60_000);
    const crash = async () => {
      rig.runtime.die(rig.runtime.one('Server 1').id);
      await rig.pass(0);
    };
    await crash();
    expect(rig.states()).toMatchObject({ 'Server 1': 'ready' });
    await crash();
    expect(rig.states()).toMatchObject({ 'Server 1': 'backing-off' });
  });

  it('holds the death of one against the replica that it was given to, though nobody had seen it there alive', async () => {
    await up();
    await rig.pass(60_000);
    const { id } = only();
    const rename = rig.runtime.rename.bind(rig.runtime);
    rig.runtime.rename = async (renamed, place) => {
      rig.runtime.rename = rename;
      Object.assign(rig.runtime.world.get(renamed) ?? {}, place);
      rig.runtime.die(renamed);
    };
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(2000);
    expect(rig.manager.life.deaths('S5')).toMatchObject([{ instance: id, generation: 1 }]);
    expect(rig.states()).toMatchObject({ S5: 'ready' });
  });

  it('ends a standby for each that is too many, and one that fails to be promoted', async () => {
    await up();
    rig.runtime.disturb = (call) =>
      call === 'rename' ? { error: new RuntimeError('conflict', 'another container has that name') } : undefined;
    const { id } = only();
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(3000);
    expect(rig.states()).toMatchObject({ S5: 'ready' });
    expect(rig.runtime.world.has(id)).toBe(false);
    expect(standing()).toHaveLength(1);
    rig = await rig.kill9({ env: { ...ENV, STANDBY: '0' } });
    await rig.manager.start();
    await rig.pass(3000);
    expect(standing()).toEqual([]);
    expect(rig.manager.summary().standby).toEqual({ wanted: 0, ready: 0, reason: null });
  });

  it('TRAPS 10: gives the replica an instance of its own when renaming hangs', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'rename' ? 'hang' : undefined);
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    rig.runtime.behaviours.set(only().id, 'sick');
    await rig.pass(20_000);
    expect(rig.states()).toMatchObject({ S5: 'ready' });
  });

  it('quarantines a crash loop of standbys with its reason, while crashed replicas come back as ever', async () => {
    await up();
    rig.runtime.disturb = (call, subject) => {
      const instance = rig.runtime.world.get(subject);
      return call === 'start' && instance && isStandbySlot(instance.slot)
        ? { error: new RuntimeError('failed', 'it would not start') }
        : undefined;
    };
    rig.runtime.die(only().id);
    await rig.pass(30_000);
    const { standby } = rig.manager.summary();
    expect(standby).toMatchObject({ wanted: 1, ready: 0 });
    expect(standby.reason).toMatch(/^-standby-1: died 5 times within 60 s, last: it would not start$/);
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(500);
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'ready' });
    expect(standing()).toEqual([]);
  });

  it('replaces one that became unwell, and promotes it no more', async () => {
    await up();
    const { id } = only();
    rig.runtime.behaviours.set(id, 'sick');
    await rig.pass(2500);
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(1000);
    expect(rig.view('S5').instance?.id).not.toBe(id);
    await rig.pass(60_000);
    expect(rig.runtime.world.has(id)).toBe(false);
    expect(rig.manager.summary().standby).toMatchObject({ ready: 1 });
  });

  it('ends its standbys with itself', async () => {
    await up();
    const ended = rig.manager.shutdown('end');
    await rig.pass(1000);
    await ended;
    expect(rig.runtime.world.size).toBe(0);
  });
});

describe('a balancer that was killed (TRAPS 14)', () => {
  const restart = async () => {
    rig = await rig.kill9({ env: ENV });
    await rig.manager.start();
    await rig.pass(3000);
  };
  const expectOneEach = (...names: string[]) => {
    for (const name of names) expect(rig.runtime.running(name)).toHaveLength(1);
    expect(standing()).toHaveLength(1);
    expect(rig.runtime.world.size).toBe(names.length + 1);
    expect(rig.link.ready().sort()).toEqual(names.sort());
  };

  it('finds its standby again', async () => {
    await up();
    const { id } = only();
    await restart();
    expect(standing().map((one) => one.id)).toEqual([id]);
    expect(rig.manager.summary().standby).toEqual({ wanted: 1, ready: 1, reason: null });
    expectOneEach('Server 1', 'Server 2');
  });

  it('after a standby was renamed, and before anybody looked, finds it in its new slot', async () => {
    await up();
    const { id } = only();
    rig.runtime.onCall = (call) => {
      if (call === 'rename') rig.runtime.disturb = (next) => (next === 'list' ? 'hang' : undefined);
    };
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(10);
    expect(rig.runtime.one('S5').id).toBe(id);
    expect(rig.link.ready()).not.toContain('S5');
    await restart();
    expect(rig.view('S5').instance?.id).toBe(id);
    expectOneEach('Server 1', 'Server 2', 'S5');
  });

  it('before a standby was renamed, promotes it then', async () => {
    await up();
    const { id } = only();
    rig.runtime.disturb = (call) => (call === 'rename' ? 'hang' : undefined);
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(10);
    await restart();
    expectOneEach('Server 1', 'Server 2', 'S5');
    // A new balancer has not probed it yet when it sees the vacancy: whichever fills it first is right.
    expect([rig.view('S5').instance?.id, standing()[0]?.id]).toContain(id);
  });

  it('TRAPS 17: with a damaged state takes no standby for a replica', async () => {
    await up();
    writeFileSync(`${rig.stateDir}/state.json`, '{');
    await restart();
    expect(rig.manager.names()).toEqual(['Server 1', 'Server 2']);
    expectOneEach('Server 1', 'Server 2');
  });

  it('TRAPS 14: with another workload replaces a standby before it promotes it', async () => {
    await up();
    const { id } = only();
    rig.runtime.place({ slot: '-standby-2', specHash: 'another' });
    await restart();
    expect(standing().map((one) => one.id)).toEqual([id]);
  });
});

describe('a pool of local processes', () => {
  it('whose balancer was killed ends the standby of that one and has one of its own', async () => {
    await up({ runtime: new ScriptedRuntime(new FakeClock(), 'process') });
    const { id } = only();
    rig = await rig.kill9({ env: ENV });
    await rig.manager.start();
    await rig.pass(5000);
    expect(standing()).toHaveLength(1);
    expect(standing()[0]?.id).not.toBe(id);
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'ready' });
  });
});

describe('standbys that cannot be', () => {
  it('are refused at the start where each replica has a volume of its own', async () => {
    rig = await PoolRig.make({ env: ENV });
    rig.runtime.workload = {
      ...rig.runtime.workload,
      container: { mounts: [{ type: 'volume', source: 'data-{slot}', target: '/data', readOnly: false }] },
    };
    await expect(rig.manager.start()).rejects.toMatchObject({
      code: 'standby',
      message:
        'STANDBY="1" must be 0 for these replicas: /data is mounted from data-{slot}, which is another place for each replica, and mounts cannot change.',
    });
    expect(rig.runtime.world.size).toBe(0);
  });

  it('are not missed where nobody wants any', async () => {
    rig = await PoolRig.make({ env: { N: '1' } });
    const mounts = [{ type: 'volume', source: 'data-{slot}', target: '/data', readOnly: false } as const];
    rig.runtime.workload = { ...rig.runtime.workload, container: { mounts } };
    await rig.manager.start();
    await rig.pass(1000);
    expect(rig.states()).toEqual({ 'Server 1': 'ready' });
  });
});
