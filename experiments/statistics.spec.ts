// The arithmetic behind the experiments' numbers.
import { describe, expect, it } from '@jest/globals';
import { countsOf, moves, noise, spread } from './statistics.ts';

describe('spread', () => {
  it('is none where all counts are equal', () => {
    expect(spread([5, 5, 5])).toEqual({ mean: 5, deviation: 0, maxOverMean: 1 });
  });

  it('is taken over the replicas that there are', () => {
    expect(spread([2, 4, 6])).toEqual({ mean: 4, deviation: Math.sqrt(8 / 3), maxOverMean: 1.5 });
  });
});

describe('chance', () => {
  it('strays by the standard deviation of a multinomial count', () => {
    expect(noise(10_000, 2).deviation).toBeCloseTo(50, 10);
    expect(noise(10_000, 3).countWithin95).toBeCloseTo(1.96 * Math.sqrt(10_000 * (1 / 3) * (2 / 3)), 10);
  });

  it('of two replicas exceeds its greatest usual max/mean as rarely as the normal law says', () => {
    // One of two is above the mean by as much as the other is below: 1.96 standard deviations at 5 %.
    expect(noise(10_000, 2).maxOverMean95).toBeCloseTo(1 + (1.96 * 50) / 5000, 3);
  });

  it('is the same in every run', () => {
    expect(noise(10_000, 5)).toEqual(noise(10_000, 5));
  });

  it('is what counts of a fair drawing show', () => {
    // Fixed draws of a generator that has nothing to do with the one inside.
    let state = 12_345;
    const draw = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) / 2 ** 31;
    const { maxOverMean95 } = noise(2000, 4);
    const above = Array.from({ length: 1000 }, () => {
      const counts = [0, 0, 0, 0];
      for (let i = 0; i < 2000; i++) counts[Math.floor(draw() * 4)] += 1;
      return spread(counts).maxOverMean;
    }).filter((ratio) => ratio > maxOverMean95).length;
    expect(above / 1000).toBeGreaterThan(0.03);
    expect(above / 1000).toBeLessThan(0.07);
  });
});

describe('counts', () => {
  it('include a replica that answered nothing', () => {
    expect(countsOf(['a', 'b', 'c'], ['c', 'a', 'c'])).toEqual([1, 0, 2]);
  });

  it('refuse an answer of somebody who is no replica', () => {
    expect(() => countsOf(['a'], ['a', 'x'])).toThrow('"x"');
  });
});

describe('moves', () => {
  it('to a newcomer are no collateral', () => {
    expect(moves(['a', 'a', 'b', 'b'], ['a', 'c', 'b', 'b'])).toEqual({ moved: 0.25, collateral: 0 });
  });

  it('from one that is gone are no collateral', () => {
    expect(moves(['a', 'b', 'b', 'c'], ['a', 'a', 'c', 'c'])).toEqual({ moved: 0.5, collateral: 0 });
  });

  it('between two that stay are', () => {
    expect(moves(['a', 'a', 'b', 'b'], ['a', 'b', 'b', 'c'])).toEqual({ moved: 0.5, collateral: 0.25 });
  });

  it('are none when everybody has his keys', () => {
    expect(moves(['a', 'b'], ['a', 'b'])).toEqual({ moved: 0, collateral: 0 });
  });
});
