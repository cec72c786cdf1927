// Owns the scores of the fair rendezvous table: for each member and slot the moment tau at which the member would claim the
// slot. Within a stratum of 4096 slots a member's scores are a permutation of fixed quantiles, which is what evens out its
// share. Who wins a slot, and the cap, are frt.ts's.
import { naturalLog } from './logarithm.js';
import { memberSeeds, type MemberSeeds } from './members.js';
import { fmix32, imul } from './mix.js';
import type { Member } from './placement.js';

export const STRATUM = 4096;
const MASK = STRATUM - 1;
/** Half of the 12 bits of a position: v ^ (v >>> HALF) is then its own inverse. */
const HALF = 6;
const PHASES = 2 ** 20;
const GOLDEN = 0x9e3779b9;

/**
 * Quantiles of the exponential distribution times STRATUM. Rounded to 1/4096, so that a sum with a phase is exact in a double:
 * equal weights need no floating point at all (see frt.ts), and no machine can round differently.
 */
const QUANTILES = Float64Array.from({ length: STRATUM + 1 }, (_, j) => {
  const step = Math.min(j, STRATUM - 1);
  const quantile = Math.round((naturalLog(STRATUM) - naturalLog(STRATUM - step)) * STRATUM * 4096) / 4096;
  return j < STRATUM ? quantile : quantile + 2 * STRATUM;
});

/** The inverse of an odd number modulo STRATUM, by Newton: every step doubles the right bits, of which odd numbers start with 3. */
function oddInverse(value: number): number {
  let inverse = value;
  for (let bits = 3; bits < 12; bits *= 2) inverse = imul(inverse, 2 - imul(value, inverse));
  return inverse & MASK;
}

/** The members' scores in one stratum at a time: `load` it, then ask. Reused, so that asking allocates nothing. */
export class StratumScores {
  readonly count: number;
  readonly weights: Float64Array;
  /** Fraction of a quantile step, 0 to 1: who of two members at the same position of their permutations comes first. */
  readonly phases: Float64Array;
  readonly #seeds: MemberSeeds;
  readonly #starts: Int32Array;
  readonly #first: Int32Array;
  readonly #second: Int32Array;

  constructor(members: readonly Member[]) {
    this.count = members.length;
    this.weights = Float64Array.from(members, ({ weight }) => weight);
    this.phases = new Float64Array(this.count);
    this.#seeds = memberSeeds(members);
    this.#starts = new Int32Array(this.count);
    this.#first = new Int32Array(this.count);
    this.#second = new Int32Array(this.count);
  }

  load(stratum: number): void {
    for (let k = 0; k < this.count; k++) {
      const x = fmix32(this.#seeds.a[k] + imul(stratum, GOLDEN));
      const y = fmix32(x ^ this.#seeds.b[k]);
      this.#starts[k] = x & MASK;
      this.#first[k] = ((x >>> 12) & MASK) | 1;
      this.#second[k] = ((y >>> 20) & MASK) | 1;
      this.phases[k] = (y & (PHASES - 1)) / PHASES;
    }
  }

  /** The slot (within the stratum) at position `j` of member k's permutation: two multiplications, or the tails of shares get fat. */
  slotAt(k: number, j: number): number {
    let v = (this.#starts[k] + imul(j, this.#first[k])) & MASK;
    v ^= v >>> HALF;
    v = imul(v, this.#second[k]) & MASK;
    return v ^ (v >>> HALF);
  }

  positionOf(k: number, slot: number): number {
    let v = slot ^ (slot >>> HALF);
    v = imul(v, oddInverse(this.#second[k])) & MASK;
    v ^= v >>> HALF;
    return imul(v - this.#starts[k], oddInverse(this.#first[k])) & MASK;
  }

  /** tau of member k at position `j`: an exponential variate (times STRATUM) over its weight, so the smallest wins as weights say. */
  tauAt(k: number, j: number): number {
    return (QUANTILES[j] + this.phases[k] * (QUANTILES[j + 1] - QUANTILES[j])) / this.weights[k];
  }

  tau(k: number, slot: number): number {
    return this.tauAt(k, this.positionOf(k, slot));
  }
}
