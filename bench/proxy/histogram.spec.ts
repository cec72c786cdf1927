import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Histogram } from './histogram.ts';

const of = (values: readonly number[]) => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

describe('a histogram of latencies', () => {
  it('gives any quantile within one percent of the value that has that rank', () => {
    const latencies = fc.array(fc.integer({ min: 0, max: 60_000_000_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(latencies, fc.constantFrom(0, 0.01, 0.5, 0.9, 0.99, 1), (values, part) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(part * sorted.length)) - 1] ?? NaN;
        expect(Math.abs(of(values).quantile(part) - exact)).toBeLessThanOrEqual(exact / 100);
      }),
    );
  });

  it('holds at the edges of powers of two, where rounding would be seen', () => {
    for (let bits = 1; bits < 36; bits++)
      for (const value of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1])
        expect(Math.abs(of([value]).quantile(0.5) - value)).toBeLessThanOrEqual(value / 100);
  });

  it('puts what is longer than it can tell apart into its last bucket', () => {
    expect(of([1e12]).quantile(0.5)).toBeGreaterThan(6e10);
  });

  it('counts what it was given, and has no quantile of nothing', () => {
    expect(of([1, 2, 3]).total).toBe(3);
    expect(of([]).quantile(0.5)).toBeNaN();
  });
});
