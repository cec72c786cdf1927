import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ProbeResult } from '../health.js';
import { Prober, type Subject } from './prober.js';
import { FakeClock } from '../testing/fake-clock.js';

describe('the prober', () => {
  let clock: FakeClock;
  let prober: Prober;
  let probes: { port: number; at: number }[];
  let results: { id: string; result: ProbeResult }[];
  let takes: number;
  let verdict: ProbeResult;
  let chance: number;
  const subject = (port: number, starting = false): Subject => ({
    target: { address: { host: 'h', port }, path: '/', demand: { protocol: 'tcp' } },
    starting,
  });
  const times = () => probes.map(({ at }) => at);

  beforeEach(() => {
    clock = new FakeClock();
    const start = clock.now();
    probes = [];
    results = [];
    takes = 0;
    chance = 0.5;
    verdict = { kind: 'passed' };
    const probe = async ({ address: { port } }: { address: { port: number } }) => {
      probes.push({ port, at: clock.now() - start });
      await new Promise<void>((resolve) => (takes > 0 ? clock.after(takes, resolve) : resolve()));
      return verdict;
    };
    prober = new Prober({
      probe,
      clock,
      timing: { interval: 2000, timeout: 1000, suspectProbes: 3 },
      random: () => chance,
      onResult: (id, result) => results.push({ id, result }),
    });
  });

  it('looks at once when an instance appears, then at the interval', async () => {
    prober.track(new Map([['a', subject(1)]]));
    await clock.advance(6000);
    expect(times()).toEqual([0, 2000, 4000, 6000]);
  });

  it('looks fast while an instance starts, and slows down to the interval', async () => {
    prober.track(new Map([['a', subject(1, true)]]));
    await clock.advance(120_000);
    const gaps = times()
      .slice(1)
      .map((at, i) => at - (times()[i] ?? 0));
    expect(gaps[0]).toBe(3);
    expect(Math.max(...gaps)).toBeCloseTo(2000);
    // Whoever comes up between two probes waits for the second one: no longer than a small part of what it took so far.
    const waits = gaps.map((gap, i) => gap / Math.max(100, times()[i + 1] ?? 0));
    expect(Math.max(...waits)).toBeLessThan(0.07);
    expect(times().filter((at) => at <= 1000).length).toBeLessThan(100);
    expect(gaps.every((gap, i) => i === 0 || gap >= (gaps[i - 1] ?? 0) - 1e-6)).toBe(true);
  });

  it('spreads the interval by ±10 %, so that instances that appeared together drift apart', async () => {
    for (const [at, port] of [
      [0, 1],
      [1, 2],
    ] as const) {
      chance = at;
      prober.track(new Map([['a', subject(port)]]));
      await clock.advance(10_000);
      prober.track(new Map());
    }
    const gaps = (port: number) => {
      const seen = probes.filter((probe) => probe.port === port).map(({ at }) => at);
      return seen.slice(1).map((at, i) => at - (seen[i] ?? 0));
    };
    expect([gaps(1)[0], gaps(2)[0]]).toEqual([1800, 2200]);
  });

  it('looks closely after a first failure, until enough results are in for a verdict, and then as ever', async () => {
    prober.track(new Map([['a', subject(1)]]));
    await clock.advance(1000);
    verdict = { kind: 'failed', reason: 'it answered 500' };
    await clock.advance(6000);
    expect(times()).toEqual([0, 2000, 2250, 2500, 2750, 4750, 6750]);
  });

  it('looks closely for a while after the data plane saw something', async () => {
    prober.track(new Map([['a', subject(1)]]));
    await clock.advance(1000);
    prober.nudge('a');
    await clock.advance(4000);
    expect(times()).toEqual([0, 1000, 1250, 1500, 3500]);
  });

  it('knows that it could not run in time, before and after it runs again (TRAPS 16)', async () => {
    prober.track(new Map([['a', subject(1)]]));
    await clock.advance(5000);
    expect(prober.lastAsleep).toBe(-Infinity);
    clock.suspend(600_000);
    const woke = clock.now();
    expect(prober.lastAsleep).toBe(woke);
    await clock.advance(3000);
    expect(prober.lastAsleep).toBe(woke);
  });

  it('never has two probes of an instance under way', async () => {
    takes = 5000;
    prober.track(new Map([['a', subject(1)]]));
    await clock.advance(4000);
    prober.nudge('a');
    expect(probes).toHaveLength(1);
  });

  it('looks at once when the data plane saw something, and once for many sightings', async () => {
    prober.track(new Map([['a', subject(1)]]));
    await clock.advance(1000);
    for (let i = 0; i < 100; i++) prober.nudge('a');
    await clock.advance(100);
    expect(times()).toEqual([0, 1000]);
    for (let i = 0; i < 50; i++) {
      prober.nudge('a');
      await clock.advance(10);
    }
    expect(times().length).toBeLessThanOrEqual(2 + 6);
  });

  it('looks once more when something was seen during a probe', async () => {
    takes = 50;
    prober.track(new Map([['a', subject(1)]]));
    await clock.advance(10);
    prober.nudge('a');
    await clock.advance(300);
    expect(times()).toEqual([0, 150]);
  });

  it('forgets who is not tracked any more, with what was under way', async () => {
    takes = 500;
    prober.track(new Map([['a', subject(1)]]));
    await clock.advance(100);
    prober.track(new Map());
    await clock.advance(10_000);
    expect(results).toEqual([]);
    expect(probes).toHaveLength(1);
  });

  it('drops the answer of an address that the instance has left', async () => {
    takes = 500;
    prober.track(new Map([['a', subject(1)]]));
    await clock.advance(100);
    prober.track(new Map([['a', subject(2)]]));
    await clock.advance(500);
    expect(results).toEqual([]);
  });

  it('fails whoever cannot be reached, with the reason, at the same pace', async () => {
    prober.track(new Map([['a', { target: null, reason: 'it is paused by hand', starting: false }]]));
    await clock.advance(2000);
    expect(results).toEqual(Array(2).fill({ id: 'a', result: { kind: 'failed', reason: 'it is paused by hand' } }));
  });

  it('leaves no timer behind when it stops', async () => {
    prober.track(
      new Map([
        ['a', subject(1)],
        ['b', subject(2, true)],
      ]),
    );
    await clock.advance(500);
    prober.stop();
    prober.track(new Map([['c', subject(3)]]));
    expect(clock.pending).toBe(0);
  });
});
