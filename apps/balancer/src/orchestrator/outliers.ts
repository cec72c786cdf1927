// Owns when an instance is ejected for what the data plane saw of it, for how long, and how many may be at once. Pure: counts
// and time come in. Taking the counts is outlier-watch.ts's, remembering them ledger.ts's, what an ejection means eligibility.ts's.
import { NO_OUTCOMES, type OutcomeCounts } from '../routing/link/messages.js';

export interface OutlierPolicy {
  /** Failed tries in a row that eject. */
  readonly failures: number;
  /** Part of the tries, 0 to 1, that ejects when they failed or were answered from 500 up. */
  readonly errors: number;
  /** Fewer tries within the window say nothing about that part. */
  readonly minRequests: number;
  /** Milliseconds. */
  readonly window: number;
  /** Length of a first ejection and of the longest, in milliseconds. */
  readonly time: number;
  readonly timeMax: number;
  /** Part of the replicas, 0 to 1, that may be ejected at once. */
  readonly maxEjected: number;
}

interface Slice {
  readonly at: number;
  readonly counts: OutcomeCounts;
}

/** What is remembered of an instance's doings. Times are monotonic milliseconds. */
export interface Conduct {
  /** The window in pieces, oldest first. */
  readonly slices: readonly Slice[];
  /** Tries that failed with no answer in between. */
  readonly failuresInARow: number;
  /** Ejections, each soon after the one before, as of the last one. */
  readonly ejections: number;
  readonly lastEjection: { readonly at: number; readonly until: number } | null;
  /** When it came back from it; null: it never was ejected, or is now. */
  readonly returnedAt: number | null;
}

export const UNBLEMISHED: Conduct = {
  slices: [],
  failuresInARow: 0,
  ejections: 0,
  lastEjection: null,
  returnedAt: null,
};

/** A window that slides in so many steps. */
const STEPS = 10;

export function failuresIn({ refused, reset, timedOut }: OutcomeCounts): number {
  return refused + reset + timedOut;
}

/** What came between two looks at counters that only rise; after a restart of whoever counts they may be lower, which is nothing. */
export function outcomesSince(before: OutcomeCounts, now: OutcomeCounts): OutcomeCounts {
  return combine(now, before, (a, b) => Math.max(0, a - b));
}

/** In which order an answer and failures came is not known: with an answer among them they are in no row. */
export function afterOutcomes(conduct: Conduct, seen: OutcomeCounts, now: number, policy: OutlierPolicy): Conduct {
  const slices = conduct.slices.filter(({ at }) => now - at < policy.window);
  const last = slices.at(-1);
  const failuresBefore = last ? conduct.failuresInARow : 0;
  if (last && now - last.at < policy.window / STEPS)
    slices[slices.length - 1] = { at: last.at, counts: combine(last.counts, seen, (a, b) => a + b) };
  else slices.push({ at: now, counts: seen });
  return { ...conduct, slices, failuresInARow: seen.answered > 0 ? 0 : failuresBefore + failuresIn(seen) };
}

export function outcomesInWindow({ slices }: Conduct, now: number, { window }: OutlierPolicy): OutcomeCounts {
  return slices
    .filter(({ at }) => now - at < window)
    .reduce((sum, { counts }) => combine(sum, counts, (a, b) => a + b), NO_OUTCOMES);
}

/** How bad it is, and why in words; null: nothing that ejects. */
export function judge(conduct: Conduct, now: number, policy: OutlierPolicy): { part: number; reason: string } | null {
  const counts = outcomesInWindow(conduct, now, policy);
  const failures = failuresIn(counts);
  const bad = failures + counts.serverErrors;
  const total = bad + counts.answered;
  if (total === 0) return null;
  const part = bad / total;
  if (conduct.failuresInARow >= policy.failures)
    return { part, reason: `${conduct.failuresInARow} requests in a row failed on it: ${words(counts)}` };
  if (total < policy.minRequests || part < policy.errors) return null;
  return { part, reason: `${bad} of its last ${total} requests went wrong: ${words(counts)}` };
}

/**
 * Whether one more of the replicas may be ejected: never the last that is eligible, never more than the part that is allowed,
 * rounded down. So none of one, one of two or three by the default of a half.
 */
export function mayEject(pool: { wanted: number; eligible: number; ejected: number }, maxEjected: number): boolean {
  // 29 % of 100 is 28.999999999999996.
  const most = Math.floor(maxEjected * pool.wanted + 1e-9);
  return pool.eligible > 1 && pool.ejected < most;
}

/** It is ejected now, for twice as long as the last time if that was not long ago. */
export function afterEjection(conduct: Conduct, now: number, policy: OutlierPolicy): Conduct {
  const before = ejectionsInARow(conduct, now, policy);
  const until = now + Math.min(policy.time * 2 ** before, policy.timeMax);
  return { ...UNBLEMISHED, ejections: before + 1, lastEjection: { at: now, until } };
}

export function afterReturn(conduct: Conduct, now: number): Conduct {
  return { ...UNBLEMISHED, ejections: conduct.ejections, lastEjection: conduct.lastEjection, returnedAt: now };
}

/** One is forgotten for each time as long as the last ejection, or the window if that is longer, of service since. */
export function ejectionsInARow(conduct: Conduct, now: number, { window }: OutlierPolicy): number {
  const { ejections, lastEjection, returnedAt } = conduct;
  if (!lastEjection || returnedAt === null) return ejections;
  const step = Math.max(window, lastEjection.until - lastEjection.at);
  return Math.max(0, ejections - Math.floor((now - returnedAt) / step));
}

function words({ refused, reset, timedOut, serverErrors }: OutcomeCounts): string {
  const parts = [
    [refused, 'refused'],
    [reset, 'broken off'],
    [timedOut, 'timed out'],
    [serverErrors, 'answered from 500 up'],
  ] as const;
  return parts.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])).join(', ');
}

function combine(a: OutcomeCounts, b: OutcomeCounts, by: (a: number, b: number) => number): OutcomeCounts {
  return {
    answered: by(a.answered, b.answered),
    serverErrors: by(a.serverErrors, b.serverErrors),
    refused: by(a.refused, b.refused),
    reset: by(a.reset, b.reset),
    timedOut: by(a.timedOut, b.timedOut),
  };
}
