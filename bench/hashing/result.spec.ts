// How several passes of the benchmark become one result.
import { expect, it } from '@jest/globals';
import { best } from './result.ts';

const at = (N: number, buildMs: number, lookupNs: number, hashedLookupNs: number | null = null) => ({
  N,
  buildMs,
  lookupNs,
  hashedLookupNs,
});

it('the least of each number counts, whichever pass it came from', () => {
  expect(best([[at(3, 1, 50, 9)], [at(3, 2, 40, 8)]])).toEqual([at(3, 1, 40, 8)]);
});

it('a pass that had to leave a size out does not hide the others', () => {
  const missing = { N: 3, buildMs: null, lookupNs: null, hashedLookupNs: null, missing: 'too slow' };
  expect(best([[missing], [at(3, 2, 40)]])).toEqual([at(3, 2, 40)]);
  expect(best([[missing], [missing]])).toEqual([missing]);
});
