// Owns the comparison of two placements: how much of the key space moved, how much had to, and between whom.
import { HASHES, hashesInSlot, type Arcs, type FlowVisitor } from './key-space.js';
import { MemberPlacement } from './member-placement.js';
import { totalWeight } from './members.js';
import { fmix32 } from './mix.js';
import type { Member, Placement } from './placement.js';
import { raceFlows } from './race-flows.js';

/** A part of the key space (0 to 1) that changed hands; without `from` nobody owned it, without `to` nobody does now. */
export interface Flow {
  readonly from?: string;
  readonly to?: string;
  readonly share: number;
}

/** All numbers are parts of the key space, 0 to 1. */
export interface PlacementDiff {
  readonly moved: number;
  /** The least that any placement with these fair shares must move. */
  readonly minimum: number;
  /** Moved although it neither left a member that went or lost weight, nor reached one that came or gained weight. */
  readonly collateral: number;
  /** Largest first, equal ones by name. */
  readonly flows: readonly Flow[];
}

/** Key hashes looked up where two placements have no common geometry: scattered, all different, the same on every machine. */
const SAMPLES = 2 ** 20;
const NOBODY = -1;

/**
 * Exact by count where both are tables of one size or both are rings; exact in closed form where both are hrw (the law of
 * the race, see race-flows.ts); otherwise, for two different algorithms or table sizes, counted over 2^20 fixed hashes (standard error below 0.0005).
 */
export function diffPlacements(before: Placement, after: Placement): PlacementDiff {
  const parts = new Map<number, number>();
  const stride = after.members.length + 1;
  visitFlows(before, after, (from, to, share) => {
    const pair = (from + 1) * stride + (to + 1);
    parts.set(pair, (parts.get(pair) ?? 0) + share);
  });
  const weightBefore = new Map(before.members.map(({ id, weight }) => [id, weight]));
  const weightAfter = new Map(after.members.map(({ id, weight }) => [id, weight]));
  const flows: Flow[] = [];
  let moved = 0;
  let collateral = 0;
  for (const [pair, share] of parts) {
    const from = before.members[Math.floor(pair / stride) - 1]?.id;
    const to = after.members[(pair % stride) - 1]?.id;
    if (from === to || share <= 0) continue;
    flows.push({ ...(from !== undefined && { from }), ...(to !== undefined && { to }), share });
    moved += share;
    if (from === undefined || to === undefined) continue;
    const due =
      (weightAfter.get(from) ?? 0) < weightBefore.get(from)! || weightAfter.get(to)! > (weightBefore.get(to) ?? 0);
    if (!due) collateral += share;
  }
  flows.sort((a, b) => b.share - a.share || compare(a.from, b.from) || compare(a.to, b.to));
  return { moved, minimum: leastMove(before.members, after.members), collateral, flows };
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Half the distance between the two fair divisions: what the winners must gain. Everything, from or to an empty set. */
function leastMove(before: readonly Member[], after: readonly Member[]): number {
  if (before.length === 0 || after.length === 0) return before.length === after.length ? 0 : 1;
  const totals = [totalWeight(before), totalWeight(after)];
  const fairBefore = new Map(before.map(({ id, weight }) => [id, weight / totals[0]]));
  return after.reduce((sum, { id, weight }) => sum + Math.max(0, weight / totals[1] - (fairBefore.get(id) ?? 0)), 0);
}

function visitFlows(before: Placement, after: Placement, visit: FlowVisitor): void {
  if (before.members.length === 0 || after.members.length === 0) {
    if (before.members.length > 0)
      before.members.forEach((m, index) => visit(index, NOBODY, before.shares().get(m.id)!.share));
    if (after.members.length > 0)
      after.members.forEach((m, index) => visit(NOBODY, index, after.shares().get(m.id)!.share));
    return;
  }
  const a = before instanceof MemberPlacement ? before.keySpace : undefined;
  const b = after instanceof MemberPlacement ? after.keySpace : undefined;
  if (a?.kind === 'race' && b?.kind === 'race') {
    raceFlows(before.members, after.members, visit);
  } else if (a?.kind === 'slots' && b?.kind === 'slots' && a.owners.length === b.owners.length) {
    const slots = a.owners.length;
    for (let slot = 0; slot < slots; slot++) visit(a.owners[slot], b.owners[slot], hashesInSlot(slot, slots) / HASHES);
  } else if (a?.kind === 'arcs' && b?.kind === 'arcs') {
    visitArcs(a, b, visit);
  } else {
    for (let i = 0; i < SAMPLES; i++) {
      const hash = fmix32(i);
      visit(before.lookupHash(hash), after.lookupHash(hash), 1 / SAMPLES);
    }
  }
}

/** Walks both rings at once; between two neighbouring ends of either, all hashes have one owner before and one after. */
function visitArcs(a: Arcs, b: Arcs, visit: FlowVisitor): void {
  let start = -1;
  for (let i = 0, j = 0; i < a.ends.length || j < b.ends.length;) {
    const end = Math.min(a.ends[i] ?? HASHES, b.ends[j] ?? HASHES);
    visit(a.owners[i % a.owners.length], b.owners[j % b.owners.length], (end - start) / HASHES);
    start = end;
    if (a.ends[i] === end) i++;
    if (b.ends[j] === end) j++;
  }
  visit(a.owners[0], b.owners[0], (HASHES - 1 - start) / HASHES);
}
