// Owns how many probes each replica was sent, how they ended and how long they took, for the metrics. What one result leads
// to is health.ts's.
import { PROBE_BOUNDS, Tally } from '../../telemetry/buckets.js';
import type { ProbeResult } from '../health.js';

export type ProbeCounts = Readonly<Record<ProbeResult['kind'], number>>;

export class ProbeTally {
  private readonly counts = new Map<string, Record<ProbeResult['kind'], number>>();
  readonly durations = new Tally(PROBE_BOUNDS);

  /** @param took milliseconds */
  count(replica: string, kind: ProbeResult['kind'], took: number): void {
    const counts = this.counts.get(replica) ?? { passed: 0, failed: 0, inconclusive: 0 };
    counts[kind]++;
    this.counts.set(replica, counts);
    this.durations.observe(took / 1000);
  }

  /** By replica; forgets all but these. */
  of(replicas: ReadonlySet<string>): ReadonlyMap<string, ProbeCounts> {
    for (const name of this.counts.keys()) if (!replicas.has(name)) this.counts.delete(name);
    return this.counts;
  }
}
