// Owns when a series counts as flat. Pure: numbers in, a verdict in words out.
//
// - Counts (sockets, descriptors, handles, timers) have to come back to what they were at the first sample, exactly: one more
//   for each hundred births is a leak, however small it looks.
// - Amounts (heap, resident memory) waver. Their level late in the run is held against that of the middle: the median of the
//   last quarter of the samples may be above that of the second quarter by a part of it and a fixed allowance, no more. The
//   first quarter is left out: code is still being compiled and caches filled.

export interface Allowance {
  /** 0.05: five percent. */
  readonly part: number;
  /** In the unit of the series. */
  readonly fixed: number;
}

export interface Verdict {
  readonly flat: boolean;
  /** What the last value is held against. */
  readonly before: number;
  readonly after: number;
  /** In the unit of the series, per thousand of what the points are over: least squares over the second half. */
  readonly slope: number;
  readonly reason: string;
}

export interface Point {
  /** Births so far, or requests. */
  readonly at: number;
  readonly value: number;
}

export function countVerdict(points: readonly Point[]): Verdict {
  const before = points[0]?.value ?? 0;
  const after = points.at(-1)?.value ?? 0;
  const flat = after <= before;
  const reason = flat ? 'as many as at the first sample' : `${after - before} more than at the first sample`;
  return { flat, before, after, slope: slopePerThousand(points), reason };
}

export function amountVerdict(points: readonly Point[], { part, fixed }: Allowance): Verdict {
  const quarter = Math.floor(points.length / 4);
  const before = median(points.slice(quarter, 2 * quarter).map(({ value }) => value));
  const after = median(points.slice(points.length - quarter).map(({ value }) => value));
  const bound = before * (1 + part) + fixed;
  const flat = quarter > 0 && after <= bound;
  const reason =
    quarter === 0
      ? 'too few samples to tell'
      : `${after.toFixed(1)} in the last quarter, ${before.toFixed(1)} in the second, ${bound.toFixed(1)} allowed`;
  return { flat, before, after, slope: slopePerThousand(points), reason };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return NaN;
  return ((sorted[Math.ceil(middle) - 1] ?? NaN) + (sorted[Math.floor(middle)] ?? NaN)) / 2;
}

/** Of the least-squares line through the second half of the points. */
function slopePerThousand(points: readonly Point[]): number {
  const late = points.slice(Math.floor(points.length / 2));
  const mean = (of: (point: Point) => number) => late.reduce((sum, point) => sum + of(point), 0) / late.length;
  const [at, value] = [mean((point) => point.at), mean((point) => point.value)];
  const spread = late.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  if (spread === 0) return 0;
  return (1000 * late.reduce((sum, point) => sum + (point.at - at) * (point.value - value), 0)) / spread;
}
