// Owns looking at the engine: one list at a time, again soon when it fails, again anyway after a while. Whether it answers
// is one state for the whole pool. What a list means is ledger.ts's and plan.ts's.
import type { ObservedInstance, ReplicaRuntime } from '../../runtime/replica-runtime.js';
import type { Logger } from '../../telemetry/logger.js';
import type { Clock } from './clock.js';
import { withDeadline } from './deadline.js';
import type { Ledger } from './ledger.js';

/** Whether the engine answers, since when, and why not. */
export interface EngineStatus {
  readonly answers: boolean;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly reason: string | null;
}

export interface ObserverParts {
  readonly runtime: ReplicaRuntime;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  /** A list is folded into the ledger. @param began the mark that was taken before it was asked for */
  readonly onList: (began: number) => void;
  /** The engine did not answer. */
  readonly onFailure: () => void;
}

/** A lost event costs no more than this. */
const RESYNC = 10_000;
const DEADLINE = 5000;
const FIRST_RETRY = 250;

export class Observer {
  /** As of the last list that was answered. */
  instances: readonly ObservedInstance[] = [];
  engine: EngineStatus;
  known = false;
  /** Resolves when the engine was asked once, or is not going to be. */
  readonly looked: Promise<void>;
  private hasLooked = () => {};
  private listing = false;
  private wanted = false;
  private stopped = false;
  private failures = 0;
  private cancel = () => {};

  constructor(private readonly parts: ObserverParts) {
    this.engine = { answers: true, since: parts.clock.wall(), reason: null };
    this.looked = new Promise((resolve) => (this.hasLooked = resolve));
  }

  /** Why `instances` does not tell what runs now; null when it does. */
  get blind(): string | null {
    if (!this.engine.answers) return 'the engine does not answer';
    // Until the first list it is empty because nothing is known, not because nothing runs.
    return this.known ? null : 'what runs is not known yet';
  }

  /** Looks again. Asked while a list is under way, it lists once more afterwards: that one may be older than the reason. */
  look(): void {
    this.wanted = true;
    if (!this.listing && !this.stopped) void this.listUntilFresh();
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
    this.hasLooked();
  }

  private async listUntilFresh(): Promise<void> {
    const { clock, ledger, runtime, onList, onFailure } = this.parts;
    this.listing = true;
    while (this.wanted) {
      this.wanted = false;
      this.cancel();
      const began = ledger.mark();
      const outcome = await withDeadline(clock, DEADLINE, 'listing the instances', runtime.list()).catch(
        (error: unknown) => reasonOf(error),
      );
      if (this.stopped) return;
      this.failures = typeof outcome === 'string' ? this.failures + 1 : 0;
      const pause = this.failures === 0 ? RESYNC : Math.min(FIRST_RETRY * 2 ** Math.min(this.failures - 1, 10), RESYNC);
      this.cancel = clock.after(pause, () => this.look());
      if (typeof outcome === 'string') {
        this.note(false, outcome);
        onFailure();
      } else {
        this.instances = outcome;
        this.known = true;
        ledger.observe(outcome, began, { now: clock.now(), wall: clock.wall() });
        this.note(true, null);
        onList(began);
      }
      this.hasLooked();
    }
    this.listing = false;
  }

  private note(answers: boolean, reason: string | null): void {
    const { log, clock, ledger } = this.parts;
    const changed = this.engine.answers !== answers;
    this.engine = { answers, since: changed ? clock.wall() : this.engine.since, reason };
    if (changed && answers) log.info({}, 'the engine answers again');
    if (changed && !answers) {
      log.error({ reason }, 'the engine does not answer: traffic goes on, nothing is started or stopped');
      ledger.engineLost(clock.now());
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
