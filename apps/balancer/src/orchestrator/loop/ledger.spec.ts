// What a probe's result and a start change for the plan. How deaths are accounted is shown by whole pools in scenarios/.
import { describe, expect, it } from '@jest/globals';
import { instance } from '../testing/plan-world.js';
import { Ledger, type LedgerPolicy } from './ledger.js';

const POLICY: LedgerPolicy = {
  health: { pass: 1, fail: 3, longestGap: 4000 },
  outliers: {
    failures: 5,
    errors: 0.5,
    minRequests: 20,
    window: 10_000,
    time: 10_000,
    timeMax: 60_000,
    maxEjected: 0.5,
  },
  restart: { base: 100, cap: 10_000, crashLoopLimit: 5, crashLoopWindow: 60_000, stableAfter: 10_000 },
};
const REFUSED = { kind: 'failed', reason: 'the connection was refused' } as const;
const at = (now: number) => ({ now, wall: now });

describe('what is remembered of an instance', () => {
  const started = () => {
    const ledger = new Ledger(POLICY, () => 0.5);
    ledger.observe([instance('a1', 'A', { startedAt: 0 })], ledger.mark(), at(0));
    return ledger;
  };

  it('tells the plan of a probe that fails as the last one did only each 250 ms of it', () => {
    const ledger = started();
    const told = Array.from({ length: 100 }, (_, k) => ledger.probed('a1', REFUSED, 10 * (k + 1), 0));
    expect(told.flatMap((news, k) => (news ? 10 * (k + 1) : []))).toEqual([10, 250, 500, 750, 1000]);
  });

  it('tells the plan at once of another reason, and of a passed probe', () => {
    const ledger = started();
    ledger.probed('a1', REFUSED, 10, 0);
    expect(ledger.probed('a1', { kind: 'failed', reason: 'it answered 503' }, 13, 0)).toBe(true);
    expect(ledger.probed('a1', { kind: 'passed' }, 16, 0)).toBe(true);
    expect(ledger.probed('a1', { kind: 'passed' }, 19, 0)).toBe(false);
  });

  it('expects somebody from the list that shows it running to its first passed probe, its end or its leaving', () => {
    const after = (happen: (ledger: Ledger) => void) => {
      const ledger = started();
      happen(ledger);
      return ledger.expecting;
    };
    expect(after(() => {})).toBe(true);
    expect(after((ledger) => ledger.probed('a1', REFUSED, 10, 0))).toBe(true);
    expect(after((ledger) => ledger.probed('a1', { kind: 'passed' }, 10, 0))).toBe(false);
    expect(after((ledger) => ledger.retire('a1', 'it leaves', 10))).toBe(false);
    expect(after((ledger) => ledger.observe([], ledger.mark(), at(10)))).toBe(false);
    expect(after((ledger) => ledger.born('b1', { slot: 'B', generation: 1 }, 10))).toBe(true);
    expect(new Ledger(POLICY, () => 0.5).expecting).toBe(false);
  });
});
