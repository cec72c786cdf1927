// What /add and /rm do to the pool: whole or not at all, in turn, durable, drained; and what waits for them.
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';
import { ScriptedRuntime } from '../testing/scripted-runtime.js';
import { FakeClock } from '../testing/fake-clock.js';

let rig: PoolRig;
const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
const stored = async () => JSON.parse(await readFile(join(rig.stateDir, 'state.json'), 'utf8'));
afterEach(() => rig.dispose());

describe('adding', () => {
  it('answers with all names, and those that are new', async () => {
    await up();
    expect(await rig.manager.add({ n: 3, hostnames: ['S5', 'S4'] })).toEqual({
      names: ['Server 1', 'Server 2', 'Server 3', 'S5', 'S4', 'Server 4'],
      affected: ['S5', 'S4', 'Server 4'],
    });
    await rig.pass(2000);
    expect(rig.link.ready()).toEqual(['Server 1', 'Server 2', 'Server 3', 'S5', 'S4', 'Server 4']);
  });

  it('is on the disk before it is answered', async () => {
    await up();
    await rig.manager.add({ n: 1, hostnames: ['S4'] });
    expect((await stored()).members.map(({ name }: { name: string }) => name)).toContain('S4');
  });

  it('is on the ring at once, and in nobody’s way until it is ready', async () => {
    await up();
    rig.runtime.behaviour = 'sick';
    await rig.manager.add({ n: 1, hostnames: ['S4'] });
    expect(rig.link.table.members.map(({ name }) => name)).toContain('S4');
    expect(rig.view('S4')).toMatchObject({ state: 'starting', share: expect.closeTo(0.25, 1) });
    expect(rig.link.ready()).toEqual(['Server 1', 'Server 2', 'Server 3']);
  });

  it('that is refused changes nothing', async () => {
    await up();
    const before = { table: rig.link.tables.length, state: await stored() };
    await expect(rig.manager.add({ n: 2, hostnames: ['S4', 'Server 1'] })).rejects.toMatchObject({
      code: 'name_taken',
    });
    await rig.pass(1000);
    expect(rig.manager.names()).toHaveLength(3);
    expect({ table: rig.link.tables.length, state: await stored() }).toEqual(before);
  });

  it('at the same time as others is done in turn, each whole', async () => {
    await up({ env: { MAX_REPLICAS: '10' } });
    const results = await Promise.allSettled([
      rig.manager.add({ n: 3, hostnames: ['a', 'b'] }),
      rig.manager.add({ n: 3, hostnames: ['b', 'c'] }),
      rig.manager.add({ n: 3, hostnames: ['d'] }),
      rig.manager.add({ n: 3, hostnames: [] }),
      rig.manager.remove({ n: 1, hostnames: ['a'] }),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(rig.manager.names()).toEqual([
      'Server 1',
      'Server 2',
      'Server 3',
      'b',
      'Server 4',
      'd',
      'Server 5',
      'Server 6',
    ]);
  });

  it('to a full disk answers 503 and changes nothing (TRAPS 17)', async () => {
    let full = false;
    const writeFile = async (path: string, text: string) => {
      if (full) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      writeFileSync(path, text);
    };
    await up({ options: { writeFile } });
    full = true;
    await expect(rig.manager.add({ n: 1, hostnames: [] })).rejects.toMatchObject({ code: 'storage', status: 503 });
    await expect(rig.manager.remove({ n: 1, hostnames: [] })).rejects.toMatchObject({ code: 'storage', status: 503 });
    expect(rig.manager.names()).toHaveLength(3);
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(1000);
    expect(rig.view('Server 1').state).toBe('ready');
    full = false;
    await rig.manager.add({ n: 1, hostnames: [] });
    expect((await stored()).generations['Server 1']).toBe(2);
  });

  it('on the static runtime takes NAME=URL, probes and routes it, and never starts or kills it', async () => {
    const clock = new FakeClock();
    await up({ clock, runtime: new ScriptedRuntime(clock, 'static'), env: { REPLICAS: 'a=http://10.0.0.1:1;2' } });
    await expect(rig.manager.add({ n: 1, hostnames: ['b'] })).rejects.toMatchObject({
      code: 'bad_hostname',
      status: 400,
    });
    await rig.manager.add({ n: 1, hostnames: ['b=http://10.0.0.1:2'] });
    await rig.pass(1000);
    expect(rig.manager.names()).toEqual(['a', 'b']);
    expect(rig.view('a').weight).toBe(2);
    expect(rig.link.table.instances.map(({ authority }) => authority)).toEqual(['10.0.0.1:1', '10.0.0.1:2']);
    for (const { id } of rig.runtime.running()) rig.runtime.behaviours.set(id, 'sick');
    await rig.pass(300_000);
    expect(rig.states()).toEqual({ a: 'unready', b: 'unready' });
    expect(rig.runtime.count('create')).toBe(2);
  });
});

describe('removing', () => {
  it('answers when the leavers take no new request, and not before', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.link.acknowledges = false;
    let answered = false;
    const removal = rig.manager.remove({ n: 1, hostnames: ['Server 2'] }).finally(() => (answered = true));
    await rig.pass(500);
    expect(rig.link.stateOf(id)).toBe('draining');
    expect(answered).toBe(false);
    rig.link.acknowledge();
    expect(await removal).toEqual({ names: ['Server 1', 'Server 3'], affected: ['Server 2'] });
    expect(rig.runtime.count('stop')).toBe(0);
  });

  it('answers in bounded time when the data plane does not', async () => {
    await up();
    rig.link.acknowledges = false;
    const removal = rig.manager.remove({ n: 1, hostnames: [] });
    await rig.pass(3500);
    expect((await removal).names).toHaveLength(2);
  });

  it('lets the last request finish before it stops anything', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.link.inFlight.set(id, 2);
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.pass(20_000);
    expect(rig.runtime.count('stop')).toBe(0);
    expect(rig.manager.summary()).toMatchObject({ desired: 2, draining: 1 });
    rig.link.quiet(id);
    await rig.pass(100);
    expect(rig.runtime.world.has(id)).toBe(false);
    expect(rig.link.stateOf(id)).toBeUndefined();
  });

  it('learns from the counters that a drain is over when nobody says so', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.link.inFlight.set(id, 2);
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.pass(5000);
    rig.link.inFlight.delete(id);
    await rig.pass(1500);
    expect(rig.runtime.world.has(id)).toBe(false);
  });

  it('ends a drain at DRAIN_TIMEOUT', async () => {
    await up({ env: { DRAIN_TIMEOUT: '5s' } });
    const { id } = rig.runtime.one('Server 2');
    rig.link.inFlight.set(id, 2);
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.pass(4900);
    expect(rig.runtime.world.has(id)).toBe(true);
    await rig.pass(300);
    expect(rig.runtime.world.has(id)).toBe(false);
  });

  it('lets requests finish that a data process carries whose link is lost for a while', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.link.inFlight.set(id, 2);
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    rig.link.connect(false);
    await rig.pass(5000);
    expect(rig.runtime.world.has(id)).toBe(true);
    rig.link.connect(true);
    rig.link.quiet(id);
    await rig.pass(100);
    expect(rig.runtime.world.has(id)).toBe(false);
  });

  it('takes those first that serve nobody', async () => {
    await up();
    rig.link.inFlight.set(rig.runtime.one('Server 3').id, 4);
    rig.link.inFlight.set(rig.runtime.one('Server 2').id, 1);
    expect((await rig.manager.remove({ n: 1, hostnames: [] })).affected).toEqual(['Server 1']);
    rig.runtime.behaviours.set(rig.runtime.one('Server 3').id, 'sick');
    await rig.pass(10_000);
    expect((await rig.manager.remove({ n: 1, hostnames: [] })).affected).toEqual(['Server 3']);
  });

  it('may take everybody, and the pool comes back from there', async () => {
    await up();
    expect((await rig.manager.remove({ n: 3, hostnames: [] })).names).toEqual([]);
    await rig.pass(3000);
    expect(rig.link.table).toMatchObject({ members: [], instances: [] });
    expect(rig.runtime.world.size).toBe(0);
    expect((await rig.manager.add({ n: 1, hostnames: [] })).names).toEqual(['Server 1']);
    await rig.pass(1000);
    expect(rig.states()).toEqual({ 'Server 1': 'ready' });
  });

  it('and adding the same name again makes another instance; the old one’s end does not touch it (TRAPS 6)', async () => {
    await up();
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(1000);
    const old = rig.runtime.one('S5');
    rig.link.inFlight.set(old.id, 1);
    await rig.manager.remove({ n: 1, hostnames: ['S5'] });
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(1000);
    const [next] = rig.runtime.running('S5').filter(({ id }) => id !== old.id);
    expect(next).toMatchObject({ generation: 2 });
    expect([rig.link.stateOf(old.id), rig.link.stateOf(next?.id ?? '')]).toEqual(['draining', 'ready']);
    rig.runtime.die(old.id);
    await rig.pass(1000);
    expect(rig.view('S5')).toMatchObject({ state: 'ready', restarts: 0, lastExit: null, instance: { id: next?.id } });
    expect(rig.runtime.one('S5').id).toBe(next?.id);
  });

  it('of a replica that is being made ends in none', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'create' ? { slow: 1000 } : undefined);
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(100);
    await rig.manager.remove({ n: 1, hostnames: ['S5'] });
    await rig.pass(3000);
    expect([...rig.runtime.world.values()].filter(({ slot }) => slot === 'S5')).toEqual([]);
  });

  it('of a replica that is being made, and adding it again, still makes another one (TRAPS 6)', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'create' ? { slow: 1000 } : undefined);
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(100);
    await rig.manager.remove({ n: 1, hostnames: ['S5'] });
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.pass(6000);
    expect(rig.runtime.one('S5').generation).toBe(2);
    expect(rig.view('S5')).toMatchObject({ state: 'ready', restarts: 0 });
  });
});

describe('waiting', () => {
  it('for ready ends when all serve', async () => {
    await up();
    rig.runtime.behaviour = 'sick';
    const { affected } = await rig.manager.add({ n: 2, hostnames: [] });
    let ready = false;
    const wait = rig.manager.whenReady(affected).then(() => (ready = true));
    await rig.pass(1000);
    expect(ready).toBe(false);
    for (const { id, slot } of rig.runtime.running())
      if (affected.includes(slot)) rig.runtime.behaviours.set(id, 'healthy');
    await rig.pass(1000);
    await wait;
  });

  it('for ready ends with WAIT_TIMEOUT, and names the replica and its state', async () => {
    await up({ env: { WAIT_TIMEOUT: '2s' } });
    rig.runtime.behaviour = 'sick';
    const { affected } = await rig.manager.add({ n: 1, hostnames: ['S4'] });
    const wait = expect(rig.manager.whenReady(affected)).rejects.toMatchObject({
      code: 'wait_timeout',
      status: 503,
      replica: 'S4',
      message: 'S4 is not ready after 2000 ms: it is starting (its probe fails: it answered 500)',
    });
    await rig.pass(2500);
    await wait;
    expect(rig.manager.names()).toContain('S4');
  });

  it('for ready ends with a quarantine, and names the replica and why', async () => {
    await up();
    rig.runtime.disturb = (call) =>
      call === 'create' ? { error: new RuntimeError('bad_spec', 'no such command: serve') } : undefined;
    const { affected } = await rig.manager.add({ n: 1, hostnames: ['S4'] });
    const wait = expect(rig.manager.whenReady(affected)).rejects.toMatchObject({
      code: 'quarantined',
      status: 503,
      message: 'S4 is quarantined: no such command: serve; trying again cannot help',
    });
    await rig.pass(1000);
    await wait;
  });

  it('for ready ends when the replica is removed meanwhile', async () => {
    await up();
    rig.runtime.behaviour = 'sick';
    const { affected } = await rig.manager.add({ n: 1, hostnames: ['S4'] });
    const wait = expect(rig.manager.whenReady(affected)).rejects.toMatchObject({ code: 'removed', status: 409 });
    await rig.pass(100);
    await rig.manager.remove({ n: 1, hostnames: ['S4'] });
    await wait;
  });

  it('is outside the lock: others change the pool meanwhile', async () => {
    await up();
    rig.runtime.behaviour = 'sick';
    const { affected } = await rig.manager.add({ n: 1, hostnames: ['S4'] });
    const wait = rig.manager.whenReady(affected, { timeoutMs: 10_000 }).catch(() => 'over');
    await rig.manager.add({ n: 1, hostnames: ['S5'] });
    await rig.manager.remove({ n: 1, hostnames: ['S5'] });
    expect(rig.manager.names()).toContain('S4');
    await rig.pass(11_000);
    expect(await wait).toBe('over');
  });

  it('for gone ends when no instance is left', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.link.inFlight.set(id, 1);
    const { affected } = await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    let gone = false;
    const wait = rig.manager.whenGone(affected).then(() => (gone = true));
    await rig.pass(5000);
    expect(gone).toBe(false);
    rig.link.quiet(id);
    await rig.pass(500);
    await wait;
    expect(rig.runtime.world.has(id)).toBe(false);
  });

  it('for gone does not wait for a new replica of that name', async () => {
    await up();
    const { affected } = await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.manager.add({ n: 1, hostnames: ['Server 2'] });
    await rig.pass(3000);
    await rig.manager.whenGone(affected);
    expect(rig.view('Server 2').state).toBe('ready');
  });

  it('for an unknown name is refused', async () => {
    await up();
    await expect(rig.manager.whenReady(['S9'])).rejects.toMatchObject({ code: 'unknown_name', status: 400 });
  });

  it('ends with its asker, and leaves no timer', async () => {
    await up();
    rig.runtime.behaviour = 'sick';
    const { affected } = await rig.manager.add({ n: 1, hostnames: [] });
    const controller = new AbortController();
    const wait = expect(rig.manager.whenReady(affected, { signal: controller.signal })).rejects.toMatchObject({
      code: 'wait_aborted',
    });
    controller.abort();
    await wait;
    await expect(rig.manager.whenReady(affected, { signal: controller.signal })).rejects.toMatchObject({
      code: 'wait_aborted',
    });
  });
});
