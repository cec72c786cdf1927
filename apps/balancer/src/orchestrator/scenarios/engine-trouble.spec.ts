// An engine that hangs, fails or is away costs what it is needed for, and nothing else.
import { afterEach, describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';

let rig: PoolRig;
const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
const away = { error: new RuntimeError('unreachable', 'connect ECONNREFUSED') };
afterEach(() => rig.dispose());

describe('an engine that is away (TRAPS 10)', () => {
  it('is one state of the pool, and no replica’s death', async () => {
    await up();
    const tables = rig.link.tables.length;
    rig.runtime.disturb = () => away;
    rig.runtime.emit({ kind: 'resync' });
    await rig.pass(60_000);
    expect(rig.manager.summary().engine).toMatchObject({ status: 'unreachable', reason: 'connect ECONNREFUSED' });
    expect(Object.values(rig.states())).toEqual(Array(3).fill('ready'));
    expect(rig.link.tables).toHaveLength(tables);
    rig.runtime.disturb = () => undefined;
    await rig.pass(11_000);
    expect(rig.manager.summary().engine).toMatchObject({ status: 'ok', reason: null });
    expect(rig.runtime.count('create')).toBe(3);
  });

  it('takes no health from the replicas: probes go on, and so do ejections', async () => {
    await up();
    rig.runtime.disturb = () => away;
    rig.runtime.emit({ kind: 'resync' });
    const { id } = rig.runtime.one('Server 2');
    rig.runtime.behaviours.set(id, 'sick');
    await rig.pass(7000);
    expect(rig.link.stateOf(id)).toBe('unready');
    rig.runtime.behaviours.set(id, 'healthy');
    await rig.pass(3000);
    expect(rig.link.stateOf(id)).toBe('ready');
  });

  it('does not keep anybody from changing what is wanted; it is done when the engine is back', async () => {
    await up();
    rig.runtime.disturb = () => away;
    rig.runtime.emit({ kind: 'resync' });
    await rig.pass(100);
    await rig.manager.add({ n: 1, hostnames: ['S4'] });
    await rig.manager.remove({ n: 1, hostnames: ['Server 1'] });
    expect(rig.link.ready()).toEqual(['Server 2', 'Server 3']);
    expect(rig.view('S4').reason).toBe('the engine does not answer');
    rig.runtime.disturb = () => undefined;
    await rig.pass(15_000);
    expect(rig.states()).toEqual({ 'Server 2': 'ready', 'Server 3': 'ready', S4: 'ready' });
    expect(rig.runtime.running('Server 1')).toEqual([]);
  });

  it('sees deaths when it is back', async () => {
    await up();
    rig.runtime.disturb = () => away;
    rig.runtime.silent = true;
    rig.runtime.die(rig.runtime.one('Server 3').id);
    await rig.pass(20_000);
    rig.runtime.disturb = () => undefined;
    rig.runtime.silent = false;
    await rig.pass(12_000);
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'ready', 'Server 3': 'ready' });
  });
});

describe('a call that hangs (TRAPS 10)', () => {
  it('for listing is given up, and nothing freezes', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'list' ? 'hang' : undefined);
    rig.runtime.emit({ kind: 'resync' });
    await rig.pass(6000);
    expect(rig.manager.summary().engine).toMatchObject({
      status: 'unreachable',
      reason: 'listing the instances took longer than 5 s',
    });
    rig.runtime.disturb = () => undefined;
    await rig.pass(5000);
    expect(rig.manager.summary().engine.status).toBe('ok');
  });

  it('for making one replica keeps no other from being made', async () => {
    await up();
    rig.runtime.disturb = (call, subject) => (call === 'create' && subject === 'Server 1' ? 'hang' : undefined);
    rig.runtime.die(rig.runtime.one('Server 1').id);
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(1000);
    expect(rig.states()).toEqual({ 'Server 1': 'starting', 'Server 2': 'ready', 'Server 3': 'ready' });
    await rig.pass(20_000);
    expect(rig.runtime.calls.filter(({ call, subject }) => call === 'create' && subject === 'Server 1')).toHaveLength(
      2,
    );
    rig.runtime.disturb = () => undefined;
    await rig.pass(15_000);
    expect(rig.view('Server 1').state).toBe('ready');
  });

  it('for stopping one replica delays no respawn of another', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'stop' ? { slow: 30_000 } : undefined);
    await rig.manager.remove({ n: 1, hostnames: ['Server 1'] });
    await rig.pass(2000);
    expect(rig.runtime.count('stop')).toBe(1);
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(500);
    expect(rig.view('Server 2').state).toBe('ready');
  });

  it('for drains of 30 s delays no respawn of another', async () => {
    await up();
    rig.link.inFlight.set(rig.runtime.one('Server 1').id, 5);
    await rig.manager.remove({ n: 1, hostnames: ['Server 1'] });
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(500);
    expect(rig.view('Server 2').state).toBe('ready');
    expect(rig.runtime.running('Server 1')).toHaveLength(1);
  });

  it('and succeeds in the end makes no second instance', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'create' ? { slow: 40_000 } : undefined);
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(35_000);
    rig.runtime.disturb = () => undefined;
    await rig.pass(30_000);
    expect(rig.runtime.running('Server 2')).toHaveLength(1);
    expect([...rig.runtime.world.values()].filter(({ slot }) => slot === 'Server 2')).toHaveLength(1);
    expect(rig.view('Server 2').state).toBe('ready');
  });
});

describe('a call that fails (TRAPS 10)', () => {
  it('because the engine is away holds nothing against the replica', async () => {
    await up({ env: { CRASH_LOOP_LIMIT: '2' } });
    rig.runtime.disturb = (call) => (call === 'create' ? away : undefined);
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(30_000);
    expect(rig.view('Server 2').state).not.toBe('quarantined');
    rig.runtime.disturb = () => undefined;
    await rig.pass(2000);
    expect(rig.view('Server 2').state).toBe('ready');
  });

  it('in the last moments of an engine that is restarted holds nothing against the replica', async () => {
    await up({ env: { CRASH_LOOP_LIMIT: '3' } });
    const gone = { error: new RuntimeError('failed', 'failed to update store for object type *libnetwork.endpoint') };
    rig.runtime.disturb = (call) => (call === 'start' ? gone : undefined);
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(3000);
    expect(rig.view('Server 2').state).toBe('quarantined');
    rig.runtime.disturb = () => away;
    rig.runtime.emit({ kind: 'resync' });
    await rig.pass(5000);
    expect(rig.view('Server 2')).toMatchObject({ state: 'starting', reason: 'the engine does not answer' });
    rig.runtime.disturb = () => undefined;
    await rig.pass(12_000);
    expect(rig.view('Server 2').state).toBe('ready');
  });

  it('long before the engine went away goes on to count, and so do replicas that start and die', async () => {
    await up({ env: { CRASH_LOOP_LIMIT: '3' } });
    const refused = { error: new RuntimeError('failed', 'the port is taken') };
    rig.runtime.disturb = (call) => (call === 'start' ? refused : undefined);
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(60_000);
    rig.runtime.disturb = () => undefined;
    for (let n = 0; n < 4; n++) {
      rig.runtime.die(rig.runtime.one('Server 3').id);
      await rig.pass(1000);
    }
    rig.runtime.disturb = () => away;
    rig.runtime.emit({ kind: 'resync' });
    await rig.pass(1000);
    rig.runtime.disturb = () => undefined;
    await rig.pass(12_000);
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'quarantined', 'Server 3': 'quarantined' });
  });

  it('for stopping is tried again, and not at speed', async () => {
    await up();
    rig.runtime.disturb = (call) =>
      call === 'stop' ? { error: new RuntimeError('failed', 'cannot stop') } : undefined;
    await rig.manager.remove({ n: 1, hostnames: ['Server 1'] });
    await rig.pass(10_000);
    expect(rig.runtime.count('stop')).toBeGreaterThan(3);
    expect(rig.runtime.count('stop')).toBeLessThan(15);
    rig.runtime.disturb = () => undefined;
    await rig.pass(3000);
    expect(rig.runtime.running('Server 1')).toEqual([]);
  });
});

describe('a list that comes late (TRAPS 11)', () => {
  it('and is older than an action’s end makes nothing twice and kills nobody', async () => {
    await up();
    let asked = 0;
    // Every second list takes so long that instances are made and started while it is under way.
    rig.runtime.disturb = (call) => (call === 'list' && ++asked % 2 === 0 ? { slow: 400 } : undefined);
    await rig.manager.add({ n: 2, hostnames: ['S4', 'S5'] });
    for (let i = 0; i < 40; i++) {
      rig.runtime.emit({ kind: 'changed' });
      await rig.pass(50);
    }
    rig.runtime.die(rig.runtime.one('S4').id);
    for (let i = 0; i < 40; i++) {
      rig.runtime.emit({ kind: 'changed' });
      await rig.pass(50);
    }
    expect(rig.runtime.count('create')).toBe(6);
    expect(rig.view('S4').lastExit).toMatchObject({ code: 1 });
    expect(rig.view('S5')).toMatchObject({ state: 'ready', lastExit: null });
    expect(rig.runtime.one('S4').generation).toBe(2);
  });
});
