import { describe, expect, it } from '@jest/globals';
import { extraCost, quantile, sightTable } from './result.ts';

const spent = (lane: number) => ({ lane, process: 2 * lane });
const pairs = [
  { without: spent(100), with: { lane: 104, process: 220 } },
  { without: spent(200), with: { lane: 206, process: 440 } },
  { without: spent(100), with: { lane: 190, process: 220 } },
];

describe('what sight costs', () => {
  it('is the median of the pairs’ own ratios, so that one disturbed turn changes nothing', () => {
    expect(extraCost({ pairs })).toBeCloseTo(0.04);
    expect(extraCost({ pairs }, 'process')).toBeCloseTo(0.1);
  });

  it('has a median and quartiles for any number of pairs', () => {
    expect(quantile([3, 1], 0.5)).toBe(2);
    expect(quantile([5, 1, 2, 4, 3], 0.25)).toBe(2);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('is judged by what it may cost the lane', () => {
    const of = (most: number | null) => sightTable({ measured: [{ what: 'metrics', most, pairs }] });
    expect(of(0.05)).toContain(
      '| metrics | 100.00 | 190.00 | +4.0 % | +3.5 % to +47.0 % | ≤ +5.0 % | kept | +10.0 % |',
    );
    expect(of(0.03)).toContain('**missed**');
    expect(of(null)).toContain('| +4.0 % | +3.5 % to +47.0 % |  |  |');
  });
});
