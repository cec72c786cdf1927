// Owns the fair rendezvous table: rendezvous hashing of slots instead of keys, for constant-time lookups in large pools.
// Uncapped, no change ever moves a slot between two members that stay; a cap bounds each share and pays for it in such moves.
import { HashingError } from './errors.js';
import { STRATUM, StratumScores } from './frt-scores.js';
import { toMemberSet } from './members.js';
import { integerOption, type PlacementOptions } from './options.js';
import type { Member, Placement } from './placement.js';
import { moveToFront, rankByScore } from './ranking.js';
import { SlotPlacement } from './slot-placement.js';

const DEFAULT_SLOTS = 65536;
const MAX_SLOTS = 2 ** 20;
const MAX_CAP = 8;
const NOBODY = 0xffff;

/**
 * The member with the smallest tau for every slot (equal ones: the smaller id). Instead of comparing all members for all
 * slots, each member throws at the slots in the order of its scores until none is left: O(slots * ln), whatever N.
 */
export function claimByScore(scores: StratumScores, slots: number): Uint16Array {
  const owners = new Uint16Array(slots).fill(NOBODY);
  const equal = scores.weights.every((weight) => weight === scores.weights[0]);
  for (let stratum = 0; stratum * STRATUM < slots; stratum++) {
    scores.load(stratum);
    const part = owners.subarray(stratum * STRATUM, (stratum + 1) * STRATUM);
    if (equal) claimInTurns(scores, part);
    else claimInWindows(scores, part);
  }
  return owners;
}

/** Equal weights: tau grows with the position first and the phase second, so whoever throws first has the slot. */
function claimInTurns(scores: StratumScores, owners: Uint16Array): void {
  const turns = new Uint16Array(scores.count);
  rankByScore(scores.phases, scores.count, turns);
  let left = STRATUM;
  for (let j = 0; left > 0; j++) {
    for (let turn = 0; turn < turns.length; turn++) {
      const slot = scores.slotAt(turns[turn], j);
      if (owners[slot] !== NOBODY) continue;
      owners[slot] = turns[turn];
      left--;
    }
  }
}

/** Any weights: all members throw up to a moment; once every slot is hit, no later throw can have a smaller tau. */
export function claimInWindows(scores: StratumScores, owners: Uint16Array): void {
  const total = scores.weights.reduce((sum, weight) => sum + weight, 0);
  const best = new Float64Array(STRATUM).fill(Infinity);
  const position = new Uint16Array(scores.count);
  let left = STRATUM;
  for (let end = (4 * STRATUM) / total; left > 0; end += (0.75 * STRATUM) / total) {
    for (let k = 0; k < scores.count; k++) {
      let j = position[k];
      for (; j < STRATUM; j++) {
        const tau = scores.tauAt(k, j);
        if (tau >= end) break;
        const slot = scores.slotAt(k, j);
        if (owners[slot] === NOBODY) left--;
        // Members throw in id order: on equal terms the earlier one keeps the slot, but windows mix the order up.
        if (tau < best[slot] || (tau === best[slot] && k < owners[slot])) {
          best[slot] = tau;
          owners[slot] = k;
        }
      }
      position[k] = j;
    }
  }
}

/**
 * Takes from every member above its cap its weakest slots, and gives each, in slot order, to the best member with room.
 * Caps are at least the fair share rounded up, so there is room for all. @returns how many slots changed hands
 */
function repair(owners: Uint16Array, scores: StratumScores, cap: number): number {
  const total = scores.weights.reduce((sum, weight) => sum + weight, 0);
  const held: number[][] = Array.from(scores.weights, () => []);
  owners.forEach((owner, slot) => held[owner].push(slot));
  const caps = Array.from(scores.weights, (weight) => {
    const fair = (owners.length * weight) / total;
    return Math.max(Math.ceil(fair), Math.floor(fair * (1 + cap)));
  });
  const counts = held.map((slots) => slots.length);
  const released: number[] = [];
  held.forEach((slots, k) => {
    if (slots.length <= caps[k]) return;
    const taus = new Float64Array(owners.length);
    let loaded = -1;
    for (const slot of slots) {
      const stratum = Math.floor(slot / STRATUM);
      if (stratum !== loaded) scores.load((loaded = stratum));
      taus[slot] = scores.tau(k, slot % STRATUM);
    }
    slots.sort((a, b) => taus[b] - taus[a] || a - b);
    released.push(...slots.slice(0, slots.length - caps[k]));
    counts[k] = caps[k];
  });
  released.sort((a, b) => a - b);
  let loaded = -1;
  for (const slot of released) {
    const stratum = Math.floor(slot / STRATUM);
    if (stratum !== loaded) scores.load((loaded = stratum));
    let heir = -1;
    let best = Infinity;
    for (let k = 0; k < scores.count; k++) {
      if (counts[k] >= caps[k]) continue;
      const tau = scores.tau(k, slot % STRATUM);
      if (tau < best) [heir, best] = [k, tau];
    }
    owners[slot] = heir;
    counts[heir]++;
  }
  return released.length;
}

export class FrtPlacement extends SlotPlacement {
  protected readonly recipe;
  readonly #scores: Float64Array;

  constructor(
    members: readonly Member[],
    options: PlacementOptions,
    owners: Uint16Array,
    private readonly stratum: StratumScores,
    cap: number,
    /** Slots that the cap gave to another member than the best. */
    readonly repaired: number,
  ) {
    super('frt', members, options, owners);
    this.recipe = { revision: 'frt/1', parameters: { slots: owners.length, cap: Number.isFinite(cap) ? cap : null } };
    this.#scores = new Float64Array(members.length);
  }

  /** The slots are a power of two: a mask takes the place of the division. */
  override lookupHash(hash: number): number {
    const { owners } = this;
    return owners.length === 0 ? -1 : owners[hash & (owners.length - 1)];
  }

  /** Owner first, then by tau: without a cap the second is exactly who has the slot once the owner is gone. */
  protected fillOrder(hash: number, into: Uint16Array): void {
    const slot = (hash >>> 0) % this.owners.length;
    this.stratum.load(Math.floor(slot / STRATUM));
    for (let k = 0; k < this.#scores.length; k++) this.#scores[k] = this.stratum.tau(k, slot % STRATUM);
    rankByScore(this.#scores, this.#scores.length, into);
    moveToFront(this.owners[slot], into);
  }
}

/** @throws HashingError bad_option (slots no power of two from 4096 to 1048576, cap not 0 to 8), and for a bad membership or seed */
export function buildFrt(members: readonly Member[], options: PlacementOptions): Placement {
  const set = toMemberSet(members);
  const slots = integerOption('slots', options.slots ?? DEFAULT_SLOTS, STRATUM, MAX_SLOTS);
  if ((slots & (slots - 1)) !== 0) throw new HashingError('bad_option', `slots ${slots}: it must be a power of two`);
  const cap = options.cap ?? Infinity;
  if (!((cap >= 0 && cap <= MAX_CAP) || cap === Infinity)) {
    throw new HashingError('bad_option', `cap ${cap}: it must be from 0 to ${MAX_CAP}, or left out`);
  }
  const scores = new StratumScores(set);
  if (set.length === 0) return new FrtPlacement(set, options, new Uint16Array(0), scores, cap, 0);
  const owners = claimByScore(scores, slots);
  const repaired = cap === Infinity ? 0 : repair(owners, scores, cap);
  return new FrtPlacement(set, options, owners, scores, cap, repaired);
}
