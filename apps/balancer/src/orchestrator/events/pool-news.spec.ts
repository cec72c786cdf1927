// What is told of a pool's life: each thing once, in the order of cause and effect, under a scripted engine and fake time.
import { afterEach, describe, expect, it } from '@jest/globals';
import { RuntimeError } from '../../runtime/runtime-error.js';
import type { PoolEvent } from './pool-event.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';

let rig: PoolRig;
let told = '';
afterEach(() => rig.dispose());

async function up(options?: RigOptions): Promise<void> {
  rig = await PoolRig.up(options);
  told = rig.manager.events.position;
}

/** Everything since this was asked last. */
function news(): PoolEvent[] {
  const { events, gap } = rig.manager.events.since(told);
  expect(gap).toBeNull();
  told = rig.manager.events.position;
  return [...events];
}

/** `type` or `type replica`, in order. */
const brief = (events: readonly PoolEvent[]) =>
  events.map((event) => ('replica' in event ? `${event.type} ${event.replica}` : event.type));
const of = <T extends PoolEvent['type']>(events: readonly PoolEvent[], type: T) =>
  events.filter((event): event is Extract<PoolEvent, { type: T }> => event.type === type);

describe('the events of a pool', () => {
  it('tell a start: under control, made, ready', async () => {
    rig = await PoolRig.up({ env: { N: '2' } });
    const events = [...rig.manager.events.latest(100)];
    expect(brief(events)).toEqual(['started', 'spawn Server 1', 'spawn Server 2', 'ready Server 1', 'ready Server 2']);
    const { id } = rig.runtime.one('Server 1');
    expect(events[0]).toMatchObject({ runtime: 'docker', replicas: 2, digest: rig.manager.summary().digest });
    expect(of(events, 'spawn')[0]).toMatchObject({ instance: id, generation: 1 });
    expect(of(events, 'ready')[0]).toMatchObject({ instance: id, was: 'starting', afterMs: expect.any(Number) });
  });

  it('are none while nothing happens', async () => {
    await up();
    await rig.pass(600_000);
    expect(news()).toEqual([]);
  });

  it('tell what an added replica moved on the ring, against the minimum, before it is made', async () => {
    await up();
    await rig.manager.add({ n: 1, hostnames: ['blue'] });
    await rig.pass(1000);
    const events = news();
    expect(brief(events)).toEqual(['added', 'spawn blue', 'ready blue']);
    expect(events[0]).toMatchObject({ replicas: ['blue'], count: 1, members: 4, digest: rig.manager.summary().digest });
    const { moved = 0, minimum = 0 } = of(events, 'added')[0] ?? {};
    expect(moved).toBeCloseTo(0.25, 1);
    expect(minimum).toBeGreaterThan(0);
    expect(moved).toBeGreaterThanOrEqual(minimum - 1e-9);
  });

  it('tell how a removed replica left: drained, stopped, gone', async () => {
    await up();
    const { id } = rig.runtime.one('Server 2');
    rig.link.inFlight.set(id, 1);
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.pass(1500);
    expect(brief(news())).toEqual(['removed', 'drain-began Server 2']);
    rig.link.quiet(id);
    await rig.pass(1000);
    const events = news();
    expect(brief(events)).toEqual(['drain-ended Server 2', 'stopped Server 2']);
    expect(events).toMatchObject([
      { instance: id, afterMs: 1500, inFlight: 0 },
      { instance: id, reason: 'the pool has no such replica any more' },
    ]);
  });

  it('tell how many requests a drain that ran out of time left behind', async () => {
    await up({ env: { DRAIN_TIMEOUT: '5s' } });
    const { id } = rig.runtime.one('Server 2');
    rig.link.inFlight.set(id, 2);
    await rig.manager.remove({ n: 1, hostnames: ['Server 2'] });
    await rig.pass(10_000);
    expect(of(news(), 'drain-ended')).toMatchObject([{ instance: id, afterMs: 5000, inFlight: 2 }]);
  });

  it('tell a death with what is known of it, and the return to the same slot', async () => {
    await up();
    const dead = rig.runtime.one('Server 2');
    rig.link.inFlight.set(dead.id, 3);
    await rig.pass(5000);
    rig.runtime.die(dead.id, { code: 137, signal: null, oom: true, at: rig.clock.wall() });
    await rig.pass(2000);
    const events = news();
    expect(of(events, 'death')).toMatchObject([
      {
        replica: 'Server 2',
        instance: dead.id,
        generation: 1,
        code: 137,
        oom: true,
        inFlight: 3,
        uptimeMs: expect.any(Number),
        reason: 'it ran out of memory and was killed',
      },
    ]);
    expect(brief(events)).toEqual([
      'ejected Server 2',
      'unready Server 2',
      'death Server 2',
      'spawn Server 2',
      'ready Server 2',
    ]);
    expect(of(events, 'spawn')[0]?.generation).toBe(2);
  });

  it('tell each death of a crash loop once, and the quarantine with its reason', async () => {
    await up({ env: { CRASH_LOOP_LIMIT: '3' } });
    for (let deaths = 0; deaths < 3; deaths++) {
      rig.runtime.die(rig.runtime.one('Server 1').id);
      await rig.pass(2000);
    }
    const events = news();
    expect(of(events, 'death').length).toBe(3);
    expect(of(events, 'quarantined')).toMatchObject([
      { replica: 'Server 1', reason: expect.stringContaining('died 3 times within 60 s') },
    ]);
    await rig.manager.life.restart('Server 1');
    await rig.pass(1000);
    expect(brief(news())).toEqual(['restart Server 1', 'spawn Server 1', 'ready Server 1']);
  });

  it('tell deaths of a name that was removed and added again as those of a new replica', async () => {
    await up();
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(2000);
    await rig.manager.remove({ n: 1, hostnames: ['Server 1'] });
    await rig.pass(60_000);
    await rig.manager.add({ n: 1, hostnames: ['Server 1'] });
    await rig.pass(2000);
    news();
    rig.runtime.die(rig.runtime.one('Server 1').id);
    await rig.pass(2000);
    expect(of(news(), 'death')).toMatchObject([{ replica: 'Server 1', generation: 3 }]);
  });

  it('tell an instance that could not be made', async () => {
    await up();
    rig.runtime.disturb = (call) =>
      call === 'create' ? { error: new RuntimeError('failed', 'no space at 10.1.2.3:80') } : undefined;
    await rig.manager.add({ n: 1, hostnames: ['blue'] });
    await rig.pass(50);
    expect(of(news(), 'death')).toMatchObject([
      { replica: 'blue', instance: null, generation: 1, uptimeMs: null, reason: 'no space at (address)' },
    ]);
  });

  it('tell ill health and recovery', async () => {
    await up();
    const { id } = rig.runtime.one('Server 3');
    rig.runtime.behaviours.set(id, 'sick');
    await rig.pass(10_000);
    expect(news()).toMatchObject([
      { type: 'unready', replica: 'Server 3', instance: id, reason: 'its probe fails: it answered 500' },
    ]);
    rig.runtime.behaviours.set(id, 'healthy');
    await rig.pass(10_000);
    expect(news()).toMatchObject([{ type: 'ready', replica: 'Server 3', was: 'unready' }]);
  });

  it('tell an ejection and its end', async () => {
    await up();
    const { id } = rig.runtime.one('Server 3');
    rig.runtime.emit({ kind: 'stopping', instanceId: id });
    await rig.pass(30_000);
    const events = news();
    expect(brief(events)).toEqual(['ejected Server 3', 'unready Server 3', 'returned Server 3', 'ready Server 3']);
    expect(events[0]).toMatchObject({
      instance: id,
      reason: 'it was sent a stop signal',
      cause: 'notice',
      forMs: 11_000,
    });
  });

  it('tell that a standby was promoted, and that another one is made', async () => {
    await up({ env: { STANDBY: '1' } });
    await rig.pass(5000);
    news();
    const [standing] = [...rig.runtime.world.values()]
      .filter(({ slot }) => !rig.manager.names().includes(slot))
      .map(({ id, slot }) => ({ id, slot }));
    await rig.manager.add({ n: 1, hostnames: ['blue'] });
    await rig.pass(5000);
    const events = news();
    expect(of(events, 'promoted')).toMatchObject([
      { replica: 'blue', instance: standing?.id, standby: standing?.slot },
    ]);
    expect(of(events, 'ready')).toMatchObject([{ replica: 'blue', instance: standing?.id }]);
    expect(of(events, 'spawn').map(({ replica }) => replica)).toEqual([standing?.slot]);
  });

  it('tell a deploy step by step', async () => {
    await up({ env: { N: '2' } });
    await rig.manager.deploys.begin({ env: { A: '1' } }, {});
    await rig.pass(20_000);
    const events = news();
    expect(brief(events).filter((line) => /^deploy-|^ready/.test(line))).toEqual([
      'deploy-step Server 1',
      'ready Server 1',
      'deploy-step Server 1',
      'deploy-step Server 2',
      'ready Server 2',
      'deploy-step Server 2',
    ]);
    expect(of(events, 'deploy').map(({ status }) => status)).toEqual(['rolling', 'rolled-out']);
    expect(of(events, 'deploy-step').map(({ step }) => step)).toEqual([
      'replacing',
      'replaced',
      'replacing',
      'replaced',
    ]);
  });

  it('tell that a deploy was taken back, and why', async () => {
    await up({ env: { N: '2' } });
    rig.runtime.disturb = (call) => (call === 'create' ? { error: new RuntimeError('failed', 'no room') } : undefined);
    await rig.manager.deploys.begin({ env: { A: '1' } }, {});
    await rig.pass(5000);
    rig.runtime.disturb = () => undefined;
    await rig.pass(60_000);
    const deploys = of(news(), 'deploy');
    expect(deploys.map(({ status }) => status)).toEqual(['rolling', 'rolled-back']);
    expect(deploys.at(-1)?.reason).toContain('no room');
  });

  it('tell panic and its end', async () => {
    await up({ env: { PANIC_THRESHOLD: '50%', RESTART_UNHEALTHY_AFTER: '10m' } });
    const sick = ['Server 2', 'Server 3'].map((name) => rig.runtime.one(name).id);
    for (const id of sick) rig.runtime.behaviours.set(id, 'sick');
    await rig.pass(10_000);
    expect(of(news(), 'panic-on')).toMatchObject([{ wanted: 3, ready: 1 }]);
    for (const id of sick) rig.runtime.behaviours.set(id, 'healthy');
    await rig.pass(10_000);
    const events = news();
    expect(of(events, 'panic-on')).toEqual([]);
    expect(of(events, 'panic-off').length).toBe(1);
  });

  it('tell a drain by an operator and its end, without calling it an ejection', async () => {
    await up();
    await rig.manager.life.drain('Server 1');
    await rig.pass(3000);
    expect(brief(news())).toEqual(['drain-began Server 1', 'drain-ended Server 1']);
    await rig.manager.life.undrain('Server 1');
    await rig.pass(3000);
    expect(brief(news()).filter((line) => !line.startsWith('unready'))).toEqual([
      'undrained Server 1',
      'ready Server 1',
    ]);
  });

  it('tell a restart: who takes over, who leaves', async () => {
    await up();
    await rig.manager.life.restart('Server 1');
    await rig.pass(5000);
    expect(brief(news())).toEqual([
      'restart Server 1',
      'spawn Server 1',
      'drain-began Server 1',
      'ready Server 1',
      'drain-ended Server 1',
      'stopped Server 1',
    ]);
  });

  it('tell another weight, and what it moved', async () => {
    await up();
    await rig.manager.life.setWeight('Server 1', 2);
    expect(news()).toMatchObject([
      { type: 'weight', replicas: ['Server 1'], weights: { 'Server 1': 2 }, members: 3, moved: expect.any(Number) },
    ]);
  });

  it('tell once that the engine is away, and once that it is back', async () => {
    await up();
    rig.runtime.disturb = (call) =>
      call === 'list' ? { error: new RuntimeError('unreachable', 'no answer from 10.0.0.9:2375') } : undefined;
    await rig.pass(60_000);
    expect(news()).toMatchObject([{ type: 'engine-away', reason: 'no answer from (address)' }]);
    rig.runtime.disturb = () => undefined;
    await rig.pass(60_000);
    const events = news();
    expect(brief(events)).toEqual(['engine-back']);
    expect(of(events, 'engine-back')[0]?.afterMs).toBeGreaterThan(40_000);
  });

  it('tell that the data process was lost, and for how long', async () => {
    await up();
    rig.link.connect(false);
    await rig.pass(500);
    rig.link.connect(true);
    await rig.pass(500);
    expect(news()).toMatchObject([{ type: 'data-lost' }, { type: 'data-connected', afterMs: 500 }]);
  });

  it('tell after a restart of the balancer that instances were taken over, under another boot', async () => {
    await up();
    const { boot } = rig.manager.events;
    rig = await rig.kill9({ env: { N: '5' } });
    await rig.manager.start();
    await rig.pass(2000);
    const events = [...rig.manager.events.latest(100)];
    expect(rig.manager.events.boot).not.toBe(boot);
    expect(rig.manager.events.since(told)).toEqual({ events: [], gap: 'the balancer has started anew since' });
    expect(brief(events).slice(0, 5)).toEqual([
      'started',
      'drift',
      'adopted Server 1',
      'adopted Server 2',
      'adopted Server 3',
    ]);
    expect(of(events, 'drift')[0]?.lines).toEqual([expect.stringContaining('N=5 is not applied')]);
    expect(of(events, 'spawn')).toEqual([]);
  });

  it('tell the end', async () => {
    await up();
    void rig.manager.shutdown('end');
    expect(news()).toMatchObject([{ type: 'stopping', mode: 'end' }]);
  });
});
