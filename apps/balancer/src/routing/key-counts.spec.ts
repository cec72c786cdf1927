import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_LINKS, NO_LINK } from './hash-key.js';
import { KeyCounts } from './key-counts.js';

describe('the counts of a key chain', () => {
  it('tell for each link how many keys it supplied, over all workers, and last how many none did', () => {
    const link = fc.integer({ min: NO_LINK, max: MAX_LINKS - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), link)), (requests) => {
        const counts = KeyCounts.create(3);
        for (const [worker, chosen] of requests) counts.count(worker, chosen);
        const of = (wanted: number) => requests.filter(([, chosen]) => chosen === wanted).length;
        expect(counts.totals(MAX_LINKS)).toEqual([...Array.from({ length: MAX_LINKS }, (_, i) => of(i)), of(NO_LINK)]);
      }),
    );
  });

  it('are seen by whoever opens the same memory', () => {
    const counts = KeyCounts.create(1);
    new KeyCounts(counts.buffer).count(0, 1);
    expect(counts.totals(2)).toEqual([0, 1, 0]);
  });

  it('go on beyond 2^32', () => {
    const counts = KeyCounts.create(1);
    new Float64Array(counts.buffer)[0] = 2 ** 32 - 1;
    counts.count(0, 0);
    expect(counts.totals(1)).toEqual([2 ** 32, 0]);
  });

  it('begin at zero for another chain', () => {
    const counts = KeyCounts.create(2);
    counts.count(1, 0);
    counts.count(0, NO_LINK);
    counts.reset();
    expect(counts.totals(1)).toEqual([0, 0]);
    counts.count(1, 0);
    expect(counts.totals(1)).toEqual([1, 0]);
  });
});
