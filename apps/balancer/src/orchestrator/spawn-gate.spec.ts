// What the gate promises: a pool that crashes as fast as it can does not melt the machine, and one that starts is not slowed.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Birth, RATE_PERIOD, SpawnGate, type SpawnPolicy } from './spawn-gate.js';

const POLICY: SpawnPolicy = { concurrency: 2, rate: 30 };
const born = (began: number, standby = false): Birth => ({ began, standby });

describe('the spawn gate', () => {
  it('lets two begin at once, and a third when one of them has ended', () => {
    const gate = new SpawnGate(POLICY);
    expect(gate.openings([], 0).members).toBe(2);
    expect(gate.openings([born(0)], 0).members).toBe(1);
    expect(gate.openings([born(0), born(0)], 0)).toMatchObject({ members: 0, reason: 'other replicas start first' });
  });

  it('does not slow a first start of three, nor the crash of one', () => {
    const gate = new SpawnGate(POLICY);
    for (const began of [0, 0, 300]) {
      expect(gate.openings([], began).members).toBeGreaterThan(0);
      gate.begun(began);
      gate.proved(true);
    }
    gate.begun(60_000);
    expect(gate.openings([born(60_000)], 60_000).members).toBe(1);
  });

  it('lets one begin at a time after a failure, and doubles with each success', () => {
    const gate = new SpawnGate({ concurrency: 8, rate: 1000 });
    gate.proved(false);
    expect(gate.openings([], 0).members).toBe(1);
    expect(gate.openings([born(0)], 0)).toMatchObject({
      members: 0,
      reason: 'others failed to start: replicas are started one by one',
    });
    const after = [2, 4, 8, 8].map(() => (gate.proved(true), gate.openings([], 0).members));
    expect(after).toEqual([2, 4, 8, 8]);
  });

  it('TRAPS 10: does not let a call that hangs hold up the next one in a slow start', () => {
    const gate = new SpawnGate(POLICY);
    gate.proved(false);
    const { members, until } = gate.openings([born(1000)], 2000);
    expect(members).toBe(0);
    expect(gate.openings([born(1000)], until).members).toBe(1);
  });

  it('leaves replicas a place and half of the rate that standbys cannot take', () => {
    const gate = new SpawnGate(POLICY);
    expect(gate.openings([born(0, true)], 0)).toMatchObject({ members: 1, standbys: 0 });
    for (let births = 0; births < 15; births++) gate.begun(0);
    const { standbys, members, until } = gate.openings([], 0);
    expect({ standbys, members }).toEqual({ standbys: 0, members: 2 });
    expect(gate.openings([], until).standbys).toBe(1);
  });

  it.each([1, 2, 3])('lets standbys begin when nobody else does, even at a rate of %d', (rate) => {
    const gate = new SpawnGate({ concurrency: 1, rate });
    gate.begun(0);
    const { until, standbys } = gate.openings([], 0);
    expect(standbys === 1 || gate.openings([], until).standbys === 1).toBe(true);
  });

  it('names the setting when it is the rate that holds somebody up, and the moment when it ends', () => {
    const gate = new SpawnGate(POLICY);
    for (let births = 0; births < 30; births++) gate.begun(0);
    const { members, reason, until } = gate.openings([], 0);
    expect(members).toBe(0);
    expect(reason).toMatch(/no more than 30 are in 10 s \(SPAWN_RATE\)/);
    expect(gate.openings([], until).members).toBe(1);
  });

  it('knows no rate where naming a replica costs nothing', () => {
    const gate = new SpawnGate({ concurrency: 2, rate: Infinity });
    for (let births = 0; births < 10_000; births++) gate.begun(0);
    expect(gate.openings([], 0)).toMatchObject({ members: 2, standbys: 1, until: Infinity });
  });

  it('never lets more begin than the policy allows, however fast a pool of crashing replicas asks', () => {
    const policy = fc.record({ concurrency: fc.integer({ min: 1, max: 6 }), rate: fc.integer({ min: 1, max: 40 }) });
    const births = fc.array(
      fc.record({ wait: fc.nat(400), takes: fc.nat(800), outcome: fc.constantFrom(true, false, false, undefined) }),
      { minLength: 50, maxLength: 200 },
    );
    fc.assert(
      fc.property(policy, births, (given, asked) => {
        const gate = new SpawnGate(given);
        const began: number[] = [];
        let underWay: (Birth & { readonly ends: number })[] = [];
        let now = 0;
        for (const { wait, takes, outcome } of asked) {
          now += wait;
          underWay = underWay.filter(({ ends }) => ends > now);
          const room = gate.openings(underWay, now).members;
          // Whoever asks takes all that there is.
          for (let taken = 0; taken < room; taken++) {
            gate.begun(now);
            began.push(now);
            underWay.push({ ...born(now), ends: now + takes });
          }
          if (underWay.length > given.concurrency) return false;
          if (outcome !== undefined) gate.proved(outcome);
          if (outcome === false && gate.openings([], now).members > 1) return false;
        }
        // In any stretch of time no more than its part of the rate and one burst.
        return began.every((from, first) =>
          began
            .slice(first)
            .every((to, later) => later + 1 <= given.rate + ((to - from) * given.rate) / RATE_PERIOD + 1e-6),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('always lets somebody begin in the end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(100),
        (concurrency, rate, n) => {
          const gate = new SpawnGate({ concurrency, rate });
          for (let births = 0; births < n; births++) gate.begun(births);
          gate.proved(false);
          const first = gate.openings([], n);
          return first.members > 0 || gate.openings([], first.until).members > 0;
        },
      ),
    );
  });
});
