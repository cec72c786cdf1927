// The steady load as a plan: what is due when, and that nothing is left out.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dueAfter, dueTime, isJudged, requestAt } from './plan.js';

const PLAN = { rate: 100, keys: 37, postEvery: 5 };

describe('the plan of a load', () => {
  it('has each request due at its own time, and never one before', () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.integer({ min: 1, max: 5000 }), (i, rate) => {
        const due = dueTime(i, rate);
        expect(dueAfter(due + 0.001, rate)).toBeGreaterThan(i);
        if (due > 0.001) expect(dueAfter(due - 0.001, rate)).toBeLessThanOrEqual(i);
      }),
    );
  });

  it('has nothing due before the beginning, and one request at it', () => {
    expect([dueAfter(-1, 100), dueAfter(0, 100), dueAfter(9.9, 100), dueAfter(10, 100)]).toEqual([0, 1, 1, 2]);
  });

  it('asks about every key equally often', () => {
    const counts = new Array<number>(PLAN.keys).fill(0);
    for (let i = 0; i < PLAN.keys * 50; i++) counts[requestAt(i, PLAN).key] += 1;
    expect(new Set(counts)).toEqual(new Set([50]));
  });

  it('gives every request an id of its own, and each fifth is a POST', () => {
    const all = Array.from({ length: 1000 }, (_, i) => requestAt(i, PLAN));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1000);
    expect(all.filter(({ method }) => method === 'POST').length).toBe(200);
    expect(all.every(({ id, method }) => id.startsWith(method) && isJudged(id))).toBe(true);
  });

  it('can be without POSTs', () => {
    const methods = Array.from({ length: 20 }, (_, i) => requestAt(i, { ...PLAN, postEvery: 0 }).method);
    expect(new Set(methods)).toEqual(new Set(['GET']));
  });

  it('keeps the ids of a rehearsal, and of anything else, apart', () => {
    expect(isJudged(requestAt(4, { ...PLAN, rehearsal: true }).id)).toBe(false);
    expect(isJudged('o12')).toBe(false);
  });
});
