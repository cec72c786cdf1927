// What rendezvous hashing promises: fair by law, and not one key moved that need not move.
import fc from 'fast-check';
import { buildPlacement, type Member, type Placement } from './index.js';
import { memberSeeds, toMemberSet } from './members.js';
import { mixSeeded } from './mix.js';
import { anyMembers, fixedHashes, orderOf, ownerOf, SEED, servers } from './testing/memberships.js';
import { chiSquareDeviate, ONE_IN_A_MILLION } from './testing/statistics.js';

const HASHES = fixedHashes(1000);
const hrw = (members: readonly Member[]) => buildPlacement('hrw', members, { seed: SEED });
/** Members of which at least the first is different from the rest, for changes of one. */
const several = anyMembers(2, 12);

/** Hashes that changed hands although they did not go to `gainer`. */
function strays(before: Placement, after: Placement, gainer: string): number[] {
  return Array.from(HASHES).filter((hash) => {
    const owner = ownerOf(after, hash);
    return owner !== gainer && owner !== ownerOf(before, hash);
  });
}

/** By the book: all scores, with the built-in logarithm, sorted. */
function naiveOrder(members: readonly Member[], hash: number): string[] {
  const set = toMemberSet(members);
  const { a, b } = memberSeeds(set);
  return set
    .map(({ id, weight }, k) => ({
      id,
      score: -Math.log(((mixSeeded(hash, a[k], b[k]) >>> 1) + 0.5) / 2 ** 31) / weight,
    }))
    .sort((x, y) => x.score - y.score || (x.id < y.id ? -1 : 1))
    .map(({ id }) => id);
}

describe('hrw', () => {
  it('is the rendezvous of the book: owner and order equal the naive sort of all scores', () => {
    fc.assert(
      fc.property(anyMembers(1, 20), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (members, hash) => {
        const expected = naiveOrder(members, hash);
        expect(orderOf(hrw(members), hash)).toEqual(expected);
        expect(ownerOf(hrw(members), hash)).toBe(expected[0]);
      }),
      { numRuns: 1000 },
    );
  });

  it('moves keys only to the newcomer, whatever its weight, and only from the leaver', () => {
    fc.assert(
      fc.property(several, (members) => {
        const [newcomer, ...others] = members;
        const [without, within] = [hrw(others), hrw(members)];
        expect(strays(without, within, newcomer.id)).toEqual([]);
      }),
    );
  });

  it('moves keys only to a member whose weight rises, and only from one whose weight falls', () => {
    fc.assert(
      fc.property(several, fc.double({ min: 1.0001, max: 10, noNaN: true }), (members, factor) => {
        const [first, ...others] = members;
        const [light, heavy] = [hrw(members), hrw([{ ...first, weight: first.weight * factor }, ...others])];
        expect(strays(light, heavy, first.id)).toEqual([]);
      }),
    );
  });

  it('has the later owner second: whoever comes next in the order owns the key once the owner is gone', () => {
    fc.assert(
      fc.property(several, (members) => {
        const placement = hrw(members);
        const gone = members[0].id;
        const after = hrw(members.slice(1));
        for (const hash of HASHES.subarray(0, 300)) {
          expect(orderOf(after, hash)).toEqual(orderOf(placement, hash).filter((id) => id !== gone));
        }
      }),
    );
  });

  it('changes nothing when all weights are scaled by a power of two', () => {
    fc.assert(
      fc.property(anyMembers(1), fc.constantFrom(0.25, 0.5, 2, 8), (members, factor) => {
        const scaled = hrw(members.map(({ id, weight }) => ({ id, weight: weight * factor })));
        for (const hash of HASHES.subarray(0, 300)) expect(ownerOf(scaled, hash)).toBe(ownerOf(hrw(members), hash));
      }),
      { numRuns: 20 },
    );
  });

  it('gives a tie to the smaller id, with equal weights and with unequal ones', () => {
    // Among 4000 members two draw the same 31 bits for one hash in a few hundred.
    const many = toMemberSet(servers(4000));
    const { a, b } = memberSeeds(many);
    let tied: Member[] = [];
    let hash = -1;
    while (tied.length === 0 && hash < 5000) {
      hash++;
      const drawn = new Map<number, number>();
      for (let k = 0; k < many.length; k++) {
        const bits = mixSeeded(hash, a[k], b[k]) >>> 1;
        if (drawn.has(bits)) tied = [many[drawn.get(bits)!], many[k]];
        drawn.set(bits, k);
      }
    }
    expect(tied).toHaveLength(2);
    const [smaller, larger] = tied.map(({ id }) => id).sort();
    expect(orderOf(hrw(tied), hash)).toEqual([smaller, larger]);
    expect(ownerOf(hrw(tied), hash)).toBe(smaller);
    const third = { id: 'another', weight: 7 };
    expect(orderOf(hrw([third, ...tied]), hash).filter((id) => id !== third.id)).toEqual([smaller, larger]);
  });

  it.each([
    ['3 members', servers(3)],
    ['10 members', servers(10)],
    ['10 members with addresses for names', servers(10, () => 1, '10.3.0.')],
    ['10 members of weights 1 to 5', servers(10, (index) => 1 + (index % 5))],
    ['7 members of weights 0.1 to 100', servers(7, (index) => [0.1, 0.5, 1, 3, 10, 40, 100][index])],
    ['100 members', servers(100)],
  ])('divides 1,000,000 keys among %s as a fair die would (p > 1e-6)', (_, members) => {
    const placement = hrw(members);
    const counts = new Float64Array(members.length);
    for (const hash of fixedHashes(1_000_000)) counts[placement.lookupHash(hash)]++;
    const total = members.reduce((sum, { weight }) => sum + weight, 0);
    const expected = placement.members.map(({ weight }) => (1_000_000 * weight) / total);
    expect(chiSquareDeviate(counts, expected)).toBeLessThan(ONE_IN_A_MILLION);
  });

  it('divides hashes that count up one by one as fairly as random ones', () => {
    const placement = hrw(servers(10));
    const counts = new Float64Array(10);
    for (let hash = 0; hash < 1_000_000; hash++) counts[placement.lookupHash(hash)]++;
    expect(chiSquareDeviate(counts, new Float64Array(10).fill(100_000))).toBeLessThan(ONE_IN_A_MILLION);
  });
});
