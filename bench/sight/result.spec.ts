import { describe, expect, it } from '@jest/globals';
import { extraCost, median, sightTable } from './result.ts';

const pairs = [
  { without: 100, with: 104 },
  { without: 200, with: 206 },
  { without: 100, with: 190 },
];

describe('what sight costs', () => {
  it('is the median of the pairs’ own ratios, so that one disturbed turn changes nothing', () => {
    expect(extraCost({ pairs })).toBeCloseTo(0.04);
  });

  it('has a median for an even number, too', () => {
    expect(median([3, 1])).toBe(2);
    expect(median([])).toBeNaN();
  });

  it('is judged by what it may cost', () => {
    const of = (most: number | null) => sightTable({ requests: 1, measured: [{ what: 'metrics', most, pairs }] });
    expect(of(0.05)).toContain('| metrics | 100.0 | 190.0 | +4.0 % | +3.0 % to +90.0 % | ≤ +5.0 % | kept |');
    expect(of(0.03)).toContain('**missed**');
    expect(of(null)).toContain('| +4.0 % | +3.0 % to +90.0 % |  |  |');
  });
});
