// Owns Maglev: members take turns in claiming slots of a prime table, each along its own permutation. Shares are fair to
// one slot; the price is that a change moves some slots between members that stay (2.7 % of the minimum at N = 10).
import { memberSeeds, toMemberSet, type MemberSeeds } from './members.js';
import type { PlacementOptions } from './options.js';
import type { Member, Placement } from './placement.js';
import { moveToFront, rankByScore } from './ranking.js';
import { SlotPlacement } from './slot-placement.js';

const SLOTS = 65537;
const NOBODY = 0xffff;

/** A member's permutation: slot at position j is (offset + j * skip) mod SLOTS. */
interface Permutation {
  readonly offset: number;
  readonly skip: number;
}

function permutations(seeds: MemberSeeds): readonly Permutation[] {
  return Array.from(seeds.a, (a, k) => ({ offset: (a >>> 0) % SLOTS, skip: ((seeds.b[k] >>> 0) % (SLOTS - 1)) + 1 }));
}

/** Rounds in which the heaviest member claims one slot and the others one every so many rounds, as their weights say. */
function claimSlots(members: readonly Member[], walks: readonly Permutation[]): Uint16Array {
  if (members.length === 0) return new Uint16Array(0);
  const owners = new Uint16Array(SLOTS).fill(NOBODY);
  const heaviest = Math.max(...members.map(({ weight }) => weight));
  const next = walks.map(({ offset }) => offset);
  const claims = members.map(() => 1);
  for (let round = 1, claimed = 0; claimed < SLOTS; round++) {
    for (let k = 0; k < members.length && claimed < SLOTS; k++) {
      if (round * members[k].weight < claims[k] * heaviest) continue;
      claims[k]++;
      while (owners[next[k]] !== NOBODY) next[k] = (next[k] + walks[k].skip) % SLOTS;
      owners[next[k]] = k;
      claimed++;
    }
  }
  return owners;
}

/** x with x * value = 1 modulo the prime SLOTS (Fermat: value^(SLOTS - 2)). Products stay below 2^53. */
function inverse(value: number): number {
  let result = 1;
  let square = value;
  for (let exponent = SLOTS - 2; exponent > 0; exponent >>>= 1) {
    if (exponent & 1) result = (result * square) % SLOTS;
    square = (square * square) % SLOTS;
  }
  return result;
}

class MaglevPlacement extends SlotPlacement {
  protected readonly recipe = { revision: 'maglev/1', parameters: { slots: SLOTS } };
  readonly #offsets: Float64Array;
  readonly #inverses: Float64Array;
  readonly #scores: Float64Array;

  constructor(members: readonly Member[], options: PlacementOptions, walks: readonly Permutation[]) {
    super('maglev', members, options, claimSlots(members, walks));
    this.#offsets = Float64Array.from(walks, ({ offset }) => offset);
    this.#inverses = Float64Array.from(walks, ({ skip }) => inverse(skip));
    this.#scores = new Float64Array(members.length);
  }

  /**
   * Behind the owner, members by when they would claim this slot: its position in their permutation, over their weight. Who
   * comes second is most likely the one that gets the slot if the owner leaves, which the next slot's owner is not.
   */
  protected fillOrder(hash: number, into: Uint16Array): void {
    const slot = (hash >>> 0) % SLOTS;
    const scores = this.#scores;
    for (let k = 0; k < scores.length; k++) {
      const position = ((slot - this.#offsets[k] + SLOTS) * this.#inverses[k]) % SLOTS;
      scores[k] = (position + 1) / this.members[k].weight;
    }
    rankByScore(scores, scores.length, into);
    moveToFront(this.owners[slot], into);
  }
}

/** @throws HashingError for a bad membership or seed */
export function buildMaglev(members: readonly Member[], options: PlacementOptions): Placement {
  const set = toMemberSet(members);
  return new MaglevPlacement(set, options, permutations(memberSeeds(set)));
}
