// Owns how many instances may be in the making at once, and how many are made over time, so that replicas that all crash do
// not take the machine with them. Pure: time comes in. When a single slot gets its next instance is restart-policy.ts's.
import { words } from './restart-policy.js';

export interface SpawnPolicy {
  /** Instances that may be in the making at once: parallel starts only queue up in the engine. */
  readonly concurrency: number;
  /** Instances made per RATE_PERIOD over the whole pool, after a burst of as many; Infinity = no limit. */
  readonly rate: number;
}

/** An instance whose creation or start is under way. */
export interface Birth {
  /** Monotonic milliseconds. */
  readonly began: number;
  readonly standby: boolean;
}

/** How many may begin now; standbys are counted in `members`, which is all that there is room for. */
export interface Openings {
  readonly members: number;
  readonly standbys: number;
  /** Why whoever finds no opening has to wait, in words. */
  readonly reason: string;
  /** When there may be a further opening though no birth ends; Infinity = never. */
  readonly until: number;
}

/** Milliseconds. */
export const RATE_PERIOD = 10_000;
/** A call that hangs is not waited for by the next: after so many milliseconds it counts no more in a slow start. */
const PATIENCE = 3000;

export class SpawnGate {
  /** Births at once: one after a failure, doubled by each success. */
  private batch: number;
  private tokens: number;
  private filledAt = 0;

  constructor(private readonly policy: SpawnPolicy) {
    this.batch = policy.concurrency;
    this.tokens = policy.rate;
  }

  /** An instance is being made. */
  begun(now: number): void {
    this.fill(now);
    this.tokens = Math.max(0, this.tokens - 1);
  }

  /** A replica's instance has passed its first probe, or never came to that. What becomes of standbys slows nobody. */
  proved(succeeded: boolean): void {
    this.batch = succeeded ? Math.min(this.batch * 2, this.policy.concurrency) : 1;
  }

  openings(births: readonly Birth[], now: number): Openings {
    this.fill(now);
    const { concurrency, rate } = this.policy;
    const recent = births.filter(({ began }) => now - began < PATIENCE);
    const room = Math.min(concurrency - births.length, this.batch - recent.length);
    const members = Math.max(0, Math.min(room, Math.floor(this.tokens)));
    // A replica always finds a token and, unless there is one place only, a place that no standby has taken.
    const kept = Math.floor(Math.min(rate, Number.MAX_SAFE_INTEGER) / 2);
    const spare = Math.max(0, Math.floor(this.tokens - kept));
    const standbys = births.some(({ standby }) => standby) ? 0 : Math.min(members, spare, 1);
    const slow = this.batch < concurrency && recent.length > 0 && births.length < concurrency;
    return {
      members,
      standbys,
      reason: this.reasonOf(room, slow),
      until: Math.min(
        this.tokens < 1 ? this.refilled(1, now) : spare < 1 ? this.refilled(kept + 1, now) : Infinity,
        slow ? Math.min(...recent.map(({ began }) => began)) + PATIENCE : Infinity,
      ),
    };
  }

  private reasonOf(room: number, slow: boolean): string {
    if (room > 0) {
      return `many instances were made lately: no more than ${this.policy.rate} are in ${words(RATE_PERIOD)} (SPAWN_RATE)`;
    }
    return slow ? 'others failed to start: replicas are started one by one' : 'other replicas start first';
  }

  private fill(now: number): void {
    const { rate } = this.policy;
    const elapsed = Math.max(0, now - this.filledAt);
    this.filledAt = Math.max(now, this.filledAt);
    if (rate < Infinity) this.tokens = Math.min(rate, this.tokens + (elapsed * rate) / RATE_PERIOD);
  }

  /** When there are so many tokens. Rounded up: a wake a moment too early would find nothing. */
  private refilled(tokens: number, now: number): number {
    return now + Math.ceil(((tokens - this.tokens) * RATE_PERIOD) / this.policy.rate);
  }
}
