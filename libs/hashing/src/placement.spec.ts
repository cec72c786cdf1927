// The promises that every algorithm keeps. What one of them promises beyond is in its own spec.
import fc from 'fast-check';
import { buildPlacement, createHashRing, createKeyHash, HashingError, type Algorithm, type Member } from './index.js';
import { ALGORITHMS, fixedHashes, membersFor, orderOf, ownerOf, SEED, servers } from './testing/memberships.js';

const anyHash = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const HASHES = fixedHashes(500);
const options = { seed: SEED, slots: 4096 };

function build(algorithm: Algorithm, members: readonly Member[]) {
  return buildPlacement(algorithm, members, options);
}

describe.each(ALGORITHMS)('%s', (algorithm) => {
  const members = membersFor(algorithm);
  const runs = { numRuns: algorithm === 'maglev' ? 20 : 50 };

  it('is a function of the set: any order of the members gives the same digest and the same owners', () => {
    const shuffled = members.chain((given) =>
      fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })),
    );
    fc.assert(
      fc.property(shuffled, ([given, other]) => {
        const [a, b] = [build(algorithm, given), build(algorithm, other)];
        expect(b.digest).toBe(a.digest);
        expect(b.members).toEqual(a.members);
        expect(Array.from(HASHES).filter((hash) => b.lookupHash(hash) !== a.lookupHash(hash))).toEqual([]);
      }),
      runs,
    );
  });

  it('orders every member once, owner first, for any hash', () => {
    fc.assert(
      fc.property(members, fc.array(anyHash, { minLength: 1, maxLength: 20 }), (given, hashes) => {
        const placement = build(algorithm, given);
        for (const hash of hashes) {
          const order = orderOf(placement, hash);
          expect(order[0]).toBe(ownerOf(placement, hash));
          expect([...order].sort()).toEqual(placement.members.map(({ id }) => id).sort());
        }
      }),
      runs,
    );
  });

  it('takes a hash signed or unsigned', () => {
    const placement = build(algorithm, servers(7));
    const [signed, unsigned] = [new Uint16Array(7), new Uint16Array(7)];
    for (const hash of [...HASHES, 0, 2 ** 31, 2 ** 32 - 1]) {
      expect(placement.lookupHash(hash | 0)).toBe(placement.lookupHash(hash));
      placement.order(hash | 0, signed);
      placement.order(hash, unsigned);
      expect(signed).toEqual(unsigned);
    }
  });

  it('places a key by its keyed hash, and lists its successors in the same order', () => {
    const placement = build(algorithm, servers(5));
    const keyHash = createKeyHash(SEED);
    for (const key of ['', 'a', 'user-17', 'żółw', '/path?x=1']) {
      expect(placement.lookup(key)?.id).toBe(ownerOf(placement, keyHash(key)));
      expect([...placement.successors(key)].map(({ id }) => id)).toEqual(orderOf(placement, keyHash(key)));
    }
  });

  it('owns nothing without members, and says so', () => {
    const empty = build(algorithm, []);
    expect([empty.lookupHash(0), empty.lookupHash(123456789), empty.order(7, new Uint16Array(0))]).toEqual([-1, -1, 0]);
    expect(empty.lookup('key')).toBeUndefined();
    expect([...empty.successors('key')]).toEqual([]);
    expect(empty.shares().size).toBe(0);
  });

  it('gives a single member everything', () => {
    const single = build(algorithm, servers(1));
    for (const hash of HASHES) expect(single.lookupHash(hash)).toBe(0);
    expect(single.shares().get('Server 1')).toEqual({ share: 1, fair: 1 });
  });

  it('divides the key space: shares add up to one, and so do the fair ones', () => {
    fc.assert(
      fc.property(membersFor(algorithm, 1), (given) => {
        const shares = [...build(algorithm, given).shares().values()];
        expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
        expect(shares.reduce((sum, { fair }) => sum + fair, 0)).toBeCloseTo(1, 9);
      }),
      runs,
    );
  });

  it('reports shares that a count of hashes confirms', () => {
    const placement = build(algorithm, servers(6));
    const counts = new Map(placement.members.map(({ id }) => [id, 0]));
    const hashes = fixedHashes(100_000);
    for (const hash of hashes) counts.set(ownerOf(placement, hash)!, counts.get(ownerOf(placement, hash)!)! + 1);
    for (const [id, { share }] of placement.shares()) {
      const noise = Math.sqrt((share * (1 - share)) / hashes.length);
      expect(Math.abs(counts.get(id)! / hashes.length - share)).toBeLessThan(5 * noise + 1e-9);
    }
  });

  it('has no history: rings that reach one set by different ways agree, and remove then add is no change', () => {
    fc.assert(
      fc.property(membersFor(algorithm, 2, 8), fc.nat(), (given, which) => {
        const [straight, crooked] = [createHashRing(algorithm, options), createHashRing(algorithm, options)];
        straight.replace(given);
        for (const member of [...given].reverse()) crooked.add(member);
        const { digest } = crooked.current();
        const leaver = given[which % given.length];
        crooked.remove(leaver.id);
        expect(crooked.current().digest).not.toBe(digest);
        crooked.add(leaver);
        expect(crooked.current().digest).toBe(digest);
        expect(straight.current().digest).toBe(digest);
      }),
      { numRuns: 20 },
    );
  });

  it('has another digest for another seed, context or set', () => {
    const digests = [
      build(algorithm, servers(3)),
      build(algorithm, servers(4)),
      build(
        algorithm,
        servers(3, () => 1, 'server '),
      ),
      buildPlacement(algorithm, servers(3), { ...options, seed: '00112233445566fe' }),
      buildPlacement(algorithm, servers(3), { ...options, context: 'header:x-user' }),
    ].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(digests.length);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses an array too short for the order', () => {
    expect(() => build(algorithm, servers(3)).order(1, new Uint16Array(2))).toThrow(HashingError);
  });

  it('refuses a bad seed even without members', () => {
    expect(() => buildPlacement(algorithm, [], { seed: 'secret' })).toThrow(
      expect.objectContaining({ code: 'bad_seed' }),
    );
  });

  it('allocates nothing in a lookup or an order', () => {
    const placement = build(algorithm, servers(10));
    const into = new Uint16Array(10);
    const loops = 100_000;
    const look = () => {
      let sum = 0;
      for (let i = 0; i < loops; i++)
        sum += placement.lookupHash(Math.imul(i, 0x9e3779b1)) + placement.order(Math.imul(i, 0x85ebca6b), into);
      return sum;
    };
    look();
    // A collection in between only lowers a reading, an allocation of one object per call would raise nearly all of them.
    const grown = Array.from({ length: 9 }, () => {
      const before = process.memoryUsage().heapUsed;
      look();
      return (process.memoryUsage().heapUsed - before) / loops;
    });
    expect(grown.sort((a, b) => a - b)[4]).toBeLessThan(4);
  });
});

describe('a negative control', () => {
  /** The textbook ring with virtual nodes put in by order of arrival: what `classic` would be if it did not sort. */
  function arrivalRing(ids: readonly string[]): string[] {
    const ring = new Array<string | undefined>(64).fill(undefined);
    for (const id of ids) {
      for (let j = 0; j < 6; j++) {
        let slot = createKeyHash(SEED)(`${id}\0${j}`) % ring.length;
        while (ring[slot] !== undefined) slot = (slot + 1) % ring.length;
        ring[slot] = id;
      }
    }
    return ring.map((id) => id ?? '-');
  }

  it('shows that the order property can fail: probing by order of arrival depends on it', () => {
    const property = fc.property(fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e'], { minLength: 5 }), (ids) => {
      expect(arrivalRing(ids)).toEqual(arrivalRing(['a', 'b', 'c', 'd', 'e']));
    });
    expect(fc.check(property, { numRuns: 100 }).failed).toBe(true);
  });
});

describe('the registry', () => {
  it.each(['rendezvous', '', 'toString', '__proto__'])(
    'refuses the unknown algorithm %j and names those there are',
    (name) => {
      expect(() => buildPlacement(name as Algorithm, [], options)).toThrow(/hrw, frt, ketama, maglev, classic/);
    },
  );
});
