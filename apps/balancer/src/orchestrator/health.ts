// Owns when probe results flip an instance's health: consecutive opposite results, up to a threshold. Pure: time comes in.
// Sending probes is the prober's; what an unhealthy instance's fate is, plan.ts's.

export type ProbeResult =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The balancer itself was late (suspended, starved): it says nothing about the instance. */
  | { readonly kind: 'inconclusive' };

export interface HealthPolicy {
  /** Passes in a row that make an instance ready. */
  readonly pass: number;
  /** Fails in a row that make a ready one unhealthy. */
  readonly fail: number;
  /**
   * Longest time, in milliseconds, that one result can add to `unwellFor`. A balancer that slept for ten minutes has not
   * watched an instance fail for ten minutes.
   */
  readonly longestGap: number;
}

/** The result that came in last, whatever it says. */
export interface LastProbe {
  readonly kind: ProbeResult['kind'];
  /** Why it failed; null when it did not. */
  readonly reason: string | null;
  /** Monotonic milliseconds. */
  readonly at: number;
  /** Milliseconds from asking to the verdict. */
  readonly took: number;
  /** Results of that kind in a row, this one included. */
  readonly inARow: number;
}

export interface Health {
  /** `untried`: never passed yet; it is starting, not failing. */
  readonly status: 'untried' | 'passing' | 'failing';
  /** Results in a row that contradict the status. */
  readonly streak: number;
  /** When it became passing; null while it is not. Monotonic milliseconds. */
  readonly passingSince: number | null;
  /** Watched time without being ready since it began or last was, in milliseconds. */
  readonly unwellFor: number;
  /** Of the last result, or of the birth when there is none. */
  readonly lookedAt: number;
  /** When the last passed probe came in; null = none yet. */
  readonly passedAt: number | null;
  /** Why the last probe failed; null when it passed. */
  readonly reason: string | null;
  readonly last: LastProbe | null;
}

export function newborn(now: number): Health {
  return {
    status: 'untried',
    streak: 0,
    passingSince: null,
    unwellFor: 0,
    lookedAt: now,
    passedAt: null,
    reason: null,
    last: null,
  };
}

/** @param took milliseconds from asking to the verdict */
export function afterProbe(
  before: Health,
  result: ProbeResult,
  now: number,
  policy: HealthPolicy,
  took: number = 0,
): Health {
  const health = { ...before, last: lastProbe(before.last, result, now, took) };
  if (result.kind === 'inconclusive') return { ...health, lookedAt: now };
  const gap = Math.min(Math.max(0, now - health.lookedAt), policy.longestGap);
  const passed = result.kind === 'passed';
  const seen: Health = {
    ...health,
    lookedAt: now,
    passedAt: passed ? now : health.passedAt,
    reason: passed ? null : result.reason,
  };
  if (health.status === 'passing') {
    if (passed) return { ...seen, streak: 0 };
    if (health.streak + 1 < policy.fail) return { ...seen, streak: health.streak + 1 };
    return { ...seen, status: 'failing', streak: 0, passingSince: null, unwellFor: 0 };
  }
  if (passed && health.streak + 1 >= policy.pass)
    return { ...seen, status: 'passing', streak: 0, passingSince: now, unwellFor: 0 };
  return { ...seen, streak: passed ? health.streak + 1 : 0, unwellFor: health.unwellFor + gap };
}

function lastProbe(before: LastProbe | null, result: ProbeResult, at: number, took: number): LastProbe {
  const inARow = before?.kind === result.kind ? before.inARow + 1 : 1;
  return { kind: result.kind, reason: result.kind === 'failed' ? result.reason : null, at, took, inARow };
}
