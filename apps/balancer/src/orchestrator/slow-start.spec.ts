import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rampAfter, SlowStart } from './slow-start.js';

const MINUTE = 60_000;

describe('a ramp', () => {
  it.each([
    // elapsed, duration, ramp, next step
    [0, 10_000, 0.05, 10_000 / 19],
    [5000, 10_000, 0.5, (10 * 10_000) / 19],
    [9999, 10_000, 0.95, 10_000],
    [0, 1000, 0.2, 250],
    [600, 1000, 0.6, 750],
    [0, 100, 0.5, 100],
  ])('after %d of %d ms is %d', (elapsed, duration, ramp, nextAfter) => {
    const now = rampAfter(elapsed, duration);
    expect(now.ramp).toBeCloseTo(ramp, 10);
    expect(now.nextAfter).toBeCloseTo(nextAfter, 6);
  });

  it('is above 0 from the beginning, never falls, and is whole when its time is over', () => {
    const duration = fc.integer({ min: 1, max: 60 * MINUTE });
    fc.assert(
      fc.property(
        duration,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (whole, a, b) => {
          const [early, late] = [Math.min(a, b) * whole, Math.max(a, b) * whole];
          expect(rampAfter(early, whole).ramp).toBeGreaterThan(0);
          expect(rampAfter(late, whole).ramp).toBeGreaterThanOrEqual(rampAfter(early, whole).ramp);
          expect(rampAfter(whole, whole)).toEqual({ ramp: 1, nextAfter: Infinity });
        },
      ),
    );
  });

  it('takes its next step at the very moment that it names, in steps of 5 % or 250 ms', () => {
    const anyTime = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 250, max: 60 * MINUTE }), anyTime, (duration, since) => {
        let steps = 0;
        for (let elapsed = 0; ; steps++) {
          const { ramp, nextAfter } = rampAfter(elapsed, duration);
          if (ramp === 1) break;
          const wakeAt = since + nextAfter;
          // As the loop computes it, with all that rounding does to it.
          const next = rampAfter(wakeAt - since, duration);
          expect(next.ramp).toBeGreaterThan(ramp);
          expect(wakeAt - since - elapsed).toBeGreaterThan(249.99);
          elapsed = wakeAt - since;
        }
        expect(steps).toBeLessThanOrEqual(19);
      }),
    );
  });
});

describe('the slow start', () => {
  const member = (name: string, firstGeneration = 1) => ({ name, firstGeneration });
  const [A, B, N] = [member('A'), member('B'), member('N')];
  const ramps = (slowStart: SlowStart) => Object.fromEntries(slowStart.ramps);
  const begun = (duration = 10_000) => {
    const slowStart = new SlowStart(duration);
    slowStart.advance([A, B], new Set(), 0);
    return slowStart;
  };

  it('is for nobody who was a member when the balancer started, however late it is ready', () => {
    const slowStart = begun();
    slowStart.advance([A, B], new Set(['A', 'B']), 50_000);
    expect(ramps(slowStart)).toEqual({});
    expect(slowStart.wakeAt).toBe(Infinity);
  });

  it('begins with the newcomer’s first readiness, and goes on by the clock through its deaths', () => {
    const slowStart = begun();
    slowStart.advance([A, B, N], new Set(['A', 'B']), 1000);
    expect(ramps(slowStart)).toEqual({});
    slowStart.advance([A, B, N], new Set(['A', 'B', 'N']), 8000);
    expect(ramps(slowStart)).toEqual({ N: 0.05 });
    expect(slowStart.wakeAt).toBeCloseTo(8000 + 10_000 / 19, 6);
    slowStart.advance([A, B, N], new Set(['A', 'B']), 13_000);
    expect(ramps(slowStart)).toEqual({ N: 0.5 });
    slowStart.advance([A, B, N], new Set(['A', 'B', 'N']), 18_000);
    expect(ramps(slowStart)).toEqual({});
    expect(slowStart.wakeAt).toBe(Infinity);
  });

  it('begins anew for a name that was removed and added again', () => {
    const slowStart = begun();
    slowStart.advance([A, B, N], new Set(['N']), 0);
    slowStart.advance([A, B, member('N', 2)], new Set(), 5000);
    expect(ramps(slowStart)).toEqual({});
    slowStart.advance([A, B, member('N', 2)], new Set(['N']), 6000);
    expect(ramps(slowStart)).toEqual({ N: 0.05 });
    slowStart.advance([A, B], new Set(), 7000);
    expect(slowStart.wakeAt).toBe(Infinity);
  });

  it('counts each newcomer by its own time, and wakes for the next step of any', () => {
    const slowStart = begun();
    slowStart.advance([A, B, N, member('O')], new Set(['N']), 0);
    slowStart.advance([A, B, N, member('O')], new Set(['N', 'O']), 5000);
    expect(ramps(slowStart)).toEqual({ N: 0.5, O: 0.05 });
    expect(slowStart.wakeAt).toBeCloseTo((10 * 10_000) / 19, 6);
  });

  it('is off with 0', () => {
    const slowStart = begun(0);
    slowStart.advance([A, B, N], new Set(['N']), 0);
    expect([ramps(slowStart), slowStart.wakeAt]).toEqual([{}, Infinity]);
  });
});
