// Owns what the replicas' own notes prove: how often each request arrived, and that none came too early or too late. Pure.
import type { ClosedSpan, Doomed } from '../drill.ts';
import { failed, isJudged, type Sample } from '../load/plan.ts';
import type { ReplicaNotes } from './replica-notes.ts';

/** What was under way when the balancer answered that it sends nothing more may take so long to be noted. Milliseconds. */
const UNDER_WAY_MS = 250;

export interface Counting {
  /** Requests noted by replicas. */
  readonly arrivals: number;
  /** Of them, those that had arrived at a replica before. A try that found nobody to connect to is noted nowhere. */
  readonly retried: number;
  /** POSTs that arrived more than once: never. */
  readonly postsTwice: readonly string[];
  /** Requests noted before the first probe was answered: never. */
  readonly early: readonly string[];
  /** Requests noted after SIGTERM, or while the balancer had promised to send none: never. */
  readonly late: readonly string[];
}

/**
 * A replica that is frozen when its end comes notes only then what it was sent long before. So at a doomed one no request
 * is late that was due before, and nowhere one that had its answer before.
 * @param samples the load; `began` of it is on the clock of the notes
 */
export function countArrivals(
  notes: readonly ReplicaNotes[],
  closed: readonly ClosedSpan[],
  samples: readonly Sample[],
  began: number,
  doomed: readonly Doomed[],
): Counting {
  const known = new Map(samples.map((sample) => [sample.id, sample]));
  const sentBefore = (id: string, instance: string, at: number) => {
    const sample = known.get(id);
    if (!sample) return false;
    const froze = doomed.some(({ token }) => instance.startsWith(token));
    return began + sample.at + (froze ? 0 : sample.ms) < at;
  };
  const seen = new Map<string, number>();
  const early: string[] = [];
  const late: string[] = [];
  let arrivals = 0;
  for (const { name, instance, firstProbeAt = Infinity, termAt = Infinity, requests } of notes) {
    const spans = closed.filter((span) => span.name === name);
    for (const { at, id } of requests) {
      if (isJudged(id)) {
        arrivals++;
        seen.set(id, (seen.get(id) ?? 0) + 1);
      }
      if (at < firstProbeAt) early.push(`${id} at ${instance}`);
      const shut = spans.some(({ from, to }) => at > from + UNDER_WAY_MS && at < to && !sentBefore(id, instance, from));
      if (shut || (at > termAt && !sentBefore(id, instance, termAt))) late.push(`${id} at ${instance}`);
    }
  }
  const again = [...seen].filter(([, times]) => times > 1);
  return {
    arrivals,
    retried: again.reduce((sum, [, times]) => sum + times - 1, 0),
    postsTwice: again.filter(([id]) => id.startsWith('POST')).map(([id]) => id),
    early,
    late,
  };
}

/** A doomed instance may hold requests that it has not read: they fail up to this long after it was doomed. Milliseconds. */
const DOOMED_MS = 15_000;

/**
 * POSTs that no balancer could have saved: sent to an instance that the drill then killed or stopped, so that nobody knows
 * whether it acted on them. They have to be answered, with 502 or 504, and to have arrived nowhere else.
 * @param began of the load, on the clock of the notes
 * @returns their ids
 */
export function lostWithInstance(
  samples: readonly Sample[],
  notes: readonly ReplicaNotes[],
  doomed: readonly Doomed[],
  began: number,
): Set<string> {
  const holders = new Map<string, string[]>();
  for (const { instance, requests } of notes)
    for (const { id } of requests) holders.set(id, [...(holders.get(id) ?? []), instance]);
  const isDoomed = (instance: string) => doomed.some(({ token }) => instance.startsWith(token));
  const excused = samples.filter((sample) => {
    if (sample.method !== 'POST' || !failed(sample)) return false;
    const answeredSo =
      (sample.status === 502 && sample.cause === 'upstream_closed') ||
      (sample.status === 504 && sample.cause === 'response_timeout');
    if (!answeredSo) return false;
    const where = holders.get(sample.id) ?? [];
    if (where.length > 0) return where.length === 1 && where.every(isDoomed);
    // Taken by the kernel for an instance that never read it.
    const [from, to] = [began + sample.at, began + sample.at + sample.ms];
    return doomed.some(({ at }) => at <= to && at >= from - DOOMED_MS);
  });
  return new Set(excused.map(({ id }) => id));
}
