// How fast a whole pool makes instances: a start is not slowed, a pool that crashes as a whole is.
import { afterEach, describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';
import type { Behaviour } from '../testing/scripted-runtime.js';

let rig: PoolRig;
const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
const births = () => rig.runtime.calls.filter(({ call }) => call === 'create').map(({ at }) => at);
afterEach(() => rig.dispose());

describe('a pool', () => {
  it('of three replicas starts as fast as two at a time can, and so does a single crash', async () => {
    rig = await PoolRig.make();
    rig.runtime.disturb = (call) => (call === 'start' ? { slow: 300 } : undefined);
    await rig.manager.start();
    await rig.pass(610);
    expect(rig.link.ready()).toHaveLength(3);
    await rig.pass(20_000);
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(310);
    expect(rig.states()).toMatchObject({ 'Server 1': 'ready' });
  });

  it('of crashing replicas makes no more than SPAWN_RATE allows, and says so, until it has recovered', async () => {
    await up({ env: { N: '20', SPAWN_RATE: '10', CRASH_LOOP_LIMIT: '1000', MAX_REPLICAS: '64', STANDBY: '2' } });
    const began = rig.clock.now();
    let starved = false;
    for (let second = 0; second < 60; second++) {
      for (const { id } of rig.runtime.running()) rig.runtime.die(id);
      await rig.pass(1000);
      starved ||= rig.manager.replicas().some(({ reason }) => /SPAWN_RATE/.test(reason ?? ''));
    }
    expect(births().filter((at) => at > began).length).toBeLessThanOrEqual(70);
    expect(starved).toBe(true);
    await rig.pass(60_000);
    expect(new Set(Object.values(rig.states()))).toEqual(new Set(['ready']));
    expect(rig.manager.summary().standby).toEqual({ wanted: 2, ready: 2, reason: null });
  });

  it('reads the last lines of a dead instance and removes it once its successor serves, and waits for none that does not', async () => {
    await up();
    await rig.pass(15_000);
    const removedAfter = async (start: 'hang' | { slow: number }, behaviour: Behaviour = 'healthy') => {
      rig.runtime.disturb = (call) => (call === 'start' ? start : undefined);
      rig.runtime.behaviour = behaviour;
      const { id } = rig.runtime.one('Server 1');
      const began = rig.clock.now();
      rig.runtime.die(id);
      if (behaviour === 'sick') {
        await rig.pass(1200);
        for (const instance of rig.runtime.running()) rig.runtime.behaviours.set(instance.id, 'healthy');
      }
      await rig.pass(20_000);
      const at = (wanted: string) =>
        (rig.runtime.calls.find(({ call, subject }) => call === wanted && subject === id)?.at ?? NaN) - began;
      expect(at('logs')).toBe(at('remove'));
      return at('remove');
    };
    expect(await removedAfter({ slow: 700 })).toBe(700);
    const late = await removedAfter({ slow: 700 }, 'sick');
    expect(late).toBeGreaterThanOrEqual(1200);
    expect(late).toBeLessThan(1300);
    expect(await removedAfter('hang')).toBe(2000);
  });

  it('makes one at a time after a failure, and two again after a success', async () => {
    await up({ env: { N: '4' } });
    await rig.pass(15_000);
    let inMaking = 0;
    let most = 0;
    rig.runtime.disturb = (call) => {
      if (call !== 'start') return undefined;
      most = Math.max(most, ++inMaking);
      rig.clock.after(100, () => inMaking--);
      return { slow: 100 };
    };
    const { disturb } = rig.runtime;
    rig.runtime.disturb = (call) =>
      call === 'create' ? { error: new RuntimeError('failed', 'no room') } : disturb(call, '');
    for (const { id } of rig.runtime.running()) rig.runtime.die(id);
    await rig.pass(50);
    rig.runtime.disturb = disturb;
    await rig.pass(140);
    expect(most).toBe(1);
    await rig.pass(5000);
    expect(new Set(Object.values(rig.states()))).toEqual(new Set(['ready']));
  });
});
