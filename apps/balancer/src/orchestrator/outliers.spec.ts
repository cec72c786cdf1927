import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_OUTCOMES, type OutcomeCounts } from '../routing/link/messages.js';
import {
  afterEjection,
  afterOutcomes,
  afterReturn,
  type Conduct,
  ejectionsInARow,
  judge,
  mayEject,
  outcomesInWindow,
  outcomesSince,
  UNBLEMISHED,
} from './outliers.js';

const policy = {
  failures: 5,
  errors: 0.5,
  minRequests: 20,
  window: 10_000,
  time: 5000,
  timeMax: 60_000,
  maxEjected: 0.5,
};
type Seen = Partial<OutcomeCounts>;

/** One look each 100 ms. */
function after(looks: readonly Seen[], from: Conduct = UNBLEMISHED, start = 0): Conduct {
  return looks.reduce<Conduct>(
    (conduct, seen, i) => afterOutcomes(conduct, { ...NO_OUTCOMES, ...seen }, start + i * 100, policy),
    from,
  );
}
const verdict = (looks: readonly Seen[]) => judge(after(looks), looks.length * 100, policy)?.reason ?? null;
const times = (n: number, seen: Seen): Seen[] => Array.from({ length: n }, () => seen);

describe('an instance', () => {
  it.each<[string, Seen[], string | null]>([
    ['without requests is let alone', [], null],
    ['that answers is let alone', times(100, { answered: 10 }), null],
    ['is let alone for a single strike', [{ reset: 1 }], null],
    ['is let alone for one strike less than EJECT_FAILURES', times(4, { refused: 1 }), null],
    [
      'is ejected for failures in a row, of whatever kinds',
      [{ refused: 2 }, { reset: 1 }, { timedOut: 2 }],
      '5 requests in a row failed on it: 2 refused, 1 broken off, 2 timed out',
    ],
    ['is let alone when an answer comes in between', [{ reset: 4 }, { answered: 1 }, { reset: 4 }], null],
    ['is let alone for failures among answers of the same look', [{ reset: 9, answered: 10 }], null],
    ['is let alone for a few answers from 500 up in a row', times(19, { serverErrors: 1 }), null],
    [
      'is ejected when too many of enough answers are from 500 up',
      times(10, { serverErrors: 1, answered: 1 }),
      '10 of its last 20 requests went wrong: 10 answered from 500 up',
    ],
    ['bears a smaller part of them', times(10, { serverErrors: 9, answered: 10 }), null],
    [
      'is ejected for failures and errors together',
      [{ answered: 10, reset: 4, serverErrors: 6 }],
      '10 of its last 20 requests went wrong: 4 broken off, 6 answered from 500 up',
    ],
  ])('%s', (_, looks, reason) => {
    expect(verdict(looks)).toBe(reason);
  });

  it('is not held to what is older than the window', () => {
    const conduct = after(times(10, { serverErrors: 2 }));
    expect(judge(conduct, 9_000, policy)).not.toBeNull();
    expect(judge(conduct, 11_000, policy)).toBeNull();
    expect(after([{ answered: 1 }], conduct, 60_000).slices).toHaveLength(1);
  });

  it('is not ejected for failures in a row that lie further apart than the window', () => {
    const conduct = [0, 11_000, 22_000, 33_000, 44_000].reduce<Conduct>(
      (before, at) => afterOutcomes(before, { ...NO_OUTCOMES, reset: 1 }, at, policy),
      UNBLEMISHED,
    );
    expect(conduct.failuresInARow).toBe(1);
  });

  it('keeps a bounded memory, however long it serves', () => {
    expect(after(times(5000, { answered: 1 })).slices.length).toBeLessThanOrEqual(11);
  });

  it('has in its window what was seen, no more and no less', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap: fc.nat(3000), answered: fc.nat(9), reset: fc.nat(9) }), { maxLength: 60 }),
        (looks) => {
          let now = 0;
          let conduct: Conduct = UNBLEMISHED;
          const all: { at: number; answered: number; reset: number }[] = [];
          for (const { gap, answered, reset } of looks) {
            now += gap;
            all.push({ at: now, answered, reset });
            conduct = afterOutcomes(conduct, { ...NO_OUTCOMES, answered, reset }, now, policy);
          }
          const sum = (within: number) => {
            const seen = all.filter(({ at }) => now - at < within);
            return seen.reduce((total, { answered, reset }) => total + answered + reset, 0);
          };
          const { answered, reset } = outcomesInWindow(conduct, now, policy);
          // A step may be dropped as a whole: what it holds is as old as its oldest.
          expect(answered + reset).toBeLessThanOrEqual(sum(policy.window));
          expect(answered + reset).toBeGreaterThanOrEqual(sum(policy.window - policy.window / 10));
        },
      ),
    );
  });
});

describe('counters', () => {
  it('that are lower than before, because somebody counts anew, are no requests', () => {
    const before = { ...NO_OUTCOMES, answered: 10, reset: 3 };
    expect(outcomesSince(before, { ...NO_OUTCOMES, answered: 12, reset: 4 })).toEqual({
      ...NO_OUTCOMES,
      answered: 2,
      reset: 1,
    });
    expect(outcomesSince(before, { ...NO_OUTCOMES, answered: 1 })).toEqual(NO_OUTCOMES);
  });
});

describe('the length of an ejection', () => {
  /** Ejected, back at once, ejected again after `service` ms, and so on. */
  function lengths(count: number, service: number): number[] {
    let [conduct, now]: [Conduct, number] = [UNBLEMISHED, 0];
    return Array.from({ length: count }, () => {
      conduct = afterEjection(conduct, now, policy);
      const { at, until } = conduct.lastEjection ?? { at: 0, until: 0 };
      conduct = afterReturn(conduct, until);
      now = until + service;
      return until - at;
    });
  }

  it('doubles with each that follows soon, up to EJECT_TIME_MAX', () => {
    expect(lengths(6, 1000)).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('is the first one again after a long time of service', () => {
    expect(lengths(3, 600_000)).toEqual([5000, 5000, 5000]);
  });

  it('shrinks by one step for each time of service as long as the last, or as the window', () => {
    const third = [0, 1, 2].reduce<Conduct>((conduct) => afterEjection(conduct, 0, policy), UNBLEMISHED);
    const back = afterReturn(third, 20_000);
    expect([20_000, 39_999, 40_000, 60_000, 999_999].map((now) => ejectionsInARow(back, now, policy))).toEqual([
      3, 3, 2, 1, 0,
    ]);
  });

  it('does not shrink while it is out, however long its probes fail', () => {
    expect(ejectionsInARow(afterEjection(UNBLEMISHED, 0, policy), 10_000_000, policy)).toBe(1);
  });

  it('is never zero, and never above EJECT_TIME_MAX', () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(100_000), (count, service) => {
        for (const length of lengths(Math.min(count, 50), service)) {
          expect(length).toBeGreaterThanOrEqual(policy.time);
          expect(length).toBeLessThanOrEqual(policy.timeMax);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('begins with a clean window after the return', () => {
    const guilty = after(times(5, { reset: 1 }));
    const back = afterReturn(afterEjection(guilty, 500, policy), 6000);
    expect(judge(back, 6000, policy)).toBeNull();
    expect(judge(after(times(4, { reset: 1 }), back, 6000), 6400, policy)).toBeNull();
  });
});

describe('how many may be ejected', () => {
  const most = (wanted: number, part: number): number => {
    let ejected = 0;
    while (mayEject({ wanted, eligible: wanted - ejected, ejected }, part)) ejected++;
    return ejected;
  };

  it.each([
    [1, 0.5, 0],
    [2, 0.5, 1],
    [3, 0.5, 1],
    [4, 0.5, 2],
    [5, 0.5, 2],
    [3, 0.1, 0],
    [10, 0.1, 1],
    [100, 0.29, 29],
    [1, 1, 0],
    [2, 1, 1],
    [3, 1, 2],
    [3, 0, 0],
  ])('of %i replicas with MAX_EJECTED %f is %i', (wanted, part, expected) => {
    expect(most(wanted, part)).toBe(expected);
  });

  it('is none while only one is eligible, whatever keeps the others out', () => {
    expect(mayEject({ wanted: 4, eligible: 1, ejected: 0 }, 1)).toBe(false);
  });
});
