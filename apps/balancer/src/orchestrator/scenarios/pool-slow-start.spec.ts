// Slow start in the whole pool: who has one, what is published meanwhile, and what operators see of it.
import { afterEach, describe, expect, it } from '@jest/globals';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';

let rig: PoolRig;
const up = async (env: RigOptions['env'] = {}) => (rig = await PoolRig.up({ env: { SLOW_START: '10s', ...env } }));
const add = (name = 'N') => rig.manager.add({ n: 1, hostnames: [name] });
/** In the table in force, by replica. */
const published = () =>
  Object.fromEntries(
    rig.link.table.instances.flatMap(({ replica, ramp }) => (ramp === undefined ? [] : [[replica, ramp]])),
  );
afterEach(() => rig.dispose());

describe('a pool with SLOW_START (TRAPS 24)', () => {
  it('starts up at once: its first replicas, a respawn and a restart take all of their keys', async () => {
    await up();
    expect(published()).toEqual({});
    rig.runtime.die(rig.view('Server 1').instance!.id);
    await rig.pass(1000);
    await rig.manager.life.restart('Server 2');
    await rig.pass(1000);
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'ready', 'Server 3': 'ready' });
    expect(rig.link.tables.flatMap(({ instances }) => instances).every(({ ramp }) => ramp === undefined)).toBe(true);
  });

  it('lets a replica that /add brought take its keys step by step, from its first passed probe on', async () => {
    await up();
    rig.runtime.behaviour = 'sick';
    await add();
    await rig.pass(5000);
    expect(rig.view('N')).toMatchObject({ state: 'starting', ramp: null });
    rig.runtime.behaviours.set(rig.runtime.one('N').id, 'healthy');
    await rig.pass(2100);
    const epochs = rig.link.tables.length;
    const first = rig.view('N').ramp!;
    expect(rig.view('N')).toMatchObject({ state: 'ready', weight: 1 });
    expect(published()).toEqual({ N: first });
    await rig.pass(5000);
    expect(rig.view('N').ramp).toBeGreaterThan(first);
    expect(published()).toEqual({ N: rig.view('N').ramp });
    await rig.pass(5000);
    expect(rig.view('N')).toMatchObject({ state: 'ready', ramp: null });
    expect(published()).toEqual({});
    expect(rig.link.tables.length - epochs).toBeLessThanOrEqual(20);
  });

  it('changes neither digest nor shares nor history of the ring while it lasts', async () => {
    await up();
    await add();
    await rig.pass(500);
    const { rings } = rig.manager;
    const [during, history] = [rings.ring(), rings.history()];
    expect(rig.view('N').ramp).not.toBeNull();
    await rig.pass(20_000);
    expect(rig.view('N').ramp).toBeNull();
    const { digest, members } = rings.ring();
    expect({ digest, members }).toEqual({ digest: during.digest, members: during.members });
    expect(rings.history()).toEqual(history);
  });

  it('tells where a key goes: to the next candidate until the newcomer takes it', async () => {
    await up();
    await add();
    await rig.pass(500);
    const route = (key: string) => rig.manager.rings.route({ key }).candidates;
    const keys = Array.from({ length: 400 }, (_, i) => `user-${i}`).filter((key) => route(key)[0].name === 'N');
    const waiting = keys.filter((key) => !route(key)[0].eligible);
    expect(waiting.length).toBeGreaterThan(keys.length / 2);
    for (const key of waiting) {
      expect(route(key)[0].reason).toBe('in its slow start: it takes 5 % of its keys, and not this one yet');
      expect(route(key)[1]).toMatchObject({ eligible: true, reason: 'ready' });
    }
    await rig.pass(10_000);
    for (const key of keys) expect(route(key)[0]).toEqual({ name: 'N', eligible: true, reason: 'ready' });
  });

  it('tells whoever follows the pool of each step', async () => {
    await up();
    await add();
    await rig.pass(200);
    let told = 0;
    const end = rig.manager.onChange(() => told++);
    await rig.pass(10_000);
    end();
    expect(told).toBe(19);
  });

  it('ends with the balancer: after a restart the newcomer takes all of its keys', async () => {
    await up();
    await add();
    await rig.pass(500);
    expect(rig.view('N').ramp).not.toBeNull();
    rig = await rig.kill9({ env: { SLOW_START: '10s' } });
    await rig.manager.start();
    await rig.pass(1000);
    expect(rig.view('N')).toMatchObject({ state: 'ready', ramp: null });
    expect(published()).toEqual({});
  });

  it('finishes though the machine slept, or its clock was set (TRAPS 16)', async () => {
    await up();
    await add();
    await rig.pass(500);
    rig.clock.shiftWall(-3_600_000);
    rig.clock.suspend(600_000);
    await rig.pass(5000);
    expect(rig.view('N')).toMatchObject({ state: 'ready', ramp: null });
  });

  it('is off unless it is asked for', async () => {
    await up({ SLOW_START: '0s' });
    await add();
    await rig.pass(200);
    expect(rig.view('N')).toMatchObject({ state: 'ready', ramp: null });
    expect(published()).toEqual({});
  });
});
