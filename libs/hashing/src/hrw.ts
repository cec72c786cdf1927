// Owns weighted rendezvous hashing (highest random weight): each member draws a score for the hash, the best one owns it.
// No table, exactly fair, and no change of one member ever moves a hash between two others. O(N) per lookup.
import { exponential } from './logarithm.js';
import { MemberPlacement } from './member-placement.js';
import { memberSeeds, toMemberSet } from './members.js';
import type { PlacementOptions } from './options.js';
import type { Member, Placement } from './placement.js';
import { rankByScore } from './ranking.js';

const SIGNED_TO_UNSIGNED = 2 ** 31;

/** 32 random bits for (hash, member) as int32. A bijection of the hash for each member: over all hashes its draws are exactly uniform. */
function draw(hash: number, a: number, b: number): number {
  let x = hash ^ a;
  x ^= x >>> 16;
  x = (Math.imul(x, 0x21f0aaad) + b) | 0;
  x ^= x >>> 15;
  x = Math.imul(x, 0x735a2d97);
  return x ^ (x >>> 15);
}

/*
 * The score is an exponential variate divided by the weight, the smallest wins: P(k owns) = w_k / W (an exponential race).
 * With equal weights the highest draw wins, which is the same order without the logarithm: `exponential` falls strictly, and
 * dividing by one weight keeps steps of 2^-32 apart in a double. So a pool that turns from equal to unequal weights (or
 * back) keeps the order of all members whose weight did not change.
 */
class HrwPlacement extends MemberPlacement {
  readonly keySpace = { kind: 'race' } as const;
  protected readonly recipe = { revision: 'hrw/1', parameters: {} };
  readonly #count: number;
  readonly #a: Int32Array;
  readonly #b: Int32Array;
  readonly #equal: boolean;
  readonly #perWeight: Float64Array;
  readonly #scores: Float64Array;

  constructor(members: readonly Member[], options: PlacementOptions) {
    super('hrw', members, options);
    ({ a: this.#a, b: this.#b } = memberSeeds(members));
    this.#count = members.length;
    this.#equal = members.every(({ weight }) => weight === members[0].weight);
    this.#perWeight = Float64Array.from(members, ({ weight }) => 1 / weight);
    this.#scores = new Float64Array(members.length);
  }

  lookupHash(hash: number): number {
    return this.#equal ? this.#highestDraw(hash) : this.#lowestScore(hash);
  }

  protected fillOrder(hash: number, into: Uint16Array): void {
    const scores = this.#scores;
    for (let k = 0; k < this.#count; k++) {
      const bits = draw(hash, this.#a[k], this.#b[k]) + SIGNED_TO_UNSIGNED;
      scores[k] = this.#equal ? -bits : exponential(bits) * this.#perWeight[k];
    }
    rankByScore(scores, this.#count, into);
  }

  /** Members are sorted by id, and only a better draw replaces: a tie goes to the smaller id. */
  #highestDraw(hash: number): number {
    const a = this.#a;
    const b = this.#b;
    let owner = -1;
    let best = 0;
    for (let k = 0; k < a.length; k++) {
      const bits = draw(hash, a[k], b[k]);
      if (bits > best || owner < 0) {
        best = bits;
        owner = k;
      }
    }
    return owner;
  }

  #lowestScore(hash: number): number {
    const a = this.#a;
    const b = this.#b;
    const perWeight = this.#perWeight;
    let owner = -1;
    let best = Infinity;
    for (let k = 0; k < a.length; k++) {
      const score = exponential(draw(hash, a[k], b[k]) + SIGNED_TO_UNSIGNED) * perWeight[k];
      if (score < best) {
        best = score;
        owner = k;
      }
    }
    return owner;
  }
}

/** @throws HashingError for a bad membership or seed */
export function buildHrw(members: readonly Member[], options: PlacementOptions): Placement {
  return new HrwPlacement(toMemberSet(members), options);
}
