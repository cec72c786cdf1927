import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createKeyHash } from './half-siphash.js';
import type { Algorithm } from './placement.js';
import { buildPlacement } from './registry.js';

const options = { seed: '0123456789abcdef' };
const members = ['a', 'b', 'c'].map((id) => ({ id, weight: 1 }));
const hash = fc.nat(2 ** 32 - 1);

describe('the slot of a hash', () => {
  it.each<[Algorithm, number]>([
    ['frt', 65_536],
    ['maglev', 65_537],
    ['classic', 512],
  ])('of %s is one of %i, and all hashes in it have one owner', (algorithm, slots) => {
    const placement = buildPlacement(algorithm, members, options);
    expect(placement.slots).toBe(slots);
    const ownerOf = new Map<number, number>();
    fc.assert(
      fc.property(hash, (any) => {
        const slot = placement.slotOf(any)!;
        expect(slot).toBeGreaterThanOrEqual(0);
        expect(slot).toBeLessThan(slots);
        // As an int32, which is how the hot path has it.
        expect(placement.slotOf(any | 0)).toBe(slot);
        const owner = placement.lookupHash(any);
        expect(ownerOf.get(slot) ?? owner).toBe(owner);
        ownerOf.set(slot, owner);
      }),
      { numRuns: 2000 },
    );
  });

  it('of classic is the place on the ring that the formula gives', () => {
    const placement = buildPlacement('classic', members, { ...options, M: 512, classicHash: 'readme' });
    const request = createKeyHash(options.seed)('a key') % 512;
    expect(placement.slotOf(request)).toBe((request + 2 * request + 17) % 512);
  });

  it.each<Algorithm>(['hrw', 'ketama'])('is null with %s, which has no table', (algorithm) => {
    const placement = buildPlacement(algorithm, members, options);
    expect([placement.slots, placement.slotOf(1)]).toEqual([null, null]);
  });

  it.each<Algorithm>(['frt', 'maglev', 'classic'])('is null with %s and no members', (algorithm) => {
    const placement = buildPlacement(algorithm, [], options);
    expect([placement.slots, placement.slotOf(1)]).toEqual([null, null]);
  });
});
