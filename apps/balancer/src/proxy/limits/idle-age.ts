// Owns how long an idle connection to one replica may be trusted: what the replica was seen to do lately. Pure. The pools of both
// lanes ask it; what the replica announces and what the settings allow is theirs.

/** How much of the idle time after which the replica was seen to close a connection is still safe. */
const LEARNED_SHARE = 0.5;
/** What was learned is forgotten after so many milliseconds: it may have been a restart behind the same address. */
const LEARNED_FOR = 60_000;

export class IdleAge {
  #learned = Infinity;
  #learnedAt = 0;

  /** Milliseconds after which an idle connection is not used any more; Infinity = nothing speaks against it. */
  limit(now: number): number {
    if (this.#learned !== Infinity && now - this.#learnedAt > LEARNED_FOR) this.#learned = Infinity;
    return this.#learned;
  }

  /** The replica closed a connection that had been idle for `idle` milliseconds. */
  closedAfter(idle: number, now: number): void {
    this.#learned = Math.min(this.limit(now), idle * LEARNED_SHARE);
    this.#learnedAt = now;
  }
}
