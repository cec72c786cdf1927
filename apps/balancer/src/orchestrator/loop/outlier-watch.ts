// Owns looking at what the data plane counts: it takes what came since the last look, and ejects whoever outliers.ts finds
// guilty. All workers' counts come together here, and one decides after the other: no two ejections can miss each other.
import type { DataLink } from '../../routing/link/data-link.js';
import { NO_OUTCOMES, type OutcomeCounts } from '../../routing/link/messages.js';
import type { Logger } from '../../telemetry/logger.js';
import type { Clock } from './clock.js';
import type { Ledger } from './ledger.js';
import { judge, mayEject, type OutlierPolicy, outcomesSince } from '../outliers.js';
import type { ServingBoard } from './serving-board.js';

export interface OutlierWatchParts {
  readonly link: DataLink;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly serving: Pick<ServingBoard, 'eligible' | 'wanted'>;
  readonly policy: OutlierPolicy;
  /** When this process was last found asleep; monotonic milliseconds. */
  readonly lastAsleep: () => number;
}

/** What breaks so soon after a sleep broke because of it. */
const WAKING = 2000;

export class OutlierWatch {
  private readonly seen = new Map<string, OutcomeCounts>();

  constructor(private readonly parts: OutlierWatchParts) {}

  /** Whatever was counted until now says nothing any more: it is another data process's, or was not looked at in time. */
  forget(): void {
    this.seen.clear();
  }

  /** @returns whether somebody was ejected */
  look(): boolean {
    const { link, ledger, clock, policy, serving } = this.parts;
    const now = clock.now();
    const counters = link.lastCounters();
    const awake = now - this.parts.lastAsleep() > WAKING;
    for (const { id, outcomes } of counters.values()) {
      const before = this.seen.get(id);
      this.seen.set(id, outcomes);
      // Who is out already, leaves or is about to be stopped has no strikes to fear.
      if (!before || !awake || !serving.eligible.has(id)) continue;
      const since = outcomesSince(before, outcomes);
      if (!isNothing(since)) ledger.witness(id, since, now);
    }
    for (const id of this.seen.keys()) if (!counters.has(id)) this.seen.delete(id);
    return awake && policy.maxEjected > 0 && this.eject(now);
  }

  private eject(now: number): boolean {
    const { ledger, log, policy, serving } = this.parts;
    const { eligible, wanted } = serving;
    const suspects = [...eligible].flatMap((id) => {
      const record = ledger.instances.get(id);
      const verdict = record && judge(record.conduct, now, policy);
      return verdict ? [{ id, slot: record.slot, ...verdict }] : [];
    });
    // The worst first: it may be that not all may go.
    suspects.sort((a, b) => b.part - a.part);
    let left = eligible.size;
    for (const { id, slot, reason } of suspects) {
      if (!mayEject({ wanted: wanted.size, eligible: left, ejected: this.ejected(wanted) }, policy.maxEjected)) break;
      left--;
      const forMs = ledger.expel(id, reason, now);
      log.warn({ replica: slot, instance: id, reason, forMs }, 'a replica is ejected for what its requests met');
    }
    return left < eligible.size;
  }

  private ejected(wanted: ReadonlySet<string>): number {
    const out = [...this.parts.ledger.instances.values()].filter(
      ({ ejected, retired, slot }) => ejected?.cause === 'conduct' && !retired && wanted.has(slot),
    );
    return new Set(out.map(({ slot }) => slot)).size;
  }
}

function isNothing(counts: OutcomeCounts): boolean {
  return (Object.keys(NO_OUTCOMES) as (keyof OutcomeCounts)[]).every((kind) => counts[kind] === 0);
}
