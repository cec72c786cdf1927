// Bounded load must hold the bound it names, and never cost a request its answer.
import fc from 'fast-check';
import { BOUND_FLOOR, boundedLoadCap, createHashRing } from './index.js';
import { SEED, servers } from './testing/memberships.js';

describe('the bound', () => {
  it.each([
    { factor: 0, inFlight: 1e6, weight: 1, eligible: 3, cap: Infinity },
    { factor: 1.5, inFlight: 0, weight: 1, eligible: 10, cap: BOUND_FLOOR },
    { factor: 1.5, inFlight: 20, weight: 1, eligible: 10, cap: BOUND_FLOOR },
    { factor: 1.5, inFlight: 199, weight: 1, eligible: 10, cap: 30 },
    { factor: 1.5, inFlight: 199, weight: 2, eligible: 10, cap: 60 },
    { factor: 1.25, inFlight: 199, weight: 1, eligible: 1, cap: 250 },
  ])(
    'at factor $factor with $inFlight in flight and weight $weight of $eligible is $cap',
    ({ factor, inFlight, weight, eligible, cap }) => {
      expect(boundedLoadCap(factor, inFlight, weight, eligible)).toBe(cap);
    },
  );

  it('always leaves room for one more: the caps add up to more than is in flight', () => {
    const weights = fc.array(fc.double({ min: 0.05, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(weights, fc.nat(100_000), fc.double({ min: 1.1, max: 4, noNaN: true }), (given, inFlight, factor) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        const room = given.reduce((sum, weight) => sum + boundedLoadCap(factor, inFlight, weight, total), 0);
        expect(room).toBeGreaterThan(inFlight);
      }),
    );
  });
});

describe('a pool under bounded load', () => {
  it('never admits above the cap, spills in the key’s own order, and leaves the owner only when it is full', () => {
    const arrival = fc.record({ key: fc.integer({ min: 0, max: 5 }), done: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(
        fc.array(arrival, { maxLength: 300 }),
        fc.nat(3),
        fc.constantFrom(1.1, 1.5, 2),
        (arrivals, ejected, factor) => {
          const ring = createHashRing('hrw', { seed: SEED });
          ring.replace(servers(5, (index) => 1 + (index % 2)));
          const eligible = ({ id }: { id: string }) => !servers(ejected).some((gone) => gone.id === id);
          const load = new Map<string, number>();
          const inFlight = ({ id }: { id: string }) => load.get(id) ?? 0;
          const running: string[] = [];
          for (const { key, done } of arrivals) {
            const candidates = [...ring.current().successors(`key-${key}`)].filter(eligible);
            const total = candidates.reduce((sum, member) => sum + inFlight(member), 0);
            const weight = candidates.reduce((sum, member) => sum + member.weight, 0);
            const capOf = (member: { weight: number }) => boundedLoadCap(factor, total, member.weight, weight);
            const pick = ring.pick(`key-${key}`, eligible, { factor, inFlight })!;
            const first = candidates.find((member) => inFlight(member) < capOf(member))!;
            expect(pick.member).toEqual(first);
            expect(inFlight(pick.member) + 1).toBeLessThanOrEqual(capOf(pick.member));
            if (inFlight(candidates[0]) < BOUND_FLOOR) expect(pick.member).toEqual(candidates[0]);
            load.set(pick.member.id, inFlight(pick.member) + 1);
            running.push(pick.member.id);
            for (let i = 0; i < done && running.length > 0; i++) {
              const finished = running.shift()!;
              load.set(finished, load.get(finished)! - 1);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
