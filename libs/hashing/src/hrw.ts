// Owns weighted rendezvous hashing (highest random weight): each member draws a score for the hash, the best one owns it.
// No table, exactly fair, and no change of one member ever moves a hash between two others. O(N) per lookup.
import { exponential } from './logarithm.js';
import { MemberPlacement } from './member-placement.js';
import { memberSeeds, toMemberSet } from './members.js';
import { mixSeeded } from './mix.js';
import type { PlacementOptions } from './options.js';
import type { Member, Placement } from './placement.js';
import { rankByScore } from './ranking.js';

/** A local name, as in mix.ts. */
const { imul } = Math;

/** Draws are 31 bits: the difference of two of them fits an int32, which lets the hot loop compare without a branch. */
const MAX_DRAW = 2 ** 31 - 1;
const DRAW_UNIT = 2 ** -31;

/** 31 random bits for (hash, member): over all 2^32 hashes each value comes up exactly twice. */
function draw(hash: number, a: number, b: number): number {
  return mixSeeded(hash, a, b) >>> 1;
}

/*
 * The score is an exponential variate divided by the weight, the smallest wins: P(k owns) = w_k / W (an exponential race).
 * With equal weights the highest draw wins, which is the same order without the logarithm: `exponential` falls strictly, and
 * scaling by one weight keeps steps of 2^-31 apart in a double. So a pool that turns from equal to unequal weights (or
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
      const bits = draw(hash, this.#a[k], this.#b[k]);
      scores[k] = this.#equal ? -bits : exponential(bits) * this.#perWeight[k];
    }
    rankByScore(scores, this.#count, into);
  }

  /** Members are sorted by id and only a higher draw replaces: a tie goes to the smaller id. */
  #highestDraw(hash: number): number {
    const a = this.#a;
    const b = this.#b;
    let owner = -1;
    let best = -1;
    for (let k = 0; k < a.length; k++) {
      // `draw` written out: called across modules it makes this loop half as slow again. placement.spec.ts holds the two alike.
      let x = hash ^ a[k];
      x ^= x >>> 16;
      x = (imul(x, 0x21f0aaad) + b[k]) | 0;
      x ^= x >>> 15;
      x = imul(x, 0x735a2d97);
      const bits = (x ^ (x >>> 15)) >>> 1;
      // All ones if `bits` is higher: a branch here would be mispredicted two or three times per lookup.
      const higher = (best - bits) >> 31;
      best ^= (best ^ bits) & higher;
      owner ^= (owner ^ k) & higher;
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
      const bits = draw(hash, a[k], b[k]);
      // -ln(u) >= 1 - u: most members are out of the race before their logarithm is taken.
      if ((MAX_DRAW - bits) * DRAW_UNIT * perWeight[k] >= best) continue;
      const score = exponential(bits) * perWeight[k];
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
