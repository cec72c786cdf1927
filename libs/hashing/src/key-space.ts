// Owns how an algorithm divides the 2^32 key hashes among its members, as data, and what part each member gets of them.
// Comparing two divisions is diff.ts's.
import { totalWeight } from './members.js';
import type { Member, Share } from './placement.js';

export const HASHES = 2 ** 32;

/** A race of exponential clocks, one per member with its weight as rate (hrw): the parts are known in closed form. */
export interface Race {
  readonly kind: 'race';
}
/** Hash h belongs to owners[h mod owners.length]. Empty when there are no members. */
export interface Slots {
  readonly kind: 'slots';
  readonly owners: Uint16Array;
}
/** Hash h belongs to the owner of the first end >= h, past the last end to the first. Ends rise strictly. */
export interface Arcs {
  readonly kind: 'arcs';
  readonly ends: Uint32Array;
  readonly owners: Uint16Array;
}
export type KeySpace = Race | Slots | Arcs;

/** Told of a part of the key space (0 to 1) with the index of its owner before and after a change; -1 for nobody. */
export type FlowVisitor = (before: number, after: number, share: number) => void;

/** How many of the 2^32 hashes fall into slot `slot` of `slots`: exact also where `slots` does not divide 2^32. */
export function hashesInSlot(slot: number, slots: number): number {
  return Math.floor(HASHES / slots) + (slot < HASHES % slots ? 1 : 0);
}

/**
 * Share and fair share per member, in member order. Slots and arcs are counted exactly; a race has the share of its law,
 * w / W, from which the count over all 2^32 hashes differs by about sqrt((N - 1) / 2^32), 0.005 % at N = 10.
 */
export function sharesOf(members: readonly Member[], space: KeySpace): ReadonlyMap<string, Share> {
  const total = totalWeight(members);
  const owned = new Float64Array(members.length);
  switch (space.kind) {
    case 'race':
      members.forEach(({ weight }, index) => (owned[index] = (weight / total) * HASHES));
      break;
    case 'slots':
      space.owners.forEach((owner, slot) => (owned[owner] += hashesInSlot(slot, space.owners.length)));
      break;
    case 'arcs':
      space.ends.forEach((end, index) => {
        const start = index === 0 ? space.ends[space.ends.length - 1] - HASHES : space.ends[index - 1];
        owned[space.owners[index]] += end - start;
      });
      break;
  }
  return new Map(members.map(({ id, weight }, index) => [id, { share: owned[index] / HASHES, fair: weight / total }]));
}
