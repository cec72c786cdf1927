// Owns who may get requests, and why somebody may not, in words. Pure. What follows for slots and routes is plan.ts's; what
// probes, reports and counts mean for one instance health.ts's, outliers.ts's and ledger.ts's.
import type { ObservedInstance } from '../runtime/replica-runtime.js';
import type { InstanceRecord } from './loop/ledger.js';

export interface Standing {
  /** Why the instance gets no request; null when it may have some. */
  readonly reason: string | null;
  /** When that may change though nothing happens; Infinity = never. Monotonic milliseconds. */
  readonly until: number;
}

/** @param record undefined: nothing is remembered of it yet */
export function standingOf(instance: ObservedInstance, record: InstanceRecord | undefined, now: number): Standing {
  if (instance.state === 'paused') return out('it is paused by hand');
  if (instance.state === 'created') return out('it has not been started yet');
  if (!instance.address) return out('it has no address');
  if (!record) return out('it has not been probed yet');
  const { ejected, health } = record;
  // Over only with a probe that passes after its time.
  if (ejected) return { reason: ejected.reason, until: now < ejected.until ? ejected.until : Infinity };
  if (health.status === 'passing') return { reason: null, until: Infinity };
  return out(health.reason === null ? 'it has not been probed yet' : `its probe fails: ${health.reason}`);
}

/** It has passed its probe once: whoever has not is starting, and nobody's candidate. */
export function hasServed(record: InstanceRecord | undefined): boolean {
  return record !== undefined && record.health.status !== 'untried';
}

/**
 * It may be tried in a panic: it runs, has served, and is out for its conduct or its probes. Never one that is paused, has been
 * sent a stop signal, is reported dead, leaves, or was taken out of service.
 */
export function mayBeTried(instance: ObservedInstance, record: InstanceRecord | undefined): boolean {
  if (!record || !hasServed(record) || instance.state !== 'running' || !instance.address) return false;
  if (record.retired || record.withdrawn) return false;
  return record.ejected ? record.ejected.cause === 'conduct' : record.health.status === 'failing';
}

const out = (reason: string): Standing => ({ reason, until: Infinity });
