// The pool under a scripted engine and fake time: birth, death, backoff, quarantine, ill health.
import { afterEach, describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';

let rig: PoolRig;
const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
const allReady = { 'Server 1': 'ready', 'Server 2': 'ready', 'Server 3': 'ready' };
afterEach(() => rig.dispose());

describe('a pool', () => {
  it('comes up with N replicas that serve', async () => {
    await up();
    expect(rig.manager.names()).toEqual(['Server 1', 'Server 2', 'Server 3']);
    expect(rig.states()).toEqual(allReady);
    expect(rig.link.ready()).toEqual(['Server 1', 'Server 2', 'Server 3']);
    expect(rig.link.table.members.map(({ name }) => name)).toEqual(['Server 1', 'Server 2', 'Server 3']);
  });

  it('publishes its ring before anybody is ready, and nobody before its probe passed', async () => {
    rig = await PoolRig.make();
    rig.runtime.behaviour = 'sick';
    await rig.manager.start();
    await rig.pass(5000);
    expect(rig.link.table).toMatchObject({
      members: [{ name: 'Server 1' }, { name: 'Server 2' }, { name: 'Server 3' }],
      instances: [],
    });
    expect(rig.manager.isReady()).toBe(false);
    expect(rig.view('Server 1')).toMatchObject({ state: 'starting', reason: 'its probe fails: it answered 500' });
  });

  it('starts two instances at a time', async () => {
    rig = await PoolRig.make({ env: { N: '6' } });
    rig.runtime.disturb = (call) => (call === 'create' ? { slow: 1000 } : undefined);
    await rig.manager.start();
    await rig.pass(500);
    expect(rig.runtime.count('create')).toBe(2);
    await rig.pass(5000);
    expect(Object.values(rig.states())).toEqual(Array(6).fill('ready'));
  });

  it('may have nobody, and answers for it', async () => {
    await up({ env: { N: '0' } });
    expect(rig.manager.names()).toEqual([]);
    expect(rig.manager.isReady()).toBe(false);
    expect(rig.link.table).toMatchObject({ members: [], instances: [] });
  });

  it('is at rest when all is well: nothing is published, made or stopped', async () => {
    await up();
    const before = {
      tables: rig.link.tables.length,
      creates: rig.runtime.count('create'),
      stops: rig.runtime.count('stop'),
    };
    await rig.pass(600_000);
    expect({
      tables: rig.link.tables.length,
      creates: rig.runtime.count('create'),
      stops: rig.runtime.count('stop'),
    }).toEqual(before);
  });
});

describe('a dead replica', () => {
  it('is replaced in its own slot, and says how it ended', async () => {
    await up();
    const dead = rig.runtime.one('Server 2');
    rig.runtime.die(dead.id, { code: 137, signal: null, oom: true, at: rig.clock.wall() });
    await rig.pass(1000);
    expect(rig.states()).toEqual(allReady);
    expect(rig.runtime.one('Server 2')).toMatchObject({ generation: 2 });
    expect(rig.runtime.world.has(dead.id)).toBe(false);
    expect(rig.view('Server 2')).toMatchObject({
      restarts: 1,
      lastExit: {
        code: 137,
        oom: true,
        reason: 'it ran out of memory and was killed',
        lastLines: [`last words of ${dead.id}`],
      },
    });
    expect(rig.view('Server 1')).toMatchObject({ restarts: 0, lastExit: null });
  });

  it('stays on the ring while it is away: no key moves for good', async () => {
    await up();
    const digest = rig.manager.summary().digest;
    rig.runtime.disturb = (call) => (call === 'create' ? 'hang' : undefined);
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(1000);
    expect(rig.manager.names()).toEqual(['Server 1', 'Server 2', 'Server 3']);
    expect(rig.link.ready()).toEqual(['Server 1', 'Server 3']);
    expect(rig.link.table.members).toHaveLength(3);
    expect(rig.manager.summary().digest).toBe(digest);
  });

  it('leaves the table when its death is reported, before any list', async () => {
    await up();
    const { id } = rig.runtime.one('Server 1');
    rig.runtime.disturb = (call) => (call === 'list' ? 'hang' : undefined);
    rig.runtime.die(id);
    expect(rig.link.stateOf(id)).toBe('unready');
  });

  it('is noticed within one resync when its event is lost (TRAPS 11)', async () => {
    await up();
    rig.runtime.silent = true;
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(10_500);
    expect(rig.states()).toEqual(allReady);
    expect(rig.runtime.one('Server 2').generation).toBe(2);
  });

  it('is replaced once, however often its death is reported (TRAPS 11)', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.runtime.die(id);
    for (let i = 0; i < 50; i++) rig.runtime.emit({ kind: 'died', instanceId: id });
    await rig.pass(1000);
    rig.runtime.emit({ kind: 'died', instanceId: id });
    await rig.pass(1000);
    expect(rig.runtime.one('Server 2').generation).toBe(2);
    expect(rig.runtime.count('create')).toBe(4);
  });

  it('waits longer after each try while it dies young, and serves again once it can', async () => {
    await up();
    rig.runtime.disturb = (call, id) => {
      if (call === 'start') queueMicrotask(() => queueMicrotask(() => rig.runtime.die(id)));
      return undefined;
    };
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(400);
    expect(rig.view('Server 2').state).toBe('backing-off');
    expect(rig.view('Server 2').reason).toContain('exited with code 1');
    rig.runtime.disturb = () => undefined;
    await rig.pass(2000);
    expect(rig.states()).toEqual(allReady);
  });

  it('is quarantined after CRASH_LOOP_LIMIT young deaths, with the reason and its last words', async () => {
    await up({ env: { CRASH_LOOP_LIMIT: '3' } });
    rig.runtime.behaviour = 'sick';
    for (let i = 0; i < 40; i++) {
      for (const { id } of rig.runtime.running('Server 2'))
        rig.runtime.die(id, { code: 7, signal: null, oom: false, at: 0 });
      await rig.pass(100);
    }
    expect(rig.view('Server 2')).toMatchObject({
      state: 'quarantined',
      instance: null,
      reason: 'died 3 times within 60 s, last: it exited with code 7',
      lastExit: { code: 7, lastLines: [expect.stringContaining('last words')] },
    });
    const made = rig.runtime.count('create');
    await rig.pass(600_000);
    expect(rig.runtime.count('create')).toBe(made);
  });

  it('leaves quarantine by being removed and added again', async () => {
    await up();
    rig.runtime.disturb = (call, subject) =>
      call === 'create' && subject === 'S4'
        ? { error: new RuntimeError('image_missing', 'no such image: app:1') }
        : undefined;
    await rig.manager.add({ n: 1, hostnames: ['S4'] });
    await rig.pass(1000);
    expect(rig.view('S4')).toMatchObject({
      state: 'quarantined',
      reason: 'no such image: app:1; trying again cannot help',
    });
    expect(rig.runtime.calls.filter(({ call, subject }) => call === 'create' && subject === 'S4')).toHaveLength(1);
    await rig.manager.remove({ n: 1, hostnames: ['S4'] });
    rig.runtime.disturb = () => undefined;
    await rig.manager.add({ n: 1, hostnames: ['S4'] });
    await rig.pass(1000);
    expect(rig.view('S4').state).toBe('ready');
  });

  it('that cannot be started is removed and made anew with the next generation', async () => {
    await up();
    let refusals = 1;
    rig.runtime.disturb = (call) =>
      call === 'start' && refusals-- > 0 ? { error: new RuntimeError('failed', 'no space for a network') } : undefined;
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(2000);
    expect(rig.runtime.one('Server 2').generation).toBe(3);
    expect([...rig.runtime.world.values()].filter(({ slot }) => slot === 'Server 2')).toHaveLength(1);
  });
});

describe('an address that is used again at once (TRAPS 3)', () => {
  it('gets no new holder before the data plane has let go of the dead one', async () => {
    await up();
    rig.link.acknowledges = false;
    for (const slot of ['Server 1', 'Server 2']) rig.runtime.die(rig.runtime.one(slot).id);
    await rig.pass(1000);
    expect(rig.runtime.count('start')).toBe(3);
    expect(rig.view('Server 1').reason).toContain('dead replica’s address');
    rig.link.acknowledge();
    await rig.pass(1000);
    expect(rig.runtime.count('start')).toBe(5);
  });

  it('is not held for ever by a data plane that does not answer', async () => {
    await up();
    rig.link.acknowledges = false;
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(4000);
    expect(rig.runtime.one('Server 1').generation).toBe(2);
  });

  it('is held by nobody when no data process runs', async () => {
    await up();
    rig.link.acknowledges = false;
    rig.link.connect(false);
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(500);
    expect(rig.runtime.one('Server 1').generation).toBe(2);
  });
});

describe('an unwell replica', () => {
  it('is ejected after HEALTH_FAIL fails, and serves again when it passes', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.runtime.behaviours.set(id, 'sick');
    await rig.pass(900);
    expect(rig.link.stateOf(id)).toBe('ready');
    await rig.pass(2000);
    expect(rig.link.stateOf(id)).toBe('unready');
    expect(rig.view('Server 2')).toMatchObject({ state: 'unready', reason: 'its probe fails: it answered 500' });
    rig.runtime.behaviours.set(id, 'healthy');
    await rig.pass(2200);
    expect(rig.link.stateOf(id)).toBe('ready');
  });

  it('is probed at once when the data plane saw something', async () => {
    await up({ env: { HEALTH_FAIL: '1', HEALTH_INTERVAL: '1m' } });
    const { id } = rig.runtime.one('Server 2');
    rig.runtime.behaviours.set(id, 'sick');
    rig.link.outcome(id, 'connect_failed');
    await rig.pass(150);
    expect(rig.link.stateOf(id)).toBe('unready');
  });

  it('is drained and replaced after RESTART_UNHEALTHY_AFTER, which counts as a death', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.link.inFlight.set(id, 1);
    rig.runtime.behaviours.set(id, 'mute');
    await rig.pass(41_000);
    expect(rig.link.stateOf(id)).toBe('draining');
    expect(rig.view('Server 2')).toMatchObject({
      state: 'ready',
      restarts: 1,
      lastExit: { reason: expect.stringContaining('was unhealthy for 30 s') },
    });
    rig.link.quiet(id);
    await rig.pass(1000);
    expect(rig.runtime.world.has(id)).toBe(false);
  });

  it('that never becomes ready is replaced, and in the end quarantined', async () => {
    await up({ env: { CRASH_LOOP_LIMIT: '2', CRASH_LOOP_WINDOW: '5m' } });
    rig.runtime.behaviour = 'sick';
    await rig.manager.add({ n: 1, hostnames: ['S4'] });
    await rig.pass(100_000);
    expect(rig.view('S4')).toMatchObject({
      state: 'quarantined',
      reason: expect.stringContaining('it was not ready for 30 s: its probe fails: it answered 500'),
    });
    expect(rig.runtime.running('S4')).toEqual([]);
  });
});
