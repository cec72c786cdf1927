// The fair rendezvous table against the argmin it stands for, and the bounds that its cap promises.
import fc from 'fast-check';
import { STRATUM, StratumScores } from './frt-scores.js';
import { buildFrt, claimByScore, claimInWindows, type FrtPlacement } from './frt.js';
import type { Member } from './index.js';
import { diffPlacements } from './diff.js';
import { toMemberSet } from './members.js';
import { anyMembers, orderOf, ownerOf, SEED, servers } from './testing/memberships.js';
import { mean, variation } from './testing/statistics.js';

function frt(members: readonly Member[], cap?: number, slots = STRATUM): FrtPlacement {
  return buildFrt(members, { seed: SEED, slots, cap }) as FrtPlacement;
}

function owners(placement: FrtPlacement): (string | undefined)[] {
  return Array.from({ length: placement.keySpace.owners.length }, (_, slot) => ownerOf(placement, slot));
}

function counts(placement: FrtPlacement): number[] {
  const result = placement.members.map(() => 0);
  for (const owner of placement.keySpace.owners) result[owner]++;
  return result;
}

/** What the throwing stands for: compare the tau of all members at every slot. */
function argmin(members: readonly Member[], slots: number): Uint16Array {
  const scores = new StratumScores(toMemberSet(members));
  return Uint16Array.from({ length: slots }, (_, slot) => {
    if (slot % STRATUM === 0) scores.load(slot / STRATUM);
    let owner = 0;
    for (let k = 1; k < scores.count; k++)
      if (scores.tau(k, slot % STRATUM) < scores.tau(owner, slot % STRATUM)) owner = k;
    return owner;
  });
}

const several = anyMembers(2, 10);
const cap = 0.01;

describe('frt', () => {
  it('fills the table with the smallest tau of every slot, whatever the weights', () => {
    fc.assert(
      fc.property(anyMembers(1, 10), (members) => {
        expect(claimByScore(new StratumScores(toMemberSet(members)), 2 * STRATUM)).toEqual(
          argmin(members, 2 * STRATUM),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('takes a faster way for equal weights to the very same table', () => {
    fc.assert(
      fc.property(anyMembers(1, 20, fc.constant(1)), (members) => {
        const scores = new StratumScores(toMemberSet(members));
        const fast = claimByScore(scores, STRATUM);
        const generic = new Uint16Array(STRATUM).fill(0xffff);
        claimInWindows(scores, generic);
        expect(generic).toEqual(fast);
        expect(fast).toEqual(argmin(members, STRATUM));
      }),
      { numRuns: 30 },
    );
  });

  it('permutes: every member meets each slot of a stratum once, and finds its position again', () => {
    fc.assert(
      fc.property(anyMembers(1, 3), fc.nat(255), (members, stratum) => {
        const scores = new StratumScores(toMemberSet(members));
        scores.load(stratum);
        for (let k = 0; k < scores.count; k++) {
          const met = new Set<number>();
          for (let j = 0; j < STRATUM; j++) {
            const slot = scores.slotAt(k, j);
            met.add(slot);
            if (scores.positionOf(k, slot) !== j) throw new Error(`position of slot ${slot} is not ${j}`);
          }
          expect(met.size).toBe(STRATUM);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('uncapped, moves slots only to a newcomer and only from a leaver', () => {
    fc.assert(
      fc.property(several, (members) => {
        const [before, after] = [owners(frt(members.slice(1))), owners(frt(members))];
        expect(after.filter((owner, slot) => owner !== members[0].id && owner !== before[slot])).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('uncapped, moves slots only towards a member whose weight rises', () => {
    fc.assert(
      fc.property(several, fc.double({ min: 1.001, max: 9, noNaN: true }), ([first, ...others], factor) => {
        const [light, heavy] = [frt([first, ...others]), frt([{ ...first, weight: first.weight * factor }, ...others])];
        const [before, after] = [owners(light), owners(heavy)];
        expect(after.filter((owner, slot) => owner !== first.id && owner !== before[slot])).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('changes nothing when all weights are scaled by a power of two, capped or not', () => {
    fc.assert(
      fc.property(
        anyMembers(1),
        fc.constantFrom(0.25, 0.5, 2, 8),
        fc.constantFrom(undefined, cap),
        (members, factor, limit) => {
          const scaled = members.map(({ id, weight }) => ({ id, weight: weight * factor }));
          expect(frt(scaled, limit).keySpace.owners).toEqual(frt(members, limit).keySpace.owners);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('uncapped, has the later owner second', () => {
    fc.assert(
      fc.property(several, fc.array(fc.nat(STRATUM - 1), { minLength: 1, maxLength: 100 }), (members, slots) => {
        const [placement, after] = [frt(members), frt(members.slice(1))];
        for (const slot of slots) {
          expect(orderOf(after, slot)).toEqual(orderOf(placement, slot).filter((id) => id !== members[0].id));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('capped, owns every slot and gives nobody more than the cap, for any weights', () => {
    fc.assert(
      fc.property(anyMembers(1), fc.constantFrom(0, 0.01, 0.05, 1, 8), (members, limit) => {
        const placement = frt(members, limit);
        const total = placement.members.reduce((sum, { weight }) => sum + weight, 0);
        counts(placement).forEach((count, k) => {
          const fair = (STRATUM * placement.members[k].weight) / total;
          expect(count).toBeLessThanOrEqual(Math.max(Math.ceil(fair), Math.floor(fair * (1 + limit))));
        });
        expect(counts(placement).reduce((sum, count) => sum + count)).toBe(STRATUM);
      }),
      { numRuns: 100 },
    );
  });

  it('capped, moves between two that stay no more slots than were repaired before and after', () => {
    fc.assert(
      fc.property(several, (members) => {
        const [before, after] = [frt(members.slice(1), cap), frt(members, cap)];
        const collateral = Math.round(diffPlacements(before, after).collateral * STRATUM);
        expect(collateral).toBeLessThanOrEqual(before.repaired + after.repaired);
      }),
      { numRuns: 100 },
    );
  });

  it('capped, still orders every member once with the owner first', () => {
    const placement = frt(servers(12), 0);
    expect(placement.repaired).toBeGreaterThan(0);
    for (let slot = 0; slot < STRATUM; slot++) {
      const order = orderOf(placement, slot);
      expect(order[0]).toBe(ownerOf(placement, slot));
      expect(new Set(order).size).toBe(12);
    }
  });

  it('at 65536 slots and cap 0.01, nobody exceeds 1.01 times fair, for every N to 100', () => {
    for (let count = 1; count <= 100; count++) {
      for (const { share, fair } of frt(servers(count), cap, 65536).shares().values())
        expect(share / fair).toBeLessThanOrEqual(1.01);
    }
  });

  it.each([
    { slots: 65536, count: 10, sets: 20, limit: 0.01 },
    { slots: 65536, count: 50, sets: 8, limit: 0.1 },
    { slots: 262144, count: 50, sets: 3, limit: 0.03 },
  ])(
    'at $slots slots and cap 0.01, collateral at N=$count stays below $limit of the minimum',
    ({ slots, count, sets, limit }) => {
      const ratios = Array.from({ length: sets }, (_, set) => {
        const members = servers(count + 1, () => 1, `10.0.${set}.`);
        const { collateral, minimum } = diffPlacements(frt(members.slice(1), cap, slots), frt(members, cap, slots));
        return collateral / minimum;
      });
      expect(mean(ratios)).toBeLessThanOrEqual(limit);
    },
  );

  it('uncapped, varies less than random slots would: at most 0.85 of their standard deviation', () => {
    for (const count of [3, 10, 50]) {
      const variations = Array.from({ length: 50 }, (_, set) =>
        variation(
          counts(
            frt(
              servers(count, () => 1, `10.1.${set}.`),
              undefined,
              16384,
            ),
          ),
        ),
      );
      expect(mean(variations)).toBeLessThanOrEqual(0.85 * Math.sqrt((count - 1) / 16384));
    }
  });

  it('is fair to weights without bias', () => {
    const ratios = Array.from({ length: 20 }, (_, set) => {
      const shares = frt(
        servers(8, (index) => 1 + index, `10.2.${set}.`),
        undefined,
        65536,
      ).shares();
      return [...shares.values()].map(({ share, fair }) => share / fair);
    });
    for (let k = 0; k < 8; k++) expect(Math.abs(mean(ratios.map((row) => row[k])) - 1)).toBeLessThan(0.02);
  });

  it.each([
    { slots: 1000 },
    { slots: 2048 },
    { slots: 65537 },
    { slots: 2 ** 21 },
    { slots: 0 },
    { slots: NaN },
    { cap: -0.1 },
    { cap: 1e9 },
    { cap: NaN },
  ])('refuses %j', (bad) => {
    expect(() => buildFrt(servers(3), { seed: SEED, ...bad })).toThrow(expect.objectContaining({ code: 'bad_option' }));
  });

  it('takes an infinite cap for none', () => {
    expect(frt(servers(9), Infinity).digest).toBe(frt(servers(9)).digest);
    expect(frt(servers(9), 0).digest).not.toBe(frt(servers(9)).digest);
  });
});
