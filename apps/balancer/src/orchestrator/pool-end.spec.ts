// The start that fails and the end: in order, bounded, nothing left behind that should not be.
import { afterEach, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { RuntimeError } from '../runtime/runtime-error.js';
import { FakeClock } from './testing/fake-clock.js';
import { PoolRig, type RigOptions } from './testing/pool-rig.js';
import { ScriptedRuntime } from './testing/scripted-runtime.js';

let rig: PoolRig;
const up = async (options?: RigOptions) => (rig = await PoolRig.up(options));
const files = () => readdir(rig.stateDir);
const processes = () => {
  const clock = new FakeClock();
  return { clock, runtime: new ScriptedRuntime(clock, 'process') };
};
afterEach(() => rig.dispose());

describe('ending the pool', () => {
  it('stops all replicas, removes what they used, forgets the members and keeps the identity', async () => {
    await up();
    await rig.manager.shutdown('end');
    expect(rig.runtime.world.size).toBe(0);
    expect(rig.runtime).toMatchObject({ cleaned: true, closed: true });
    expect(await files()).toEqual(['identity.json']);
  });

  it('drains before it stops anything', async () => {
    await up({ env: { DRAIN_TIMEOUT: '7s' } });
    let runningAtDrain = 0;
    const shutdown = rig.link.shutdown.bind(rig.link);
    rig.link.shutdown = async (deadline) => {
      runningAtDrain = rig.runtime.running().length;
      await shutdown(deadline);
    };
    await rig.manager.shutdown('end');
    expect(rig.link.ended).toBe(7000);
    expect(runningAtDrain).toBe(3);
  });

  it('leaves no timer', async () => {
    await up();
    await rig.manager.add({ n: 1, hostnames: [] });
    await rig.manager.shutdown('end');
    await rig.pass(0);
    expect(rig.clock.pending).toBe(0);
  });

  it('waits for what is being made, and ends it too', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'create' ? { slow: 2000 } : undefined);
    await rig.manager.add({ n: 1, hostnames: ['S4'] });
    await rig.pass(100);
    const end = rig.manager.shutdown('end');
    await rig.pass(3000);
    await end;
    expect(rig.runtime.world.size).toBe(0);
  });

  it('begins anew at the next start, also when it was killed halfway', async () => {
    await up();
    await rig.manager.add({ n: 1, hostnames: ['S9'] });
    await rig.pass(1000);
    rig.runtime.disturb = (call) => (call === 'stop' ? 'hang' : undefined);
    void rig.manager.shutdown('end');
    await rig.pass(1000);
    rig = await rig.kill9();
    await rig.manager.start();
    await rig.pass(5000);
    expect(rig.manager.names()).toEqual(['Server 1', 'Server 2', 'Server 3']);
    expect(rig.runtime.running()).toHaveLength(3);
    expect(rig.runtime.running().map(({ generation }) => generation)).toEqual([2, 2, 2]);
  });

  it('when told a second time with `now` ends at once', async () => {
    await up();
    rig.link.shutdown = (deadline) => (deadline === 0 ? Promise.resolve() : new Promise(() => {}));
    let ended = false;
    const first = rig.manager.shutdown('end').then(() => (ended = true));
    await rig.pass(20_000);
    expect(ended).toBe(false);
    const second = rig.manager.shutdown('end', { now: true });
    await Promise.all([first, second]);
    expect(rig.runtime.world.size).toBe(0);
    expect(rig.runtime.count('stop')).toBe(0);
    expect(await files()).toEqual(['identity.json']);
  });

  it('cuts short a replica that will not stop', async () => {
    await up();
    rig.runtime.disturb = (call) => (call === 'stop' ? 'hang' : undefined);
    const first = rig.manager.shutdown('end');
    await rig.pass(1000);
    await Promise.all([first, rig.manager.shutdown('end', { now: true })]);
    expect(rig.runtime.world.size).toBe(0);
  });

  it('keeps what it could not stop in mind for the next start', async () => {
    await up();
    rig.runtime.disturb = (call) =>
      call === 'stop' || call === 'remove' ? { error: new RuntimeError('failed', 'no') } : undefined;
    await rig.manager.shutdown('end');
    expect(await files()).toEqual(['identity.json', 'state.json']);
  });

  it('ends waits and refuses changes in clear words', async () => {
    await up();
    rig.runtime.behaviour = 'sick';
    const { affected } = await rig.manager.add({ n: 1, hostnames: [] });
    const wait = expect(rig.manager.whenReady(affected)).rejects.toMatchObject({
      code: 'not_running',
      message: 'The balancer is shutting down',
    });
    await rig.manager.shutdown('end');
    await wait;
    await expect(rig.manager.add({ n: 1, hostnames: [] })).rejects.toMatchObject({ code: 'not_running', status: 503 });
    expect(() => rig.manager.names()).toThrow('The balancer is shutting down');
  });
});

describe('leaving the pool', () => {
  it('leaves containers running and the state as it is', async () => {
    await up();
    await rig.manager.shutdown('leave');
    expect(rig.runtime.running()).toHaveLength(3);
    expect(rig.runtime).toMatchObject({ cleaned: false, closed: true });
    expect(await files()).toEqual(['identity.json', 'state.json']);
  });

  it('stops those that were leaving anyway', async () => {
    await up();
    rig.link.inFlight.set(rig.runtime.one('Server 2').id, 1);
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.manager.shutdown('leave');
    expect(rig.runtime.running().map(({ slot }) => slot)).toEqual(['Server 1', 'Server 3']);
  });

  it('stops all with STOP_REPLICAS, and what no balancer can adopt', async () => {
    await up({ env: { STOP_REPLICAS: 'true' } });
    await rig.manager.shutdown('leave');
    expect(rig.runtime.world.size).toBe(0);
    await rig.dispose();
    await up(processes());
    await rig.manager.shutdown('leave');
    expect(rig.runtime.world.size).toBe(0);
    expect(await files()).toEqual(['identity.json', 'state.json']);
  });
});

describe('SHUTDOWN_DELAY', () => {
  it('is not ready any more, and serves and is cared for until it is over', async () => {
    await up({ env: { SHUTDOWN_DELAY: '5s' } });
    const end = rig.manager.shutdown('leave');
    expect([rig.manager.isReady(), rig.manager.isEnding]).toEqual([false, true]);
    rig.runtime.die(rig.runtime.one('Server 2').id);
    await rig.pass(4900);
    expect(rig.link.ended).toBeNull();
    expect(rig.link.ready()).toEqual(['Server 1', 'Server 2', 'Server 3']);
    await rig.pass(100);
    await end;
    expect(rig.link.ended).toBe(30_000);
    expect(rig.runtime.running()).toHaveLength(3);
  });

  it('is cut short by a second signal, and leaves no timer', async () => {
    await up({ env: { SHUTDOWN_DELAY: '5s' } });
    const end = rig.manager.shutdown('leave');
    await rig.pass(1000);
    expect(rig.link.ended).toBeNull();
    await Promise.all([end, rig.manager.shutdown('leave', { now: true })]);
    expect(rig.clock.pending).toBe(0);
  });

  it('does not hold up the end of a pool', async () => {
    await up({ env: { SHUTDOWN_DELAY: '5s' } });
    await rig.manager.shutdown('end');
    expect(rig.runtime.world.size).toBe(0);
  });
});

describe('a start', () => {
  it('of a pool that runs already ends with a clear line and touches nothing (TRAPS 5)', async () => {
    await up();
    const clock = new FakeClock();
    const second = await PoolRig.make({ clock, stateDir: rig.stateDir });
    await expect(second.manager.start()).rejects.toMatchObject({
      name: 'StartError',
      code: 'locked',
      message: expect.stringContaining(`A balancer of pool test already runs (pid ${process.pid})`),
    });
    expect(second.runtime.calls).toEqual([]);
    expect(second.link).toMatchObject({ connected: false, ended: null });
    await second.manager.shutdown('end');
    expect(await files()).toEqual(['identity.json', 'lock', 'state.json']);
    expect(rig.states()).toEqual({ 'Server 1': 'ready', 'Server 2': 'ready', 'Server 3': 'ready' });
  });

  it.each<[string, (given: PoolRig) => void, string, string]>([
    [
      'whose port is taken',
      ({ link }) => (link.openError = new Error('127.0.0.1:5000 is in use')),
      'data_plane',
      '127.0.0.1:5000 is in use',
    ],
    [
      'without its image',
      ({ runtime }) =>
        (runtime.disturb = (call) =>
          call === 'prepare' ? { error: new RuntimeError('image_missing', 'no such image: app:1') } : undefined),
      'runtime',
      'no such image: app:1',
    ],
    [
      'whose engine is away',
      ({ runtime }) =>
        (runtime.disturb = (call) =>
          call === 'list' ? { error: new RuntimeError('unreachable', 'no engine') } : undefined),
      'runtime',
      'no engine',
    ],
  ])('%s ends with a clear line, and leaves nothing', async (_, disturb, code, message) => {
    rig = await PoolRig.make();
    disturb(rig);
    await expect(rig.manager.start()).rejects.toMatchObject({
      name: 'StartError',
      code,
      message: expect.stringContaining(message),
    });
    expect(rig.link.connected).toBe(false);
    expect(await files()).not.toContain('lock');
    expect(rig.runtime.world.size).toBe(0);
    expect(rig.runtime.cleaned).toBe(true);
  });

  it('to a full disk ends with a clear line (TRAPS 17)', async () => {
    const writeFile = async () =>
      Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
    rig = await PoolRig.make({ options: { writeFile } });
    await expect(rig.manager.start()).rejects.toMatchObject({
      name: 'StartError',
      code: 'state_dir',
      message: expect.stringContaining('ENOSPC'),
    });
  });

  it('that is interrupted undoes itself', async () => {
    rig = await PoolRig.make();
    rig.runtime.disturb = (call) => (call === 'prepare' ? { slow: 5000 } : undefined);
    const start = expect(rig.manager.start()).rejects.toMatchObject({ code: 'interrupted' });
    await rig.pass(1000);
    const end = rig.manager.shutdown('end');
    await rig.pass(5000);
    await Promise.all([start, end]);
    expect(rig.runtime.count('create')).toBe(0);
    expect(await files()).not.toContain('lock');
  });

  it('asks for views before it is through are refused in clear words', async () => {
    rig = await PoolRig.make();
    expect(() => rig.manager.names()).toThrow('The pool has not started yet');
    expect(rig.manager.isReady()).toBe(false);
  });
});
