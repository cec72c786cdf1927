// The successor that is made while the engine has told of a death and does not show it yet: in time, and never beside the living.
import { afterEach, describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { PoolRig } from '../testing/pool-rig.js';

let rig: PoolRig;
afterEach(() => rig.dispose());

const S1 = 'Server 1';
const SLOW_LIST = 60;

async function up(env = {}): Promise<void> {
  rig = await PoolRig.up({ env });
  await rig.pass(15_000);
  rig.runtime.disturb = (call) => (call === 'list' ? { slow: SLOW_LIST } : undefined);
}
/** When a call was first made after `began`. */
const made = (call: string, began: number) =>
  (rig.runtime.calls.find((one) => one.call === call && one.at >= began)?.at ?? NaN) - began;
const of = (slot: string) => [...rig.runtime.world.values()].filter((one) => one.slot === slot);

describe('the successor of a replica whose death was told', () => {
  it('is made while the engine is still asked, started with its answer, and not before', async () => {
    await up();
    const began = rig.clock.now();
    rig.runtime.die(rig.runtime.one(S1).id);
    await rig.pass(200);
    expect([made('create', began), made('start', began)]).toEqual([0, SLOW_LIST]);
    await rig.pass(1000);
    expect(rig.view(S1)).toMatchObject({ state: 'ready', restarts: 1 });
    expect(rig.runtime.one(S1).generation).toBe(2);
    expect(of(S1)).toHaveLength(1);
  });

  it('that takes longer to make than the engine to answer is started as soon as it is made', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'create' ? { slow: 300 } : undefined);
    const began = rig.clock.now();
    rig.runtime.die(rig.runtime.one(S1).id);
    await rig.pass(1000);
    expect(made('start', began)).toBe(300);
    expect(rig.runtime.count('create')).toBe(4);
  });

  it('is removed unstarted when the death was none: the replica goes on as it was (TRAPS 11)', async () => {
    await up();
    const { id } = rig.runtime.one(S1);
    const began = rig.clock.now();
    rig.runtime.emit({ kind: 'died', instanceId: id });
    await rig.pass(5000);
    expect(made('create', began)).toBe(0);
    expect(made('start', began)).toBeNaN();
    expect(of(S1)).toEqual([rig.runtime.one(S1)]);
    expect(rig.view(S1)).toMatchObject({ state: 'ready', instance: { id } });
  });

  it('is not asked for again at once when the engine is in the way: an engine that fails is not hammered', async () => {
    await up();
    let asked = 0;
    const away = { error: new RuntimeError('unreachable', 'no engine') };
    // More than a few would go on for ever: no time passes between them.
    rig.runtime.disturb = (call) => (call === 'create' && ++asked < 50 ? away : undefined);
    rig.runtime.behaviour = 'mute';
    const { id } = rig.runtime.one(S1);
    rig.runtime.behaviours.set(id, 'mute');
    rig.runtime.emit({ kind: 'died', instanceId: id });
    await rig.pass(900);
    expect(asked).toBe(1);
  });

  it('is one for all that are told dead at once, however wrongly', async () => {
    await up();
    const ids = rig.runtime.running().map(({ id }) => id);
    let most = 0;
    rig.runtime.onCall = () => (most = Math.max(most, rig.runtime.world.size));
    for (const instanceId of ids) rig.runtime.emit({ kind: 'died', instanceId });
    await rig.pass(5000);
    expect(most).toBe(4);
    expect(rig.runtime.running().map(({ id }) => id)).toEqual(ids);
  });

  it.each([
    ['started', 'dead', true],
    ['removed', 'alive', false],
  ])('is %s by the next balancer when this one is killed and the predecessor is %s', async (_, _state, dead) => {
    await up();
    const { id } = rig.runtime.one(S1);
    if (dead) rig.runtime.die(id);
    else rig.runtime.emit({ kind: 'died', instanceId: id });
    await rig.pass(20);
    expect(of(S1).map(({ state }) => state)).toContain('created');
    rig = await rig.kill9();
    await rig.manager.start();
    await rig.pass(5000);
    expect(rig.view(S1).state).toBe('ready');
    expect(rig.runtime.one(S1).generation).toBe(dead ? 2 : 1);
    expect(of(S1)).toHaveLength(1);
  });

  it('goes with its replica when that is removed meanwhile', async () => {
    await up();
    const began = rig.clock.now();
    rig.runtime.die(rig.runtime.one(S1).id);
    await rig.pass(20);
    expect(of(S1).map(({ state }) => state)).toContain('created');
    await rig.manager.remove({ n: 1, hostnames: [S1] });
    await rig.pass(5000);
    expect(of(S1)).toEqual([]);
    expect(made('start', began)).toBeNaN();
    expect(rig.states()).toEqual({ 'Server 2': 'ready', 'Server 3': 'ready' });
  });

  it.each([true, false])('makes way for one of the kind that a deploy wants meanwhile (dead: %s)', async (dead) => {
    await up();
    const { id } = rig.runtime.one(S1);
    if (dead) rig.runtime.die(id);
    else rig.runtime.emit({ kind: 'died', instanceId: id });
    await rig.pass(20);
    const ahead = of(S1).find(({ state }) => state === 'created');
    expect(ahead).toBeDefined();
    await rig.manager.deploys.begin({ env: { COLOUR: 'green' } });
    await rig.pass(30_000);
    expect(rig.manager.deploys.view()).toMatchObject({ status: 'rolled-out' });
    expect(rig.states()).toEqual({ [S1]: 'ready', 'Server 2': 'ready', 'Server 3': 'ready' });
    expect(rig.runtime.world.size).toBe(3);
    expect(rig.manager.spec().running.map(({ matches }) => matches)).toEqual([true, true, true]);
  });

  it('waits, unstarted, while the engine is away, and serves once it is back; traffic to the living goes on', async () => {
    await up();
    rig.runtime.die(rig.runtime.one(S1).id);
    await rig.pass(20);
    const away = { error: new RuntimeError('unreachable', 'no engine') };
    rig.runtime.disturb = () => away;
    await rig.pass(10_000);
    expect(
      of(S1)
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['created', 'exited']);
    expect(rig.link.ready().sort()).toEqual(['Server 2', 'Server 3']);
    expect(rig.manager.summary().engine).toMatchObject({ status: 'unreachable' });
    rig.runtime.disturb = () => undefined;
    await rig.pass(10_000);
    expect(rig.view(S1)).toMatchObject({ state: 'ready', restarts: 1 });
    expect(of(S1)).toEqual([rig.runtime.one(S1)]);
  });

  it('is not made where a standby takes the place', async () => {
    await up({ STANDBY: '1' });
    const began = rig.clock.now();
    rig.runtime.die(rig.runtime.one(S1).id);
    await rig.pass(SLOW_LIST);
    expect(made('create', began)).toBeNaN();
    await rig.pass(5000);
    expect(rig.view(S1).state).toBe('ready');
    expect(rig.runtime.one(S1).generation).toBe(2);
  });
});
