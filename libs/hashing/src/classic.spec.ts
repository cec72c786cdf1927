// The textbook ring: that it is the one of the book, what it really does to shares, and where it refuses.
import fc from 'fast-check';
import { buildPlacement, type ClassicHash } from './index.js';
import { diffPlacements } from './diff.js';
import { orderOf, ownerOf, SEED, servers } from './testing/memberships.js';

const VARIANTS: readonly ClassicHash[] = ['readme', 'assignment', 'keyed'];
const classic = (count: number, classicHash: ClassicHash = 'readme', size: { M?: number; K?: number } = {}) =>
  buildPlacement('classic', servers(count), { seed: SEED, classicHash, ...size });

/** The ring as a class exercise has it: put every virtual node, then walk. Members are numbered in id order. */
function walkedOwner(
  count: number,
  request: (i: number) => number,
  node: (i: number, j: number) => number,
  hash: number,
): string {
  const ring = new Array<string | undefined>(512).fill(undefined);
  const ids = servers(count)
    .map(({ id }) => id)
    .sort();
  ids.forEach((id, index) => {
    for (let j = 0; j < 9; j++) {
      let slot = node(index + 1, j) % 512;
      while (ring[slot] !== undefined) slot = (slot + 1) % 512;
      ring[slot] = id;
    }
  });
  let slot = request(hash) % 512;
  while (ring[slot] === undefined) slot = (slot + 1) % 512;
  return ring[slot]!;
}

describe('classic', () => {
  it('walks the ring of the readme: i + 2i + 17 to the next of i + j + 2j + 25', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 56 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (count, hash) => {
        const expected = walkedOwner(
          count,
          (i) => i + 2 * i + 17,
          (i, j) => i + j + 2 * j + 25,
          hash,
        );
        expect(ownerOf(classic(count), hash)).toBe(expected);
      }),
    );
  });

  it('walks the ring of the assignment: i² + 2i + 17 to the next of i² + j² + 2j + 25', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 56 }), fc.integer({ min: 0, max: 999_999 }), (count, hash) => {
        const expected = walkedOwner(
          count,
          (i) => i * i + 2 * i + 17,
          (i, j) => i * i + j * j + 2 * j + 25,
          hash,
        );
        expect(ownerOf(classic(count, 'assignment'), hash)).toBe(expected);
      }),
    );
  });

  it('shows how unfair it is: at N = 3 one member owns 96.5 % (readme) or 84 % (assignment) of all keys', () => {
    const shares = (hash: ClassicHash) => [...classic(3, hash).shares().values()].map(({ share }) => share);
    expect(shares('readme').map((share) => Math.round(share * 512))).toEqual([494, 9, 9]);
    expect(shares('assignment')[0]).toBeCloseTo(0.844, 2);
    expect(Math.max(...shares('keyed'))).toBeLessThan(0.6);
  });

  it('reaches 87 of 512 slots with the hash of the assignment', () => {
    const reached = new Set(Array.from({ length: 512 }, (_, i) => (i * i + 2 * i + 17) % 512));
    expect(reached.size).toBe(87);
  });

  it('takes 56 members and refuses the 57th, whose probing would never end', () => {
    for (const variant of VARIANTS) {
      expect(classic(56, variant).members).toHaveLength(56);
      expect(() => classic(57, variant)).toThrow(expect.objectContaining({ code: 'too_many_members' }));
    }
  });

  it('fits exactly as many as M / K says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(...VARIANTS),
        (M, K, variant) => {
          const room = Math.floor(M / K);
          expect(() => classic(room + 1, variant, { M, K })).toThrow(
            expect.objectContaining({ code: 'too_many_members' }),
          );
          expect(classic(room, variant, { M, K }).members).toHaveLength(room);
        },
      ),
    );
  });

  it('has the later owner second where names do not renumber: the keyed variant, the last member leaving', () => {
    const [placement, after] = [classic(5, 'keyed'), classic(4, 'keyed')];
    for (let slot = 0; slot < 512; slot++) {
      if (ownerOf(placement, slot) === 'Server 5') expect(ownerOf(after, slot)).toBe(orderOf(placement, slot)[1]);
    }
  });

  it('is not consistent: a newcomer in the middle of the names moves keys between those that stay', () => {
    const others = servers(4).filter(({ id }) => id !== 'Server 2');
    const options = { seed: SEED };
    const { collateral } = diffPlacements(
      buildPlacement('classic', others, options),
      buildPlacement('classic', servers(4), options),
    );
    expect(collateral).toBeGreaterThan(0);
  });

  it('refuses weights', () => {
    expect(() => buildPlacement('classic', [{ id: 'a', weight: 2 }], { seed: SEED })).toThrow(
      expect.objectContaining({ code: 'weights_not_supported' }),
    );
  });

  it.each([
    { M: 0 },
    { M: 65537 },
    { M: 1.5 },
    { K: 0 },
    { K: 1025 },
    { K: NaN },
    { classicHash: 'md5' as ClassicHash },
  ])('refuses %j', (bad) => {
    expect(() => buildPlacement('classic', [], { seed: SEED, ...bad })).toThrow(
      expect.objectContaining({ code: 'bad_option' }),
    );
  });
});
