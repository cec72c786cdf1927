// What operators ask of one replica, from the call to the table in force: drained, taken back, restarted, weighed, and what is
// kept of its deaths. Scripted replicas and data plane, fake time.
import { afterEach, describe, expect, it } from '@jest/globals';
import { PoolRig } from '../testing/pool-rig.js';
import { ScriptedRuntime } from '../testing/scripted-runtime.js';
import { FakeClock } from '../testing/fake-clock.js';

let rig: PoolRig;
afterEach(() => rig.dispose());

const S1 = 'Server 1';
const S2 = 'Server 2';
const idOf = (name: string) => rig.view(name).instance?.id ?? '';
const refusal = async (call: Promise<unknown>) => call.then(() => 'done').catch(({ code }: { code: string }) => code);

describe('a drained replica', () => {
  it('gets nothing new from the answer on, finishes what it has, and its instance runs on', async () => {
    rig = await PoolRig.up();
    const id = idOf(S1);
    const digest = rig.manager.summary().digest;
    rig.link.inFlight.set(id, 2);
    await rig.manager.life.drain(S1);
    expect(rig.link.ready()).toEqual([S2, 'Server 3']);
    await rig.pass(120_000);
    expect(rig.view(S1)).toMatchObject({ state: 'draining', wanted: 'drained', inFlight: 2, instance: { id } });
    rig.link.quiet(id);
    expect(rig.view(S1)).toMatchObject({ state: 'drained', reason: 'drained by an operator', inFlight: 0 });
    await rig.pass(120_000);
    expect(rig.runtime.one(S1).id).toBe(id);
    expect(rig.runtime.count('stop')).toBe(0);
    expect(rig.manager.summary()).toMatchObject({ digest, desired: 3, ready: 2 });
  });

  it('is known to be drained by the counters when nobody says that it is quiet', async () => {
    rig = await PoolRig.up();
    await rig.manager.life.drain(S1);
    expect(rig.states()[S1]).toBe('draining');
    await rig.pass(2100);
    expect(rig.states()[S1]).toBe('drained');
  });

  it('is not taken for drained by counters that are older than its drain', async () => {
    rig = await PoolRig.up();
    await rig.manager.life.drain(S1);
    await rig.pass(5000);
    await rig.manager.life.undrain(S1);
    await rig.pass(5000);
    await rig.manager.life.drain(S1);
    expect(rig.states()[S1]).toBe('draining');
    await rig.pass(2100);
    expect(rig.states()[S1]).toBe('drained');
  });

  it('serves again after an undrain, once it has passed a probe since', async () => {
    rig = await PoolRig.up();
    const id = idOf(S1);
    await rig.manager.life.drain(S1);
    await rig.pass(5000);
    rig.runtime.behaviours.set(id, 'sick');
    await rig.manager.life.undrain(S1);
    await rig.pass(1000);
    expect(rig.link.ready()).not.toContain(S1);
    rig.runtime.behaviours.set(id, 'healthy');
    await rig.pass(5000);
    expect(rig.link.ready()).toContain(S1);
    expect(rig.view(S1)).toMatchObject({ state: 'ready', wanted: 'serving', instance: { id } });
  });

  it('may be drained and taken back again and again, and a late word of the data plane does not end a later drain', async () => {
    rig = await PoolRig.up();
    const id = idOf(S1);
    for (let round = 0; round < 3; round++) {
      rig.link.inFlight.set(id, 1);
      await rig.manager.life.drain(S1);
      rig.link.quiet(id);
      await rig.manager.life.undrain(S1);
      await rig.pass(3000);
      expect(rig.states()[S1]).toBe('ready');
    }
    rig.link.quiet(id);
    rig.link.inFlight.set(id, 1);
    await rig.manager.remove({ n: 1, hostnames: [S1] });
    await rig.pass(5000);
    expect(rig.runtime.count('stop')).toBe(0);
  });

  it('is not replaced for being unwell, and has its full time to recover after an undrain', async () => {
    rig = await PoolRig.up({ env: { RESTART_UNHEALTHY_AFTER: '30s' } });
    const id = idOf(S1);
    await rig.manager.life.drain(S1);
    rig.runtime.behaviours.set(id, 'sick');
    await rig.pass(300_000);
    expect(rig.view(S1)).toMatchObject({ state: 'drained', reason: expect.stringContaining('its probe fails') });
    await rig.manager.life.undrain(S1);
    await rig.pass(20_000);
    expect(rig.runtime.one(S1).id).toBe(id);
    await rig.pass(60_000);
    expect(rig.runtime.one(S1).id).not.toBe(id);
  });

  it('stays drained when its instance dies', async () => {
    rig = await PoolRig.up();
    const id = idOf(S1);
    await rig.manager.life.drain(S1);
    rig.runtime.die(id);
    await rig.pass(30_000);
    expect(rig.view(S1)).toMatchObject({ state: 'drained', restarts: 1 });
    expect(idOf(S1)).not.toBe(id);
    expect(rig.link.tables.flatMap(({ instances }) => instances.map((one) => one.id))).not.toContain(idOf(S1));
  });

  it('stays drained when the balancer is killed', async () => {
    rig = await PoolRig.up();
    await rig.manager.life.drain(S1);
    rig = await rig.kill9();
    await rig.manager.start();
    await rig.pass(5000);
    expect(rig.view(S1)).toMatchObject({ state: 'drained', wanted: 'drained' });
    expect(rig.link.tables.flatMap(({ instances }) => instances.map(({ replica }) => replica))).not.toContain(S1);
  });

  it('is no wish any more once it was removed: added again its name serves', async () => {
    rig = await PoolRig.up();
    await rig.manager.life.drain(S1);
    await rig.manager.remove({ n: 1, hostnames: [S1] });
    await rig.manager.add({ n: 1, hostnames: [S1] });
    await rig.pass(60_000);
    expect(rig.view(S1)).toMatchObject({ state: 'ready', wanted: 'serving' });
  });

  it('is not the last that serves, unless forced; of two calls at once only the first is let through', async () => {
    rig = await PoolRig.up({ env: { N: '2' } });
    const outcomes = await Promise.all([S1, S2].map((name) => refusal(rig.manager.life.drain(name))));
    expect(outcomes).toEqual(['done', 'last_ready']);
    expect(rig.link.ready()).toEqual([S2]);
    await rig.manager.life.drain(S2, { force: true });
    expect(rig.link.ready()).toEqual([]);
    expect(rig.manager.isReady()).toBe(false);
  });

  it('ends a wait for it to be ready, since that would be in vain', async () => {
    rig = await PoolRig.up();
    await rig.manager.life.drain(S1);
    await expect(rig.manager.whenReady([S1])).rejects.toMatchObject({ code: 'drained', status: 409 });
  });

  it('is not drained when the disk refuses', async () => {
    let full = false;
    const { writeFileSync } = await import('node:fs');
    const writeFile = async (path: string, text: string) => {
      if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      writeFileSync(path, text);
    };
    rig = await PoolRig.up({ options: { writeFile } });
    full = true;
    const { life } = rig.manager;
    const calls = [life.drain(S1), life.restart(S1), life.setWeight(S1, 2)];
    expect(await Promise.all(calls.map(refusal))).toEqual(['storage', 'storage', 'storage']);
    expect(rig.view(S1)).toMatchObject({ state: 'ready', wanted: 'serving', weight: 1 });
    full = false;
  });
});

describe('a restart', () => {
  it('makes the successor first, then lets the predecessor finish, then stops it', async () => {
    rig = await PoolRig.up();
    const old = idOf(S1);
    rig.link.inFlight.set(old, 1);
    await rig.manager.life.restart(S1);
    expect(rig.link.ready()).toContain(S1);
    await rig.pass(3000);
    expect(rig.view(S1)).toMatchObject({ state: 'ready', restarts: 1, lastExit: null });
    expect(rig.link.stateOf(old)).toBe('draining');
    expect(rig.runtime.count('stop')).toBe(0);
    rig.link.quiet(old);
    await rig.pass(1000);
    expect(rig.runtime.world.has(old)).toBe(false);
    for (const { instances } of rig.link.tables.slice(6))
      expect(instances.filter(({ replica, state }) => replica === S1 && state === 'ready').length).toBe(1);
  });

  it('of all takes them one at a time: never more than one instance beyond what is wanted comes up', async () => {
    rig = await PoolRig.up();
    const before = [...rig.runtime.world.keys()];
    for (const name of rig.manager.names()) await rig.manager.life.restart(name);
    for (let step = 0; step < 200; step++) {
      await rig.pass(20);
      const living = [...rig.runtime.world.values()].filter(({ state }) => state !== 'exited');
      const leaving = living.filter(({ id }) => rig.link.stateOf(id) === 'draining');
      expect(living.length - leaving.length).toBeLessThanOrEqual(4);
      expect(rig.link.ready().length).toBe(3);
    }
    await rig.pass(10_000);
    expect(before.filter((id) => rig.runtime.world.has(id))).toEqual([]);
  });

  it('asked for again and again while the successor does not come up leaves it at the two', async () => {
    rig = await PoolRig.up();
    rig.runtime.behaviour = 'sick';
    for (let round = 0; round < 5; round++) {
      await rig.manager.life.restart(S1);
      await rig.pass(500);
    }
    expect(rig.runtime.running(S1).length).toBe(2);
    expect(rig.link.ready()).toContain(S1);
  });

  it('outlives the balancer', async () => {
    rig = await PoolRig.up();
    const old = idOf(S1);
    rig.runtime.disturb = (call) => (call === 'create' ? 'hang' : undefined);
    await rig.manager.life.restart(S1);
    rig = await rig.kill9();
    await rig.manager.start();
    await rig.pass(60_000);
    expect(rig.view(S1).state).toBe('ready');
    expect(rig.runtime.world.has(old)).toBe(false);
  });

  it('ends a quarantine, and is waited for until the successor serves', async () => {
    rig = await PoolRig.up({ env: { CRASH_LOOP_LIMIT: '2' } });
    for (let death = 0; death < 2; death++) {
      rig.runtime.die(rig.runtime.one(S1).id);
      await rig.pass(2000);
    }
    expect(rig.states()[S1]).toBe('quarantined');
    expect(await refusal(rig.manager.whenReady([S1]))).toBe('quarantined');
    await rig.manager.life.restart(S1);
    let served = false;
    void rig.manager.whenReady([S1]).then(() => (served = true));
    await rig.pass(2000);
    expect(served).toBe(true);
    expect(rig.manager.life.deaths(S1).length).toBe(2);
  });

  it('is over for a wait only when the new instance serves', async () => {
    rig = await PoolRig.up();
    rig.runtime.behaviour = 'sick';
    await rig.manager.life.restart(S1);
    let outcome = '';
    void refusal(rig.manager.whenReady([S1], { timeoutMs: 1500 })).then((code) => (outcome = code));
    await rig.pass(2000);
    expect(outcome).toBe('wait_timeout');
  });

  it('is refused on the static runtime, where drain and weight work', async () => {
    const clock = new FakeClock();
    const runtime = new ScriptedRuntime(clock, 'static');
    rig = await PoolRig.up({ clock, runtime, env: { REPLICAS: 'a=http://127.0.0.1:9001,b=http://127.0.0.1:9002' } });
    expect(await refusal(rig.manager.life.restart('a'))).toBe('not_restartable');
    expect(await refusal(rig.manager.life.setWeight('a', 2))).toBe('done');
    await rig.manager.life.drain('a');
    await rig.pass(5000);
    expect(rig.view('a')).toMatchObject({ state: 'drained', weight: 2 });
  });
});

describe('a weight', () => {
  it('is stored, moves what it must, and is in the history; the same again changes nothing', async () => {
    rig = await PoolRig.up();
    const moved = await rig.manager.life.setWeight(S1, 2);
    expect(moved).toMatchObject({ moved: expect.closeTo(1 / 2 - 1 / 3), collateral: expect.closeTo(0) });
    expect(rig.link.table.members[0]).toEqual({ name: S1, weight: 2 });
    expect(rig.manager.rings.history()[0]).toMatchObject({ cause: 'weight', replicas: [S1], members: 3, excess: 0 });
    expect(await rig.manager.life.setWeight(S1, 2)).toMatchObject({ moved: 0, flows: [] });
    expect(rig.manager.rings.history().length).toBe(2);
    rig = await rig.kill9();
    await rig.manager.start();
    expect(rig.view(S1)).toMatchObject({ weight: 2, share: expect.closeTo(1 / 2) });
  });

  it('is refused by an algorithm that knows none, and nothing changes', async () => {
    rig = await PoolRig.up({ env: { HASH_ALGORITHM: 'classic' } });
    expect(await refusal(rig.manager.life.setWeight(S1, 2))).toBe('unplaceable');
    expect(rig.view(S1).weight).toBe(1);
  });
});

describe('the deaths of a replica', () => {
  it('tell how each ended, what it carried, how long it ran and what it said last; newest first', async () => {
    rig = await PoolRig.up();
    const first = idOf(S1);
    rig.link.inFlight.set(first, 3);
    rig.link.outcome(first, 'upstream_closed');
    rig.link.inFlight.set(first, 0);
    rig.runtime.die(first, { code: 137, signal: null, oom: true, at: rig.clock.wall() });
    await rig.pass(12_000);
    const second = idOf(S1);
    rig.runtime.world.delete(second);
    rig.runtime.emit({ kind: 'resync' });
    await rig.pass(1000);
    const [newest, oldest, ...others] = rig.manager.life.deaths(S1);
    expect(others).toEqual([]);
    expect(newest).toMatchObject({ instance: second, generation: 2, inFlight: 0, lastLines: [], code: null });
    expect(newest?.uptimeMs).toBeGreaterThan(10_000);
    expect(oldest).toMatchObject({
      instance: first,
      generation: 1,
      code: 137,
      oom: true,
      inFlight: 3,
      lastLines: [`last words of ${first}`],
      reason: 'it ran out of memory and was killed',
    });
    expect(rig.view(S1).lastExit).toMatchObject({ reason: newest?.reason });
  });

  it('count those that were given up, with their last lines, and not those that were stopped in good order', async () => {
    rig = await PoolRig.up({ env: { RESTART_UNHEALTHY_AFTER: '10s' } });
    const sick = idOf(S1);
    rig.runtime.behaviours.set(sick, 'sick');
    await rig.manager.life.restart(S2);
    await rig.pass(60_000);
    expect(rig.manager.life.deaths(S2)).toEqual([]);
    expect(rig.manager.life.deaths(S1)).toEqual([
      expect.objectContaining({
        instance: sick,
        reason: expect.stringContaining('was unhealthy for 10 s'),
        lastLines: [`last words of ${sick}`],
      }),
    ]);
  });

  it('are kept up to twenty, and go with the replica', async () => {
    rig = await PoolRig.up({ env: { CRASH_LOOP_LIMIT: '100' } });
    for (let death = 0; death < 25; death++) {
      rig.runtime.die(rig.runtime.one(S1).id);
      await rig.pass(15_000);
    }
    const deaths = rig.manager.life.deaths(S1);
    expect(deaths.map(({ generation }) => generation)).toEqual(Array.from({ length: 20 }, (_, k) => 25 - k));
    await rig.manager.remove({ n: 1, hostnames: [S1] });
    expect(() => rig.manager.life.deaths(S1)).toThrow('replica "Server 1" does not exist');
    await rig.manager.add({ n: 1, hostnames: [S1] });
    expect(rig.manager.life.deaths(S1)).toEqual([]);
  });
});
