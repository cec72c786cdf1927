// What operators and machines do to replicas behind the balancer's back, each with its stated outcome.
import { afterEach, describe, expect, it } from '@jest/globals';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';

let rig: PoolRig;
const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
const allReady = { 'Server 1': 'ready', 'Server 2': 'ready', 'Server 3': 'ready' };
afterEach(() => rig.dispose());

describe('by hand (TRAPS 8, 12)', () => {
  it('a stop signal ejects at once, and the successor comes when it has died', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.runtime.emit({ kind: 'stopping', instanceId: id });
    expect(rig.link.stateOf(id)).toBe('unready');
    await rig.pass(8000);
    expect(rig.link.stateOf(id)).toBe('unready');
    rig.runtime.die(id, { code: 0, signal: null, oom: false, at: 0 });
    await rig.pass(500);
    expect(rig.runtime.one('Server 2').generation).toBe(2);
    expect(rig.states()).toEqual(allReady);
  });

  it('a stop signal that is survived ends in serving again', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.runtime.emit({ kind: 'stopping', instanceId: id });
    await rig.pass(13_500);
    expect(rig.link.stateOf(id)).toBe('ready');
    expect(rig.runtime.count('create')).toBe(3);
  });

  it('another signal changes nothing', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.runtime.emit({ kind: 'changed', instanceId: id });
    await rig.pass(1000);
    expect(rig.link.stateOf(id)).toBe('ready');
  });

  it('a death that was none ends in serving again after the next probe', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.runtime.emit({ kind: 'died', instanceId: id });
    expect(rig.link.stateOf(id)).toBe('unready');
    await rig.pass(200);
    expect(rig.link.stateOf(id)).toBe('ready');
  });

  it('a pause ejects and says so; unpaused it serves again', async () => {
    await up();
    const instance = rig.runtime.one('Server 2');
    instance.state = 'paused';
    rig.runtime.emit({ kind: 'changed', instanceId: instance.id });
    await rig.pass(100);
    expect(rig.link.stateOf(instance.id)).toBe('unready');
    expect(rig.view('Server 2')).toMatchObject({ state: 'unready', reason: 'it is paused by hand' });
    instance.state = 'running';
    rig.runtime.emit({ kind: 'changed', instanceId: instance.id });
    await rig.pass(100);
    expect(rig.link.stateOf(instance.id)).toBe('ready');
  });

  it('a pause that lasts is answered like any ill health', async () => {
    await up();
    const instance = rig.runtime.one('Server 2');
    instance.state = 'paused';
    rig.runtime.emit({ kind: 'changed', instanceId: instance.id });
    await rig.pass(60_000);
    expect(rig.runtime.one('Server 2').generation).toBe(2);
    expect(rig.runtime.world.has(instance.id)).toBe(false);
  });

  it('a restart, even to another address, serves only after a new probe', async () => {
    await up();
    const instance = rig.runtime.one('Server 2');
    rig.runtime.behaviours.set(instance.id, 'sick');
    instance.startedAt = rig.clock.wall();
    instance.address = { host: '10.0.0.9', port: 9999 };
    rig.runtime.emit({ kind: 'changed', instanceId: instance.id });
    await rig.pass(500);
    expect(rig.link.stateOf(instance.id)).toBeUndefined();
    expect(rig.view('Server 2').state).toBe('starting');
    rig.runtime.behaviours.set(instance.id, 'healthy');
    await rig.pass(1000);
    expect(rig.link.table.instances).toContainEqual(
      expect.objectContaining({ id: instance.id, host: '10.0.0.9', port: 9999, state: 'ready' }),
    );
  });

  it('a removal is a death', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    await rig.runtime.remove(id);
    await rig.pass(500);
    expect(rig.runtime.one('Server 2').generation).toBe(2);
    expect(rig.view('Server 2').lastExit).toMatchObject({
      code: null,
      reason: expect.stringContaining('removed by hand'),
    });
  });

  it('a rename to something unreadable costs the instance its place', async () => {
    await up();
    const instance = rig.runtime.one('Server 2');
    instance.slot = '';
    rig.runtime.emit({ kind: 'changed', instanceId: instance.id });
    await rig.pass(3000);
    expect(rig.runtime.world.has(instance.id)).toBe(false);
    expect(rig.runtime.one('Server 2').generation).toBe(2);
  });

  it('a container of the pool that nobody wants is stopped at once', async () => {
    await up();
    rig.runtime.place({ slot: 'stranger' });
    rig.runtime.emit({ kind: 'changed' });
    await rig.pass(100);
    expect(rig.runtime.running('stranger')).toEqual([]);
  });

  it('a second instance in a slot, of a higher generation, takes over; the other leaves', async () => {
    await up();
    const first = rig.runtime.one('Server 2');
    const second = rig.runtime.place({ slot: 'Server 2', generation: 9, specHash: first.specHash });
    rig.runtime.emit({ kind: 'changed' });
    await rig.pass(3000);
    expect(rig.runtime.one('Server 2').id).toBe(second.id);
    expect(rig.link.stateOf(second.id)).toBe('ready');
  });
});

describe('the clock (TRAPS 16)', () => {
  it.each([3_600_000, -3_600_000])('of the machine set by %i ms changes nothing', async (shift) => {
    await up();
    const before = { tables: rig.link.tables.length, calls: rig.runtime.count('create') + rig.runtime.count('stop') };
    rig.clock.shiftWall(shift);
    await rig.pass(60_000);
    expect({ tables: rig.link.tables.length, calls: rig.runtime.count('create') + rig.runtime.count('stop') }).toEqual(
      before,
    );
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(1000);
    expect(rig.states()).toEqual(allReady);
  });

  it('of a machine that slept for ten minutes ejects and quarantines nobody, and drains finish', async () => {
    await up();
    const { id } = rig.runtime.one('Server 3');
    rig.runtime.behaviours.set(rig.runtime.one('Server 1').id, 'sick');
    await rig.pass(10_000);
    rig.link.inFlight.set(id, 1);
    await rig.manager.remove({ n: 1, hostnames: ['Server 3'] });
    rig.clock.suspend(600_000);
    await rig.pass(1500);
    expect(rig.states()).toEqual({ 'Server 1': 'unready', 'Server 2': 'ready' });
    expect(rig.runtime.count('create')).toBe(3);
    expect(rig.runtime.world.has(id)).toBe(false);
  });
});
