// Owns when a slot gets its next instance: at once, after a backoff, or not any more. Pure: time and jitter come in.
// Noticing deaths is loop/ledger.ts's; making instances is the reconciler's.

export interface RestartPolicy {
  /** Milliseconds before the second try; each further one waits twice as long, up to `cap`. */
  readonly base: number;
  readonly cap: number;
  /** So many deaths within `window` milliseconds quarantine the slot. */
  readonly crashLoopLimit: number;
  readonly crashLoopWindow: number;
  /** An instance that served for so long has shown that it can: what was before is forgotten. */
  readonly stableAfter: number;
}

export interface RestartHistory {
  /** Since the last stable instance, oldest first. */
  readonly deaths: readonly Pick<Death, 'at' | 'unstarted'>[];
  /** How many of them in a row; the exponent of the backoff. */
  readonly streak: number;
  /** Nothing is made before this moment. */
  readonly retryAt: number;
  /** Set: nothing is made any more, until the slot is given another try, or forgotten with its replica or the balancer. */
  readonly quarantine: { readonly reason: string; readonly crashLoop?: boolean } | null;
}

export const UNTROUBLED: RestartHistory = { deaths: [], streak: 0, retryAt: 0, quarantine: null };

/** One instance that ended without being asked to, or could not be made. */
export interface Death {
  /** Monotonic milliseconds. */
  readonly at: number;
  /** How long it had served, in milliseconds; 0 = it never did. */
  readonly served: number;
  /** In words; part of the quarantine's reason. */
  readonly reason: string;
  /** It could not be made or started. */
  readonly unstarted?: boolean;
  /** Trying again cannot help: the image is missing, the command does not exist. */
  readonly unrecoverable?: boolean;
}

/** @param jitter 0 to 1: spreads the backoff over 75 % to 125 %, so that replicas that fell together do not rise together */
export function afterDeath(
  history: RestartHistory,
  death: Death,
  policy: RestartPolicy,
  jitter: number,
): RestartHistory {
  if (death.unrecoverable) return { ...history, quarantine: { reason: `${death.reason}; trying again cannot help` } };
  // The first death after a stable run says nothing about the next instance: it is replaced without delay.
  if (death.served >= policy.stableAfter) return { ...UNTROUBLED, quarantine: history.quarantine };
  const { at, unstarted = false } = death;
  const deaths = [...history.deaths, { at, unstarted }].filter((one) => at - one.at < policy.crashLoopWindow);
  const streak = history.streak + 1;
  const quarantine =
    history.quarantine ??
    (deaths.length >= policy.crashLoopLimit
      ? {
          reason: `died ${deaths.length} times within ${words(policy.crashLoopWindow)}, last: ${death.reason}`,
          crashLoop: true,
        }
      : null);
  // One crash of who has served is no loop yet: its keys are without their replica, and nothing says that the next fails too.
  const delay = streak === 1 && death.served > 0 ? 0 : backoff(streak, policy, jitter);
  return { deaths, streak, retryAt: death.at + delay, quarantine };
}

/**
 * The engine went away: what could not be started from `since` (monotonic milliseconds) on is held against the engine. One that
 * is being restarted answers calls to its last moment, and fails them for reasons that are its own.
 */
export function forgiveEngine(history: RestartHistory, since: number, policy: RestartPolicy): RestartHistory {
  const deaths = history.deaths.filter(({ at, unstarted }) => !unstarted || at < since);
  if (deaths.length === history.deaths.length) return history;
  const lifted = history.quarantine?.crashLoop && deaths.length < policy.crashLoopLimit;
  return {
    deaths,
    streak: Math.min(history.streak, deaths.length),
    retryAt: Math.min(history.retryAt, since),
    quarantine: lifted ? null : history.quarantine,
  };
}

/** min(base · 2^(n−1), cap), spread by ±25 %; never above `cap`. */
export function backoff(n: number, policy: Pick<RestartPolicy, 'base' | 'cap'>, jitter: number): number {
  const delay = Math.min(policy.base * 2 ** Math.min(n - 1, 32), policy.cap);
  return Math.min(Math.round(delay * (0.75 + jitter / 2)), policy.cap);
}

/** 1500 → `1500 ms`, 60000 → `60 s`. */
export function words(ms: number): string {
  return ms >= 1000 && ms % 1000 === 0 ? `${ms / 1000} s` : `${Math.round(ms)} ms`;
}
