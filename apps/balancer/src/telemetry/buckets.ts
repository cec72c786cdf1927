// Owns the bounds of all histograms, and which bucket a value falls into: one list for the process that counts and the one
// that shows. Pure. Where the counts lie is proxy/traffic/'s, how they are shown admin/metrics/'s.

/** Upper bounds in seconds, included; what is longer falls into one bucket more. */
export const DURATION_BOUNDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
/** Of how late a thread came to what was due. */
export const LAG_BOUNDS: readonly number[] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Of probes. */
export const PROBE_BOUNDS: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Of the births and drains of replicas. */
export const LIFE_BOUNDS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Index of the bucket; the number of bounds for what is above all of them. Allocates nothing. */
export function bucketOf(bounds: readonly number[], value: number): number {
  let index = 0;
  while (index < bounds.length && value > bounds[index]) index++;
  return index;
}

/** How often a value fell into each bucket (not added up, one more than there are bounds), and the sum of all values. */
export interface HistogramCounts {
  readonly buckets: readonly number[];
  /** Seconds. */
  readonly sum: number;
}

/** A histogram of the control process; those of the data process lie in shared memory. */
export class Tally implements HistogramCounts {
  readonly buckets: number[];
  sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.buckets = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(seconds: number): void {
    this.buckets[bucketOf(this.bounds, seconds)]++;
    this.sum += seconds;
  }
}
