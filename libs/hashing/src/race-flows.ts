// Owns the exact flows between two rendezvous placements: an integral with a closed form, so that a preview needs no sampling.
import type { FlowVisitor } from './key-space.js';
import type { Member } from './placement.js';

/*
 * For one hash every member k has one exponential variate E_k; it finishes at E_k / w_k before the change and at E_k / v_k
 * after it (a weight of 0: not there). Owner a before at time t and b after at time s means E_a = w_a t, E_b = v_b s and, for
 * every k, E_k >= max(w_k t, v_k s), which has density w_a v_b exp(-sum_k max(w_k t, v_k s)). With s = r t the exponent is
 * t P(r), P(r) = sum_k max(w_k, v_k r), and integrating over t leaves
 *
 *     flow(a, b) = w_a v_b  *  integral of dr / P(r)^2   over   w_b / v_b < r < w_a / v_a
 *
 * P is piecewise linear with corners at w_k / v_k, so the integral is a sum of (u - l) / (P(l) P(u)). Where neither a lost nor
 * b gained weight the range is empty: a move between members that did not change is impossible.
 */
export function raceFlows(before: readonly Member[], after: readonly Member[], visit: FlowVisitor): void {
  const indexAfter = new Map(after.map(({ id }, index) => [id, index]));
  const indexBefore = new Map(before.map(({ id }, index) => [id, index]));
  const ratesBefore = before.map(({ weight }) => weight);
  const cornersBefore = before.map(({ id, weight }) => weight / (after[indexAfter.get(id) ?? -1]?.weight ?? 0));
  const cornersAfter = after.map(({ id, weight }) => (before[indexBefore.get(id) ?? -1]?.weight ?? 0) / weight);

  const joined = after.filter(({ id }) => !indexBefore.has(id));
  const integral = cumulativeIntegral([
    ...before.map(({ id, weight }, k) => ({
      at: cornersBefore[k],
      w: weight,
      v: after[indexAfter.get(id) ?? -1]?.weight ?? 0,
    })),
    ...joined.map(({ weight }) => ({ at: 0, w: 0, v: weight })),
  ]);
  const upTo = cornersBefore.map((corner) => integral.get(corner)!);
  const from = cornersAfter.map((corner) => integral.get(corner)!);
  for (let a = 0; a < before.length; a++) {
    for (let b = 0; b < after.length; b++) {
      if (cornersAfter[b] < cornersBefore[a]) visit(a, b, ratesBefore[a] * after[b].weight * (upTo[a] - from[b]));
    }
  }
}

interface Rates {
  /** The corner w / v: Infinity for a leaver, 0 for a newcomer. */
  readonly at: number;
  readonly w: number;
  readonly v: number;
}

/** The integral of dr / P(r)^2 from the first corner to each corner. */
function cumulativeIntegral(members: readonly Rates[]): ReadonlyMap<number, number> {
  const sorted = [...members].sort((a, b) => (a.at === b.at ? 0 : a.at - b.at));
  const fixed = new Float64Array(sorted.length + 1);
  for (let k = sorted.length - 1; k >= 0; k--) fixed[k] = fixed[k + 1] + sorted[k].w;
  const integral = new Map([[sorted[0].at, 0]]);
  let sum = 0;
  let slope = 0;
  for (let k = 0; k + 1 < sorted.length; k++) {
    slope += sorted[k].v;
    const [low, high] = [sorted[k].at, sorted[k + 1].at];
    if (high > low) {
      const height = fixed[k + 1] + slope * low;
      sum += high === Infinity ? 1 / (slope * height) : (high - low) / (height * (fixed[k + 1] + slope * high));
    }
    integral.set(high, sum);
  }
  return integral;
}
