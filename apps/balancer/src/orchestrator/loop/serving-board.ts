// Owns who serves by the last decision: for good, or only because of panic, whose beginning and end it logs. Deciding is
// plan.ts's and panic.ts's.
import type { Logger } from '../../telemetry/logger.js';
import type { Decision } from '../panic.js';
import type { DesiredSlot } from '../plan-input.js';

export class ServingBoard {
  /** Instances that get requests because all is well with them. */
  eligible: ReadonlySet<string> = new Set();
  /** Replicas that are to serve. */
  wanted: ReadonlySet<string> = new Set();
  private tried: ReadonlySet<string> = new Set();

  constructor(private readonly log: Logger) {}

  /** Replicas that fail are tried, because too few are ready. */
  get inPanic(): boolean {
    return this.tried.size > 0;
  }

  post({ routes, panicked }: Decision, desired: readonly DesiredSlot[]): void {
    const before = this.inPanic;
    const serving = routes.filter(({ state }) => state === 'ready').map(({ instance }) => instance.id);
    this.eligible = new Set(serving.filter((id) => !panicked.has(id)));
    this.wanted = new Set(desired.filter(({ drained }) => !drained).map(({ name }) => name));
    this.tried = panicked;
    if (before === this.inPanic) return;
    const fields = { ready: this.eligible.size, wanted: this.wanted.size, tried: panicked.size };
    if (before) this.log.info(fields, 'the panic is over');
    else this.log.warn(fields, 'panic: too few replicas are ready, those that fail are tried too');
  }
}
