// What counts as flat, and what does not.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amountVerdict, countVerdict, median, type Point } from './flatness.ts';

const series = (values: readonly number[]): Point[] => values.map((value, i) => ({ at: 100 * i, value }));
const ALLOWANCE = { part: 0.05, fixed: 1 };

describe('a count', () => {
  it('is flat when it comes back to where it began, whatever it was in between', () => {
    expect(countVerdict(series([7, 19, 30, 7]))).toMatchObject({ flat: true, before: 7, after: 7 });
  });

  it('is not flat when one more is left at the end', () => {
    expect(countVerdict(series([7, 7, 7, 8]))).toMatchObject({
      flat: false,
      reason: '1 more than at the first sample',
    });
  });
});

describe('an amount', () => {
  it('is flat while it wavers, and while it only grows at first', () => {
    expect(amountVerdict(series([40, 60, 99, 101, 100, 102, 98, 101]), ALLOWANCE).flat).toBe(true);
  });

  it('is not flat when it grows on', () => {
    const verdict = amountVerdict(series(Array.from({ length: 20 }, (_, i) => 100 + i)), ALLOWANCE);
    expect(verdict).toMatchObject({ flat: false, before: 107, after: 117 });
    expect(verdict.slope).toBeCloseTo(10);
  });

  it('is not called flat on too few samples', () => {
    expect(amountVerdict(series([1, 1, 1]), ALLOWANCE)).toMatchObject({
      flat: false,
      reason: 'too few samples to tell',
    });
  });

  it('is flat wherever it lies as long as it stays there, and never when it doubles from the second quarter to the last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 1000 }), fc.integer({ min: 4, max: 60 }), (level, length) => {
        expect(amountVerdict(series(Array<number>(length).fill(level)), ALLOWANCE).flat).toBe(true);
        const growing = Array.from({ length }, (_, i) => (i < length - Math.floor(length / 4) ? level : 2 * level));
        expect(amountVerdict(series(growing), ALLOWANCE).flat).toBe(false);
      }),
    );
  });
});

it('takes the middle of the values as their median', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([5])]).toEqual([2, 2.5, 5]);
});
