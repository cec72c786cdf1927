// Owns what the clients felt: latencies, failures by cause, when the keys of a victim were served by its heirs and by its
// successor, which keys moved. Pure; times in milliseconds since the load began.
import { moves } from '../../experiments/statistics.ts';
import { failed, type Method, type Sample } from '../load/plan.ts';

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

export interface FailureCount {
  readonly method: Method;
  readonly status: number;
  readonly cause: string;
  readonly count: number;
}

/** Of the answered requests, from the time that each was due. */
export function latency(samples: readonly Sample[]): Latency {
  const [p50 = NaN, p99 = NaN, worst = NaN] = quantiles(samples, [0.5, 0.99, 1]);
  return { p50, p99, worst };
}

function quantiles(samples: readonly Sample[], parts: readonly number[]): number[] {
  const sorted = samples
    .filter((sample) => !failed(sample))
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  return parts.map((part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN);
}

export function failuresByCause(samples: readonly Sample[]): FailureCount[] {
  const counts = new Map<string, FailureCount>();
  for (const { method, status, cause } of samples) {
    if (cause === null) continue;
    const key = `${method} ${status} ${cause}`;
    counts.set(key, { method, status, cause, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}

/**
 * Above this, and above so many times what nine in ten requests took, a request counts as one that was held up by the victim:
 * a busy machine holds up everybody's.
 */
const HELD_UP_MS = 500;
const HELD_UP_TIMES = 4;

export interface VictimTimes {
  /** Until the first request of its keys, due after the fault, was answered by another replica. null: none was. */
  readonly heirMs: number | null;
  /** When the last request was due that the victim still cost something: failed, or answered late. 0: none. */
  readonly ejectedMs: number;
  /** Until the first answer of another instance under its name. null: none came. */
  readonly servesAgainMs: number | null;
}

/** @param at of the fault */
export function victimTimes(
  samples: readonly Sample[],
  victim: string,
  at: number,
  keys: ReadonlySet<number>,
): VictimTimes {
  const old = new Set(samples.filter((one) => one.at < at && one.replica === victim).map(({ instance }) => instance));
  const successor = samples.filter((one) => one.replica === victim && !old.has(one.instance) && one.at + one.ms > at);
  const since = (one: Sample) => one.at + one.ms - at;
  const servesAgainMs = earliest(successor.map(since));
  const after = samples.filter((one) => one.at >= at && keys.has(one.key));
  const before = after.filter((one) => servesAgainMs === null || one.at < at + servesAgainMs);
  const [p90 = 0] = quantiles(samples, [0.9]);
  const late = Math.max(HELD_UP_MS, HELD_UP_TIMES * p90);
  const heldUp = before.filter((one) => failed(one) || one.ms > late).map((one) => one.at - at);
  return {
    heirMs: earliest(after.filter(({ replica }) => replica !== null && replica !== victim).map(since)),
    ejectedMs: Math.max(0, ...heldUp),
    servesAgainMs,
  };
}

function earliest(times: readonly number[]): number | null {
  return times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b));
}

export interface KeyMoves {
  readonly keys: number;
  /** Answered by another replica than their owner at some time in between, whoever it was. */
  readonly meanwhile: number;
  /** Moved for good. */
  readonly moved: number;
  /** Of them, those that no placement had to move: between two replicas that were there before and after. */
  readonly needless: number;
}

/** @param before owner of each key, asked while nothing went on, and `after` likewise */
export function keyMoves(before: readonly string[], after: readonly string[], samples: readonly Sample[]): KeyMoves {
  const { moved, collateral } = moves(before, after);
  const astray = samples.filter(({ replica, key }) => replica !== null && replica !== before[key]);
  return {
    keys: before.length,
    meanwhile: new Set(astray.map(({ key }) => key)).size,
    moved: Math.round(moved * before.length),
    needless: Math.round(collateral * before.length),
  };
}
