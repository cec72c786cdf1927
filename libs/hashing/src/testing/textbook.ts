// Owns the oracles of the table and ring specs: each algorithm as a textbook writes it, slow and plain. Not part of the library.
import type { Member } from '../index.js';
import { memberSeeds, toMemberSet } from '../members.js';
import { mixSeeded } from '../mix.js';

/** All points of all members, sorted; a hash walks to the first one at or after it. @returns ids clockwise, each once */
export function ketamaOrder(members: readonly Member[], hash: number): string[] {
  const set = toMemberSet(members);
  const { a, b } = memberSeeds(set);
  const points = set.flatMap(({ id, weight }, k) =>
    Array.from({ length: Math.max(1, Math.round(160 * weight)) }, (_, j) => ({
      id,
      at: mixSeeded(j, a[k], b[k]) >>> 0,
    })),
  );
  points.sort((x, y) => x.at - y.at || (x.id < y.id ? -1 : 1));
  const unique = points.filter(({ at }, index) => index === 0 || points[index - 1].at !== at);
  const first = unique.findIndex(({ at }) => at >= hash);
  return [
    ...new Set([...unique.slice(Math.max(0, first)), ...unique.slice(0, Math.max(0, first))].map(({ id }) => id)),
  ];
}

/** Preference lists written out, members taking turns (Eisenbud et al., 2016, listing 1), for equal weights. */
export function maglevTable(members: readonly Member[], slots: number): string[] {
  const set = toMemberSet(members);
  const { a, b } = memberSeeds(set);
  const lists = set.map((_, k) => {
    const offset = (a[k] >>> 0) % slots;
    const skip = ((b[k] >>> 0) % (slots - 1)) + 1;
    return Array.from({ length: slots }, (__, j) => (offset + j * skip) % slots);
  });
  const table = new Array<string>(slots).fill('');
  const next = set.map(() => 0);
  for (let filled = 0; filled < slots;) {
    for (let k = 0; k < set.length && filled < slots; k++) {
      while (table[lists[k][next[k]]] !== '') next[k]++;
      table[lists[k][next[k]]] = set[k].id;
      filled++;
    }
  }
  return table;
}
