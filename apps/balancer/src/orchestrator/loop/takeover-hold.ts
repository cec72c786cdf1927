// Owns holding the first routing table back after a takeover: the data process serves by its last table, which is better
// than one in which nobody has passed a probe yet. It ends with the first probes, or with the time that they may take.
import type { ObservedInstance } from '../../runtime/replica-runtime.js';
import type { InstanceRecord } from './ledger.js';

export class TakeoverHold {
  /** Infinity: until the engine was seen; null: nothing is held. Monotonic milliseconds. */
  private until: number | null = null;

  get active(): boolean {
    return this.until !== null;
  }

  /** When to look again at the latest; Infinity = not because of this. */
  get wakeAt(): number {
    return this.until ?? Infinity;
  }

  begin(): void {
    this.until = Infinity;
  }

  /** The engine was seen: what runs is known, and its probes begin. */
  seen(now: number, probeTimeout: number): void {
    if (this.until === Infinity) this.until = now + probeTimeout;
  }

  /** Ends it once each running instance has passed or failed. */
  check(now: number, observed: readonly ObservedInstance[], records: ReadonlyMap<string, InstanceRecord>): void {
    if (this.until === null || this.until === Infinity) return;
    const undecided = ({ id, state }: ObservedInstance) => {
      const health = records.get(id)?.health;
      return state === 'running' && health?.status === 'untried' && health.reason === null;
    };
    if (now >= this.until || !observed.some(undecided)) this.until = null;
  }
}
