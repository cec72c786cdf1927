// Owns who is probed, and where: whoever may get requests, and nobody who leaves. When they are is the prober's. Pure.
import type { ObservedInstance } from '../../runtime/replica-runtime.js';
import type { Desired } from '../loop/desired.js';
import type { InstanceRecord } from '../loop/ledger.js';
import type { ProbeDemand } from './probe.js';
import type { Subject } from './prober.js';

export function subjectsOf(
  observed: readonly ObservedInstance[],
  records: ReadonlyMap<string, InstanceRecord>,
  { termsOf, members }: Pick<Desired, 'termsOf' | 'members'>,
  demand: ProbeDemand,
): Map<string, Subject> {
  const urls = new Map(members.map(({ name, url }) => [name, url]));
  const subjects = new Map<string, Subject>();
  for (const { id, slot, state, address, specHash } of observed) {
    const record = records.get(id);
    if (!record || record.retired || record.unstartable || state === 'exited' || state === 'created') continue;
    const starting = record.health.status === 'untried';
    const url = urls.get(slot);
    if (state === 'paused') subjects.set(id, { target: null, reason: 'it is paused by hand', starting: false });
    else if (!address) subjects.set(id, { target: null, reason: 'it has no address', starting });
    else {
      const authority = url && { authority: new URL(url).host };
      const path = termsOf(specHash).healthPath;
      subjects.set(id, { target: { address, path, demand, ...authority }, starting });
    }
  }
  return subjects;
}
