// Owns reading quantiles out of the balancer's histograms, whose counts only rise. Pure but for the histograms it remembers.

const QUANTILES = { p50: 0.5, p99: 0.99 };

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
    const count = buckets[index];
    if (count > 0 && below + count >= part * total) {
      const least = index === 0 ? 0 : bounds[index - 1];
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

  constructor(windowMs) {
    this.windowMs = windowMs;
  }

  /** @returns {Map<string, { p50: number, p99: number }>} who was counted in the window */
  add(latency, now) {
    if (latency === null) return new Map();
    const counts = new Map([
      ['', latency.total],
      ...latency.replicas.map(({ replica, buckets }) => [replica, buckets]),
    ]);
    // Whoever counts has started anew: what was before says nothing.
    if (this.#samples.some((sample) => isLower(latency.total, sample.counts.get('')))) this.#samples = [];
    this.#samples.push({ at: now, counts });
    // The newest that is old enough is where the window begins.
    while (this.#samples.length > 2 && this.#samples[1].at <= now - this.windowMs) this.#samples.shift();
    const first = this.#samples[0].counts;
    const quantiles = new Map();
    for (const [name, buckets] of counts) {
      const recent = difference(first.get(name), buckets);
      const values = Object.entries(QUANTILES).map(([key, part]) => [key, quantile(latency.boundsMs, recent, part)]);
      if (values[0][1] !== undefined) quantiles.set(name, Object.fromEntries(values));
    }
    return quantiles;
  }
}

function difference(before, now) {
  if (!before || isLower(now, before)) return now;
  return now.map((count, index) => count - before[index]);
}

function isLower(now, before) {
  return now.some((count, index) => count < before[index]);
}
