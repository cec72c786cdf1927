import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Snapshot } from './link/messages.js';
import { type PlacedRing, placeRing } from './placed-ring.js';
import { testRecipe, testSnapshot } from './testing/snapshots.js';

const NAMES = ['A', 'B', 'C'];
const snapshot = (changes: Partial<Snapshot> = {}) =>
  testSnapshot(
    NAMES.map((replica) => ({ replica })),
    changes,
  );

describe('the ring under a table', () => {
  it('is taken over, not placed again, while only instances, their states and ramps, epoch and bound change (TRAPS 24)', () => {
    const before = placeRing(snapshot());
    const states = NAMES.map((replica, i) => ({
      replica,
      id: `${replica}2`,
      port: 9,
      state: i === 0 ? ('unready' as const) : ('ready' as const),
      ramp: 0.5,
    }));
    expect(placeRing(testSnapshot(states, { epoch: 7, loadFactor: 0 }), before)).toBe(before);
    // As it comes over the socket.
    expect(placeRing(JSON.parse(JSON.stringify(snapshot())) as Snapshot, before)).toBe(before);
  });

  it.each<[string, Partial<Snapshot>]>([
    ['members', { members: [...NAMES, 'D'].map((name) => ({ name, weight: 1 })) }],
    ['weights', { members: NAMES.map((name) => ({ name, weight: name === 'A' ? 2 : 1 })) }],
    ['algorithm', { recipe: testRecipe({ algorithm: 'frt' }) }],
    ['seed', { seed: 'fedcba9876543210' }],
    ['key chain', { hashKey: 'path,random' }],
  ])('is placed anew with other %s', (_what, changes) => {
    const before = placeRing(snapshot());
    expect(placeRing(snapshot(changes), before).placement.digest).not.toBe(before.placement.digest);
  });
});

describe('two balancers with equal digests (TRAPS 23)', () => {
  const recipe = fc.record({
    algorithm: fc.constantFrom(
      'hrw' as const,
      'frt' as const,
      'ketama' as const,
      'maglev' as const,
      'classic' as const,
    ),
    slots: fc.constantFrom(4096, 8192),
    frtCap: fc.constantFrom(null, 0.01, 0.5),
    classicSlots: fc.constantFrom(256, 512),
    classicVirtualNodes: fc.constantFrom(3, 9),
    classicHash: fc.constantFrom('readme' as const, 'keyed' as const),
  });
  const names = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D'), { minLength: 1 });
  const ring = fc
    .tuple(
      recipe,
      names,
      fc.constantFrom(1, 2),
      fc.constantFrom('01'.repeat(8), 'fe'.repeat(8)),
      fc.constantFrom('random', 'path,random', ' path , random'),
    )
    .map(([given, members, weight, seed, hashKey]): PlacedRing =>
      placeRing(
        snapshot({
          recipe: given,
          seed,
          hashKey,
          // classic knows no weights.
          members: members.map((name) => ({
            name,
            weight: name === 'A' && given.algorithm !== 'classic' ? weight : 1,
          })),
        }),
      ),
    );

  it('send every key to the same replica, in the same order, and read keys alike', () => {
    const keys = Array.from({ length: 50 }, (_, i) => `user-${i}`);
    const seen = new Map<string, string>();
    const check = (one: PlacedRing) => {
      const routes = JSON.stringify([
        one.chain.text,
        keys.map((key) => {
          const into = new Uint16Array(one.placement.members.length);
          one.placement.order(one.hash(key), into);
          return [...into].map((index) => one.placement.members[index].id);
        }),
      ]);
      expect(seen.get(one.placement.digest) ?? routes).toBe(routes);
      seen.set(one.placement.digest, routes);
    };
    fc.assert(fc.property(ring, check), { numRuns: 600 });
    // Not vacuous: many recipes, and the same one more than once.
    expect(seen.size).toBeGreaterThan(50);
    expect(seen.size).toBeLessThan(590);
  });
});
