import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OutcomeCounts } from '../../routing/link/messages.js';
import type { Logger } from '../../telemetry/logger.js';
import { PoolRig, type RigOptions } from '../testing/pool-rig.js';

let rig: PoolRig;
let lines: string[];

const log: Logger = (() => {
  const write = (_fields: object, message: string) => void lines.push(message);
  return { trace: write, debug: write, info: write, warn: write, error: write } as unknown as Logger;
})();

beforeEach(() => {
  lines = [];
});
afterEach(() => rig.dispose());

async function up(n: number, env: RigOptions['env'] = {}): Promise<void> {
  rig = await PoolRig.up({ env: { N: String(n), ...env }, log });
  // The first look at a counter only tells from where it counts.
  for (const { id } of rig.runtime.running()) rig.link.ends(id, {});
}
const id = (replica: number) => rig.runtime.one(`Server ${replica}`).id;
const view = (replica: number) => rig.view(`Server ${replica}`);
/** The data plane tells, 100 ms later, how more requests to that replica ended. */
async function met(replica: number, outcomes: Partial<OutcomeCounts>): Promise<void> {
  rig.link.ends(id(replica), outcomes);
  await rig.pass(100);
}
const serving = () => rig.link.ready().map((name) => name.replace('Server ', ''));

describe('a replica whose requests fail though it passes its probes', () => {
  it('is ejected with the reason, while the others serve', async () => {
    await up(3);
    await met(2, { reset: 5 });
    expect(serving()).toEqual(['1', '3']);
    expect(rig.link.stateOf(id(2))).toBe('unready');
    expect(view(2)).toMatchObject({ state: 'unready', reason: '5 requests in a row failed on it: 5 broken off' });
    expect(lines).toContain('a replica is ejected for what its requests met');
  });

  it('is ejected for too many answers from 500 up', async () => {
    await up(3);
    await met(2, { serverErrors: 15, answered: 5 });
    expect(view(2).reason).toBe('15 of its last 20 requests went wrong: 15 answered from 500 up');
  });

  it('is never ejected for a single strike', async () => {
    await up(3);
    await met(2, { reset: 1 });
    await met(2, { timedOut: 1 });
    expect(serving()).toEqual(['1', '2', '3']);
  });

  it('stays, whatever its requests met, with MAX_EJECTED=0%', async () => {
    await up(3, { MAX_EJECTED: '0%' });
    await met(2, { reset: 500 });
    expect(serving()).toEqual(['1', '2', '3']);
  });

  it('returns only through a probe that passes after EJECT_TIME', async () => {
    await up(3, { HEALTH_INTERVAL: '1m' });
    await met(2, { refused: 5 });
    await rig.pass(4700);
    expect(serving()).toEqual(['1', '3']);
    rig.runtime.behaviours.set(id(2), 'mute');
    await rig.pass(10_000);
    expect(serving()).toEqual(['1', '3']);
    rig.runtime.behaviours.set(id(2), 'healthy');
    await rig.pass(60_000);
    expect(serving()).toEqual(['1', '2', '3']);
  });

  it('is probed at once when its time is over, and serves again', async () => {
    await up(3, { HEALTH_INTERVAL: '1m' });
    await met(2, { refused: 5 });
    await rig.pass(5000);
    expect(serving()).toEqual(['1', '2', '3']);
    expect(view(2)).toMatchObject({ state: 'ready', reason: null });
  });

  it('is out for twice as long when it fails again soon', async () => {
    await up(3);
    const outFor = async () => {
      await met(2, { refused: 5 });
      const { ejectedUntil } = view(2).checks.conduct ?? {};
      const ms = Date.parse(ejectedUntil ?? '') - rig.clock.wall() + 100;
      await rig.pass(ms);
      return ms;
    };
    expect([await outFor(), await outFor(), await outFor()]).toEqual([5000, 10_000, 20_000]);
  });

  it('is judged by nothing that came while it was out', async () => {
    await up(3);
    await met(2, { refused: 5 });
    for (let i = 0; i < 10; i++) await met(2, { reset: 50 });
    await rig.pass(6000);
    expect(serving()).toEqual(['1', '2', '3']);
    await met(2, { reset: 4 });
    expect(serving()).toEqual(['1', '2', '3']);
  });

  it('that is replaced leaves its conduct behind', async () => {
    await up(3);
    await met(2, { refused: 4 });
    rig.runtime.die(id(2));
    await rig.pass(1000);
    rig.link.ends(id(2), {});
    await met(2, { refused: 4 });
    expect(serving()).toEqual(['1', '2', '3']);
    expect(view(2).checks.conduct).toMatchObject({ refused: 4, failuresInARow: 4, ejections: 0 });
  });

  it('is not judged by what another data process counted before control could look', async () => {
    await up(3);
    await met(2, { refused: 1 });
    rig.link.connect(false);
    rig.link.outcomes.clear();
    rig.link.connect(true);
    await met(2, { refused: 6 });
    expect(serving()).toEqual(['1', '2', '3']);
    await met(2, { refused: 5 });
    expect(serving()).toEqual(['1', '3']);
  });
});

describe('a replica that leaves', () => {
  it('gets no strike for what breaks after it began to drain (TRAPS 19)', async () => {
    await up(3);
    await rig.manager.life.drain('Server 2');
    await met(2, { reset: 50 });
    expect(view(2).checks.conduct).toMatchObject({ reset: 0, failuresInARow: 0 });
    expect(lines).not.toContain('a replica is ejected for what its requests met');
  });

  it('gets no strike once a stop signal was sent to it (TRAPS 19)', async () => {
    await up(3);
    rig.runtime.emit({ kind: 'stopping', instanceId: id(2) });
    await met(2, { reset: 50 });
    expect(view(2)).toMatchObject({
      reason: 'it was sent a stop signal',
      checks: { conduct: { reset: 0, ejections: 0 } },
    });
  });
});

describe('how many are ejected', () => {
  it.each([
    [1, []],
    [2, [1]],
    [3, [1]],
    [4, [1, 2]],
    [5, [1, 2]],
  ])('of %i replicas that all fail: the worst, and no more than half', async (n, out) => {
    await up(n);
    // Told all at once, and the lower the number the worse.
    for (let replica = n; replica >= 1; replica--) rig.link.outcomes.set(id(replica), counts(replica));
    await met(n, {});
    await rig.pass(200);
    const all = Array.from({ length: n }, (_, i) => i + 1);
    expect(serving()).toEqual(all.filter((replica) => !out.includes(replica)).map(String));
  });
  const counts = (replica: number): OutcomeCounts => ({
    answered: replica,
    serverErrors: 100,
    refused: 0,
    reset: 0,
    timedOut: 0,
  });

  it('leaves one eligible when strikes on different replicas come at once (TRAPS 21)', async () => {
    await up(2);
    rig.link.ends(id(1), { reset: 9 });
    rig.link.ends(id(2), { reset: 9 });
    await rig.pass(100);
    expect(serving()).toEqual(['2']);
  });

  it('counts who is out for another reason: the last that is eligible is never ejected (TRAPS 21)', async () => {
    await up(4, { PANIC_THRESHOLD: '0%' });
    for (const replica of [1, 2, 3]) rig.runtime.behaviours.set(id(replica), 'sick');
    await rig.pass(6000);
    await met(4, { reset: 50 });
    expect(serving()).toEqual(['4']);
  });

  it('goes on with whoever is still guilty once others have returned', async () => {
    await up(2);
    await met(1, { reset: 5 });
    expect(serving()).toEqual(['2']);
    await met(2, { reset: 5 });
    expect(serving()).toEqual(['2']);
    await rig.pass(5000);
    expect(serving()).toEqual(['1', '2']);
    await met(2, {});
    expect(serving()).toEqual(['1']);
  });
});

describe('panic', () => {
  const status = () => rig.manager.summary();

  it('tries those that fail when fewer than half are ready, and says so', async () => {
    await up(3);
    for (const replica of [2, 3]) rig.runtime.behaviours.set(id(replica), 'sick');
    await rig.pass(5000);
    expect(serving()).toEqual(['1', '2', '3']);
    expect(status()).toMatchObject({ desired: 3, ready: 1, panic: true });
    expect(view(3)).toMatchObject({
      state: 'unready',
      reason: 'its probe fails: it answered 500; it is tried all the same: 1 of 3 replicas are ready (panic)',
    });
    expect(lines).toContain('panic: too few replicas are ready, those that fail are tried too');

    rig.runtime.behaviours.set(id(2), 'healthy');
    await rig.pass(3000);
    expect(serving()).toEqual(['1', '2']);
    expect(status()).toMatchObject({ ready: 2, panic: false });
    expect(view(3).reason).toBe('its probe fails: it answered 500');
    expect(lines).toContain('the panic is over');
  });

  it('tries the only replica there is, so that clients hear from it and not that there is none', async () => {
    await up(1);
    rig.runtime.behaviours.set(id(1), 'sick');
    await rig.pass(5000);
    expect(serving()).toEqual(['1']);
    expect(status()).toMatchObject({ ready: 0, panic: true });
    expect(rig.manager.isReady()).toBe(false);
  });

  it('never tries a successor that has not passed yet, nor one that drains (TRAPS 21)', async () => {
    await up(2, { RESTART_UNHEALTHY_AFTER: '3s' });
    rig.runtime.behaviour = 'sick';
    for (const replica of [1, 2]) rig.runtime.behaviours.set(id(replica), 'sick');
    const first = rig.runtime.running().map((one) => one.id);
    await rig.pass(4000);
    expect(status().panic).toBe(true);
    await rig.pass(8000);
    const successors = rig.runtime.running().filter((one) => !first.includes(one.id));
    expect(successors.length).toBeGreaterThan(0);
    const tried = rig.link.tables.flatMap(({ instances }) => instances.filter(({ state }) => state === 'ready'));
    for (const { id: successor } of successors) expect(tried.some((one) => one.id === successor)).toBe(false);
    const [one = ''] = first;
    const states = rig.link.tables.map(({ instances }) => instances.find((i) => i.id === one)?.state);
    expect(states.lastIndexOf('ready')).toBeLessThan(states.indexOf('draining'));
    expect(status().panic).toBe(false);
  });

  it('holds no strike against those that it tries', async () => {
    await up(1);
    rig.runtime.behaviours.set(id(1), 'sick');
    await rig.pass(5000);
    await met(1, { reset: 50 });
    expect(view(1).checks.conduct).toMatchObject({ reset: 0, ejections: 0 });
  });

  it('is never with PANIC_THRESHOLD=0%', async () => {
    await up(1, { PANIC_THRESHOLD: '0%' });
    rig.runtime.behaviours.set(id(1), 'sick');
    await rig.pass(5000);
    expect(serving()).toEqual([]);
    expect(status().panic).toBe(false);
  });
});

describe('time that jumps (TRAPS 16)', () => {
  it.each([3_600_000, -3_600_000])('by the wall clock (%i ms) neither ejects nor recalls anybody', async (ms) => {
    await up(3);
    await met(2, { reset: 5 });
    rig.clock.shiftWall(ms);
    await met(1, { reset: 1, answered: 100 });
    expect(serving()).toEqual(['1', '3']);
    await rig.pass(5000);
    expect(serving()).toEqual(['1', '2', '3']);
  });

  it('in a sleep of 10 min ejects nobody for the requests that broke with it', async () => {
    await up(3);
    rig.clock.suspend(600_000);
    // The counters are read before any timer has run, and once more after.
    for (const replica of [1, 2, 3]) rig.link.ends(id(replica), { timedOut: 50 });
    await rig.pass(500);
    for (const replica of [1, 2, 3]) await met(replica, { reset: 50 });
    expect(serving()).toEqual(['1', '2', '3']);
    expect(Object.values(rig.states())).toEqual(['ready', 'ready', 'ready']);
  });

  it('does not blind it: who fails after the sleep is ejected', async () => {
    await up(3);
    rig.clock.suspend(600_000);
    await rig.pass(4000);
    await met(2, { reset: 5 });
    expect(serving()).toEqual(['1', '3']);
  });
});

describe('the checks of a replica', () => {
  it('show the last probe and what its requests met', async () => {
    await up(3);
    await met(2, { answered: 7, serverErrors: 2, refused: 1 });
    const { probe, conduct } = view(2).checks;
    expect(probe).toMatchObject({ result: 'passed', durationMs: 0, reason: null });
    expect(Date.parse(probe?.at ?? '')).toBeLessThanOrEqual(rig.clock.wall());
    expect(conduct).toEqual({
      answered: 7,
      serverErrors: 2,
      refused: 1,
      reset: 0,
      timedOut: 0,
      failuresInARow: 0,
      ejections: 0,
      ejectedUntil: null,
    });
  });

  it('show why the last probe failed, also of a replica that is still ready', async () => {
    await up(3);
    rig.runtime.behaviours.set(id(2), 'sick');
    await rig.pass(1200);
    expect(view(2)).toMatchObject({
      state: 'ready',
      checks: { probe: { result: 'failed', reason: 'it answered 500', inARow: expect.any(Number) } },
    });
  });

  it('show what has left the window no more, and the ejection until it is over', async () => {
    await up(3);
    await met(2, { answered: 7, reset: 1 });
    await rig.pass(10_000);
    expect(view(2).checks.conduct).toMatchObject({ answered: 0, reset: 0 });
    await met(2, { reset: 5 });
    expect(view(2).checks.conduct).toMatchObject({ ejections: 1, ejectedUntil: expect.any(String) });
    await rig.pass(6000);
    expect(view(2).checks.conduct).toMatchObject({ ejections: 1, ejectedUntil: null });
  });

  it('are none while a replica has no instance', async () => {
    await up(3);
    rig.runtime.disturb = (call) => (call === 'create' ? 'hang' : undefined);
    rig.runtime.die(id(2));
    await rig.pass(500);
    expect(view(2).checks).toEqual({ probe: null, conduct: null });
  });
});
