// A diff must be the truth: the closed form of hrw against counts, tables slot by slot, rings hash by hash.
import fc from 'fast-check';
import { diffPlacements, type PlacementDiff } from './diff.js';
import { buildPlacement, type Algorithm, type Member, type Placement } from './index.js';
import { anyMembers, fixedHashes, ownerOf, SEED, servers } from './testing/memberships.js';

const options = { seed: SEED, slots: 4096 };
const build = (algorithm: Algorithm, members: readonly Member[], extra = {}) =>
  buildPlacement(algorithm, members, { ...options, ...extra });

function counted(before: Placement, after: Placement, hashes: Iterable<number>): Map<string, number> {
  const flows = new Map<string, number>();
  let total = 0;
  for (const hash of hashes) {
    total++;
    const pair = `${ownerOf(before, hash)} > ${ownerOf(after, hash)}`;
    flows.set(pair, (flows.get(pair) ?? 0) + 1);
  }
  return new Map([...flows].map(([pair, count]) => [pair, count / total]));
}

function flowMap(diff: PlacementDiff): Map<string, number> {
  return new Map(diff.flows.map(({ from, to, share }) => [`${from} > ${to}`, share]));
}

describe('a diff', () => {
  it.each([
    ['a newcomer', servers(4), servers(5)],
    ['a leaver', servers(5), servers(4)],
    ['a heavier member', servers(4), servers(4, (index) => (index === 1 ? 3 : 1))],
    [
      'everything at once',
      servers(6, (index) => 1 + index),
      [...servers(4, (index) => 4 - index), { id: 'new', weight: 2.5 }],
    ],
    ['swapped weights', servers(3, (index) => 1 + index), servers(3, (index) => 3 - index)],
  ])('of hrw foretells the flows of %s, as a count of 400,000 keys confirms', (_, before, after) => {
    const [a, b] = [build('hrw', before), build('hrw', after)];
    const foretold = flowMap(diffPlacements(a, b));
    const hashes = fixedHashes(400_000);
    for (const [pair, share] of counted(a, b, hashes)) {
      const [from, to] = pair.split(' > ');
      if (from === to) continue;
      const noise = Math.sqrt((share * (1 - share)) / hashes.length);
      expect(Math.abs((foretold.get(pair) ?? 0) - share)).toBeLessThan(5 * noise);
    }
  });

  it('of hrw conserves: what flows out and in turns the shares before into the shares after', () => {
    fc.assert(
      fc.property(anyMembers(1, 10), anyMembers(1, 10), fc.subarray(servers(6)), (some, others, shared) => {
        const unique = (members: Member[]) => [...new Map(members.map((member) => [member.id, member])).values()];
        const [a, b] = [
          build('hrw', unique([...some, ...shared])),
          build('hrw', unique([...others, ...shared.map(({ id }) => ({ id, weight: 2 }))])),
        ];
        const { flows, moved, minimum, collateral } = diffPlacements(a, b);
        const balance = new Map([...a.shares()].map(([id, { share }]) => [id, share]));
        for (const { from, to, share } of flows) {
          balance.set(from!, balance.get(from!)! - share);
          balance.set(to!, (balance.get(to!) ?? 0) + share);
        }
        for (const [id, left] of balance) expect(left).toBeCloseTo(b.shares().get(id)?.share ?? 0, 9);
        expect(moved).toBeGreaterThanOrEqual(minimum - 1e-9);
        expect(moved).toBeLessThanOrEqual(1 + 1e-9);
        expect(collateral).toBe(0);
      }),
    );
  });

  it('of hrw moves exactly the minimum when one joins, leaves or changes its weight', () => {
    fc.assert(
      fc.property(anyMembers(2, 12), fc.double({ min: 0.1, max: 50, noNaN: true }), ([first, ...others], weight) => {
        const all = build('hrw', [first, ...others]);
        for (const other of [build('hrw', others), build('hrw', [{ ...first, weight }, ...others])]) {
          for (const { moved, minimum } of [diffPlacements(all, other), diffPlacements(other, all)])
            expect(moved).toBeCloseTo(minimum, 10);
        }
      }),
    );
  });

  it.each<[Algorithm, object]>([
    ['frt', {}],
    ['frt', { cap: 0.01 }],
    ['classic', { M: 512 }],
  ])('of %s %j counts every slot', (algorithm, extra) => {
    const [a, b] = [build(algorithm, servers(6), extra), build(algorithm, servers(8).slice(1), extra)];
    const slots = algorithm === 'frt' ? 4096 : 512;
    const all = Array.from({ length: slots }, (_, slot) => slot);
    const expected = [...counted(a, b, all)].filter(([pair]) => pair.split(' > ')[0] !== pair.split(' > ')[1]);
    const flows = flowMap(diffPlacements(a, b));
    expect(flows.size).toBe(expected.length);
    for (const [pair, share] of expected) expect(flows.get(pair)).toBeCloseTo(share, 12);
  });

  it('of maglev counts parts of 2^32 hashes that 65537 slots do not divide evenly', () => {
    const { moved } = diffPlacements(build('maglev', servers(3)), build('maglev', servers(4)));
    expect(Number.isInteger(Math.round(moved * 2 ** 32 * 1e3) / 1e3)).toBe(true);
    expect(moved).toBeCloseTo(0.25, 2);
  });

  it('of ketama measures every arc', () => {
    fc.assert(
      fc.property(anyMembers(1, 6), anyMembers(1, 6), fc.subarray(servers(4)), (some, others, shared) => {
        const unique = (members: Member[]) => [...new Map(members.map((member) => [member.id, member])).values()];
        const [a, b] = [build('ketama', unique([...some, ...shared])), build('ketama', unique([...others, ...shared]))];
        const { flows } = diffPlacements(a, b);
        const balance = new Map([...a.shares()].map(([id, { share }]) => [id, share]));
        for (const { from, to, share } of flows) {
          balance.set(from!, balance.get(from!)! - share);
          balance.set(to!, (balance.get(to!) ?? 0) + share);
        }
        for (const [id, left] of balance) expect(left).toBeCloseTo(b.shares().get(id)?.share ?? 0, 9);
      }),
      { numRuns: 30 },
    );
  });

  it.each<Algorithm>(['hrw', 'frt', 'ketama', 'maglev', 'classic'])(
    'of %s with itself is nothing, with an empty one everything',
    (algorithm) => {
      const placement = build(algorithm, servers(5));
      expect(diffPlacements(placement, build(algorithm, servers(5)))).toEqual({
        moved: 0,
        minimum: 0,
        collateral: 0,
        flows: [],
      });
      const start = diffPlacements(build(algorithm, []), placement);
      expect([start.moved, start.minimum, start.collateral]).toEqual([expect.closeTo(1), 1, 0]);
      expect(start.flows.every(({ from, to }) => from === undefined && to !== undefined)).toBe(true);
      expect(diffPlacements(placement, build(algorithm, [])).flows.every(({ to }) => to === undefined)).toBe(true);
      expect(diffPlacements(build(algorithm, []), build(algorithm, []))).toEqual({
        moved: 0,
        minimum: 0,
        collateral: 0,
        flows: [],
      });
    },
  );

  it('between two algorithms or table sizes is sampled over fixed hashes, the same each time', () => {
    const pairs: [Placement, Placement][] = [
      [build('hrw', servers(3)), build('ketama', servers(3))],
      [build('frt', servers(3)), build('frt', servers(3), { slots: 8192 })],
    ];
    for (const [a, b] of pairs) {
      const diff = diffPlacements(a, b);
      expect(diff).toEqual(diffPlacements(a, b));
      const same = [...counted(a, b, fixedHashes(100_000))].filter(
        ([pair]) => pair.split(' > ')[0] === pair.split(' > ')[1],
      );
      expect(diff.moved).toBeCloseTo(1 - same.reduce((sum, [, share]) => sum + share, 0), 2);
      expect(diff.collateral).toBeCloseTo(diff.moved, 9);
    }
  });

  it('lists the largest flow first and ties by name', () => {
    const { flows } = diffPlacements(build('hrw', servers(3)), build('hrw', servers(4)));
    expect(flows.map(({ from, to }) => `${from} > ${to}`)).toEqual([
      'Server 1 > Server 4',
      'Server 2 > Server 4',
      'Server 3 > Server 4',
    ]);
    for (const { share } of flows) expect(share).toBeCloseTo(1 / 12, 12);
  });
});
