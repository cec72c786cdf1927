// Owns one process of the benchmark: one contestant at all sizes, so that the engine compiles its lookups for it alone.
// Prints one line of JSON.
import { pathToFileURL } from 'node:url';
import type { Contestant, Lookup } from './contestant.ts';
import { OURS, SEED } from './ours.ts';
import { RIVALS } from './rivals.ts';

export const CONTESTANTS: readonly Contestant[] = [...OURS, ...RIVALS];
export const SIZES = [3, 10, 30, 100, 300, 1000];

export interface Measurement {
  readonly N: number;
  /** Median of the builds, in milliseconds; null: not possible, or longer than the limit. */
  readonly buildMs: number | null;
  /** Least of the rounds, in nanoseconds per key, with its hash. */
  readonly lookupNs: number | null;
  /** The same of hashes that were made before. */
  readonly hashedLookupNs: number | null;
  /** Why there are no numbers. */
  readonly missing?: string;
}

const LIMIT_MS = 5000;
const BUILDS = { most: 9, budgetMs: 600 };
const ROUNDS = { count: 15, ms: 25 };
/** More than any cache of looked-up keys holds: real keys come back rarely. */
const KEYS = 8192;

async function measure(contestant: Contestant): Promise<Measurement[]> {
  const keys = Array.from({ length: KEYS }, (_, i) => flat(`user-${String(i * 7919).padStart(15, '0')}`));
  const hashes = contestant.ours ? await hashesOf(keys) : [];
  await build(contestant, SIZES[0] ?? 1); // the engine compiles
  const measured: Measurement[] = [];
  let last: { N: number; ms: number } | undefined;
  for (const N of SIZES) {
    const missing = whyNot(contestant, N, last);
    if (missing) {
      measured.push({ N, buildMs: null, lookupNs: null, hashedLookupNs: null, missing });
      continue;
    }
    const { ms, lookup } = await build(contestant, N);
    last = { N, ms };
    measured.push({
      N,
      buildMs: ms,
      lookupNs: nsPerCall((i) => lookup.byKey(keys[i & (KEYS - 1)] ?? '')),
      hashedLookupNs: byHash(lookup, hashes),
    });
  }
  return measured;
}

function whyNot({ limit }: Contestant, N: number, last?: { N: number; ms: number }): string | undefined {
  if (limit !== undefined && N > limit) return `places at most ${limit} members`;
  // Some sort again for each member: at least quadratic.
  if (last && last.ms * (N / last.N) ** 2 > LIMIT_MS) return `would take longer than ${LIMIT_MS / 1000} s to build`;
  return undefined;
}

async function build(contestant: Contestant, N: number): Promise<{ ms: number; lookup: Lookup }> {
  const ids = Array.from({ length: N }, (_, i) => `10.0.${i >> 8}.${i & 255}:8080`);
  const times: number[] = [];
  const began = performance.now();
  for (;;) {
    const start = performance.now();
    const lookup = await contestant.build(ids);
    times.push(performance.now() - start);
    if (times.length === BUILDS.most || performance.now() - began > BUILDS.budgetMs)
      return { ms: median(times), lookup };
  }
}

function byHash({ byHash: find }: Lookup, hashes: readonly number[]): number | null {
  return find ? nsPerCall((i) => find(hashes[i & (KEYS - 1)] ?? 0)) : null;
}

/** The least of some rounds: whatever else the machine does only adds. */
function nsPerCall(call: (i: number) => unknown): number {
  let least = Infinity;
  let calls = 1;
  let found = 0;
  for (let round = 0; round < ROUNDS.count;) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) if (call(i) !== undefined) found++;
    const ms = performance.now() - start;
    // The first rounds only find out how many calls fill one.
    if (ms < ROUNDS.ms / 2 && calls < 2 ** 24) {
      calls *= 2;
      continue;
    }
    least = Math.min(least, (ms * 1e6) / calls);
    round++;
  }
  if (found === 0) throw new Error('no lookup found anybody');
  return least;
}

async function hashesOf(keys: readonly string[]): Promise<number[]> {
  const library = (await import(new URL('../../dist/libs/hashing/src/index.js', import.meta.url).href)) as {
    createSignedKeyHash: (seed: string) => (key: string) => number;
  };
  return keys.map(library.createSignedKeyHash(SEED));
}

/** In one piece, as a header field comes, and not as the engine glued it together. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

// Run as a program, not when its lists are imported.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const contestant = CONTESTANTS.find(({ name }) => name === process.argv[2]);
  if (!contestant) throw new Error(`no contestant ${process.argv[2]}`);
  process.stdout.write(`${JSON.stringify(await measure(contestant))}\n`);
}
