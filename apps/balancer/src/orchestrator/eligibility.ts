// Owns who may get requests, and why somebody may not, in words. Pure. What follows for slots and routes is plan.ts's; what
// probes and reports mean for one instance health.ts's and ledger.ts's.
import type { ObservedInstance } from '../runtime/replica-runtime.js';
import type { InstanceRecord } from './ledger.js';

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
  if (ejected && now < ejected.until) return { reason: ejected.reason, until: ejected.until };
  if (ejected && (health.passedAt === null || health.passedAt <= ejected.at)) return out(ejected.reason);
  if (health.status === 'passing') return { reason: null, until: Infinity };
  return out(health.reason === null ? 'it has not been probed yet' : `its probe fails: ${health.reason}`);
}

/** It has passed its probe once: whoever has not is starting, and nobody's candidate. */
export function hasServed(record: InstanceRecord | undefined): boolean {
  return record !== undefined && record.health.status !== 'untried';
}

const out = (reason: string): Standing => ({ reason, until: Infinity });
