// Owns noticing that a drain is over when nobody says so: the data plane tells it, and should that be lost, its counters
// say it too. What follows is plan.ts's.
import type { DataLink } from '../../routing/link/data-link.js';
import type { Clock } from './clock.js';
import type { Ledger } from './ledger.js';
import type { PlanInput } from '../plan-input.js';

export class DrainWatch {
  /** Retired or withdrawn instances that get no new request any more, and since when; monotonic milliseconds. */
  private readonly since = new Map<string, number>();

  constructor(
    private readonly link: DataLink,
    private readonly ledger: Ledger,
    private readonly clock: Clock,
    /** Counters may be a moment older than the acknowledgement: only those of so many milliseconds later count. */
    private readonly poll: number,
  ) {}

  look(tables: PlanInput['tables']): void {
    if (!this.link.connected || tables === 'unknown') return;
    const now = this.clock.now();
    const counters = this.link.lastCounters();
    for (const { id, retired, withdrawn, quiet } of this.ledger.instances.values()) {
      if (!(retired || withdrawn) || tables.claimable.has(id)) {
        // It came back meanwhile: when it leaves again the time begins anew.
        this.since.delete(id);
        continue;
      }
      if (quiet) continue;
      const since = this.since.get(id) ?? now;
      this.since.set(id, since);
      if (now - since >= this.poll && (counters.get(id)?.inFlight ?? 0) === 0) this.ledger.quiet(id);
    }
    for (const id of this.since.keys()) if (!this.ledger.instances.has(id)) this.since.delete(id);
  }
}
