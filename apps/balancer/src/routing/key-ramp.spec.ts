import { describe, expect, it } from '@jest/globals';
import { type Algorithm, buildPlacement } from '@hashflow/hashing';
import fc from 'fast-check';
import { EVERY_KEY, rampDraw, rampLimit } from './key-ramp.js';
import { placementOptions } from './ring-recipe.js';
import { testRecipe } from './testing/snapshots.js';

const anyHash = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const PARTS = 20;
/** For 19 degrees of freedom: a fair division goes beyond once in a million times. */
const BEYOND_CHANCE = 66.6;

/** Key hashes that follow each other as the outputs of a good hash do: the same in each run. */
function* hashes(count: number): Iterable<number> {
  let state = 0x9e3779b9;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    yield Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) ^ (i * 0x85ebca6b);
  }
}

function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('the draw of a key (TRAPS 24)', () => {
  it('takes all keys at 1 and none at 0', () => {
    fc.assert(
      fc.property(anyHash, (hash) => {
        expect(rampDraw(hash)).toBeLessThan(EVERY_KEY);
        expect(rampDraw(hash)).toBeGreaterThanOrEqual(rampLimit(0));
      }),
    );
    expect(rampLimit(1)).toBe(EVERY_KEY);
  });

  it('is the same for a hash signed or unsigned', () => {
    fc.assert(fc.property(anyHash, (hash) => expect(rampDraw(hash >>> 0)).toBe(rampDraw(hash))));
  });

  // A draw that went with the owner would move all keys of one newcomer in one step, and none of another until the end.
  it.each<Algorithm>(['hrw', 'frt', 'ketama', 'maglev', 'classic'])(
    'is spread evenly over the keys of each replica, placed by %s',
    (algorithm) => {
      const ring = { recipe: testRecipe({ classicHash: 'keyed' }), seed: '0123456789abcdef', hashKey: 'random' };
      const members = ['A', 'B', 'C', 'D', 'E'].map((id) => ({ id, weight: 1 }));
      const placement = buildPlacement(algorithm, members, placementOptions(ring));
      const counts = members.map(() => Array.from({ length: PARTS }, () => 0));
      for (const hash of hashes(400_000)) {
        counts[placement.lookupHash(hash)][Math.floor((rampDraw(hash) / EVERY_KEY) * PARTS)]++;
      }
      for (const parts of counts) expect(chiSquare(parts)).toBeLessThan(BEYOND_CHANCE);
    },
  );

  it('is spread evenly over neighbouring hashes, and over the keys of one slot', () => {
    const neighbours = Array.from({ length: PARTS }, () => 0);
    const oneSlot = Array.from({ length: PARTS }, () => 0);
    for (let i = 0; i < 65_536; i++) {
      neighbours[Math.floor((rampDraw(i) / EVERY_KEY) * PARTS)]++;
      oneSlot[Math.floor((rampDraw((i << 16) | 4711) / EVERY_KEY) * PARTS)]++;
    }
    expect(chiSquare(neighbours)).toBeLessThan(BEYOND_CHANCE);
    expect(chiSquare(oneSlot)).toBeLessThan(BEYOND_CHANCE);
  });
});
