// Owns reading quantiles out of the balancer's histograms, whose counts only rise. Pure but for the histograms it remembers.

/** @import { LatencyView } from './api-types.js' */
/** @typedef {{ readonly p50: number, readonly p99: number }} Quantiles milliseconds */

const MEDIAN = 0.5;
const TAIL = 0.99;

/**
 * Linear inside a bucket, as Prometheus does it; above the last bound it is that bound.
 * @param {readonly number[]} bounds @param {readonly number[]} buckets one more than there are bounds @param {number} part 0 to 1
 * @returns {number | undefined} undefined: nothing was counted
 */
export function quantile(bounds, buckets, part) {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (const [index, bound] of bounds.entries()) {
    const count = buckets[index] ?? 0;
    if (count > 0 && below + count >= part * total) {
      const least = index === 0 ? 0 : (bounds[index - 1] ?? 0);
      return least + ((part * total - below) / count) * (bound - least);
    }
    below += count;
  }
  return bounds.at(-1);
}

/** What was counted within a window that ends now, by name; the name of all together is empty. */
export class RecentHistograms {
  /** @type {{ at: number, counts: Map<string, readonly number[]> }[]} oldest first */
  #samples = [];

  /** @param {number} windowMs */
  constructor(windowMs) {
    this.windowMs = windowMs;
  }

  /**
   * @param {LatencyView | null} latency as it is now; null: not told @param {number} now milliseconds
   * @returns {Map<string, Quantiles>} who was counted in the window
   */
  add(latency, now) {
    if (latency === null) return new Map();
    /** @type {Map<string, readonly number[]>} */
    const counts = new Map([['', latency.total]]);
    for (const { replica, buckets } of latency.replicas) counts.set(replica, buckets);
    // Whoever counts has started anew: what was before says nothing.
    if (this.#samples.some((sample) => isLower(latency.total, sample.counts.get('') ?? []))) this.#samples = [];
    this.#samples.push({ at: now, counts });
    // The newest that is old enough is where the window begins.
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? now) <= now - this.windowMs) this.#samples.shift();
    const first = this.#samples[0]?.counts;
    const quantiles = new Map();
    for (const [name, buckets] of counts) {
      const recent = difference(first?.get(name), buckets);
      const p50 = quantile(latency.boundsMs, recent, MEDIAN);
      const p99 = quantile(latency.boundsMs, recent, TAIL);
      if (p50 !== undefined && p99 !== undefined) quantiles.set(name, { p50, p99 });
    }
    return quantiles;
  }
}

/** @param {readonly number[] | undefined} before @param {readonly number[]} now */
function difference(before, now) {
  if (!before || isLower(now, before)) return now;
  return now.map((count, index) => count - (before[index] ?? 0));
}

/** @param {readonly number[]} now @param {readonly number[]} before */
function isLower(now, before) {
  return now.some((count, index) => count < (before[index] ?? 0));
}
