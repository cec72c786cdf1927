// The ring against a textbook one, and what it promises to users of 160 points per weight.
import fc from 'fast-check';
import { buildPlacement, type Member } from './index.js';
import { anyMembers, fixedHashes, orderOf, ownerOf, SEED, servers } from './testing/memberships.js';
import { mean, variation } from './testing/statistics.js';
import { ketamaOrder } from './testing/textbook.js';

const ketama = (members: readonly Member[]) => buildPlacement('ketama', members, { seed: SEED });
const smallWeights = anyMembers(1, 8, fc.double({ min: 0.001, max: 3, noNaN: true }));
const HASHES = fixedHashes(1000);

describe('ketama', () => {
  it('finds the next point clockwise and goes on to distinct members, like the textbook ring', () => {
    fc.assert(
      fc.property(
        smallWeights,
        fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1)),
        (members, hash) => {
          expect(orderOf(ketama(members), hash)).toEqual(ketamaOrder(members, hash));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('moves keys only to a newcomer and only from a leaver', () => {
    fc.assert(
      fc.property(anyMembers(2, 8), (members) => {
        const [without, within] = [ketama(members.slice(1)), ketama(members)];
        for (const hash of HASHES) {
          const after = ownerOf(within, hash);
          if (after !== members[0].id) expect(ownerOf(without, hash)).toBe(after);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('has the later owner second', () => {
    const [placement, after] = [ketama(servers(8)), ketama(servers(7))];
    for (const hash of HASHES)
      expect(orderOf(after, hash)).toEqual(orderOf(placement, hash).filter((id) => id !== 'Server 8'));
  });

  it('is as even as 160 points allow: a coefficient of variation near 7 % at N = 10', () => {
    const variations = Array.from({ length: 20 }, (_, set) =>
      variation(
        [
          ...ketama(servers(10, () => 1, `10.0.${set}.`))
            .shares()
            .values(),
        ].map(({ share }) => share),
      ),
    );
    expect(mean(variations)).toBeGreaterThan(0.05);
    expect(mean(variations)).toBeLessThan(0.09);
  });

  it('gives shares by weight on average', () => {
    const ratios = Array.from({ length: 20 }, (_, set) => {
      const { share, fair } = ketama(servers(5, (index) => (index === 0 ? 4 : 1), `10.1.${set}.`))
        .shares()
        .get(`10.1.${set}.1`)!;
      return share / fair;
    });
    expect(mean(ratios)).toBeCloseTo(1, 1);
  });

  it('refuses weights that ask for more points than a ring should hold', () => {
    expect(() => ketama(servers(30, () => 1000))).toThrow(expect.objectContaining({ code: 'too_many_points' }));
  });
});
