// Owns the arithmetic of the experiments: spread of counts, what chance alone would do, what moved. Pure: the simulation of
// chance has its own seeded numbers.

export interface Spread {
  readonly mean: number;
  /** Over the replicas that there are, not an estimate from a sample. */
  readonly deviation: number;
  /** Busiest replica over the mean; 1 = even. */
  readonly maxOverMean: number;
}

export function spread(counts: readonly number[]): Spread {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  return { mean, deviation: Math.sqrt(variance), maxOverMean: Math.max(...counts) / mean };
}

/** How far a perfectly fair placement strays by chance alone (multinomial counts of equal shares). */
export interface Noise {
  /** Standard deviation of one replica's count. */
  readonly deviation: number;
  /** Only one fair run in twenty has a greater max/mean. */
  readonly maxOverMean95: number;
  /** Nineteen in twenty counts of one replica are within this distance of the mean. */
  readonly countWithin95: number;
}

const TRIALS = 20_000;

/** @param requests of one run, over `replicas` equal ones; at least some hundreds each, where counts are as good as normal */
export function noise(requests: number, replicas: number): Noise {
  const mean = requests / replicas;
  const deviation = Math.sqrt((requests / replicas) * (1 - 1 / replicas));
  const normal = normals(replicas);
  const maxima = Array.from({ length: TRIALS }, () => {
    // Independent normals less their mean have the covariances of multinomial counts: they always sum up to the same.
    const draws = Array.from({ length: replicas }, normal);
    const average = draws.reduce((sum, draw) => sum + draw, 0) / replicas;
    return 1 + (Math.max(...draws) - average) / Math.sqrt(mean);
  }).sort((a, b) => a - b);
  return { deviation, maxOverMean95: maxima[Math.floor(TRIALS * 0.95)] ?? 1, countWithin95: 1.96 * deviation };
}

/** Standard normal numbers (Box and Muller) over a 32-bit generator: the same for the same seed, on every machine. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Requests per replica, in the order of `names`; a replica that answered none counts 0. */
export function countsOf(names: readonly string[], owners: readonly string[]): number[] {
  const counts = new Map(names.map((name) => [name, 0]));
  for (const owner of owners) {
    const count = counts.get(owner);
    if (count === undefined) throw new Error(`an answer came from ${JSON.stringify(owner)}, which is no replica`);
    counts.set(owner, count + 1);
  }
  return [...counts.values()];
}

/** Parts of the keys, 0 to 1. */
export interface Moves {
  readonly moved: number;
  /** Moved between two replicas that were there before and after: no placement has to. */
  readonly collateral: number;
}

/** @param before owner of each key, and `after` in the same order */
export function moves(before: readonly string[], after: readonly string[]): Moves {
  const there = new Set(before);
  const stays = new Set(after.filter((name) => there.has(name)));
  let moved = 0;
  let collateral = 0;
  before.forEach((from, key) => {
    const to = after[key] ?? '';
    if (from === to) return;
    moved += 1;
    if (stays.has(from) && stays.has(to)) collateral += 1;
  });
  return { moved: moved / before.length, collateral: collateral / before.length };
}
