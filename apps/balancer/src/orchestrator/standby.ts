// Owns which slots stand by, who may be promoted out of them and into which slot, and what is told of them. Pure. When
// they are filled, and that a promotion is asked for, is plan.ts's; carrying it out the applier's.
import { type ObservedInstance, SLOT_PLACEHOLDER, type Workload } from '../runtime/replica-runtime.js';
import { standbySlot } from '../runtime/standby-slot.js';
import { standingOf } from './eligibility.js';
import type { DesiredSlot, PlanInput } from './plan-input.js';
import type { ReplicaState, StandbyView } from './views/replica-view.js';

/** @param specHash of the workload that the next replica will run */
export function standbySlots(count: number, specHash: string): DesiredSlot[] {
  return Array.from({ length: count }, (_, index) => ({
    name: standbySlot(index + 1),
    specHash,
    // None is too old: a workload is all that they have to share.
    firstGeneration: 0,
    renewedFrom: 0,
    drained: false,
  }));
}

/** Why a replica of this workload cannot have been somebody else before; null when it can. */
export function standbyObstacle({ container }: Workload): string | null {
  const own = container?.mounts?.find(({ source }) => source.includes(SLOT_PLACEHOLDER));
  return own
    ? `${own.target} is mounted from ${own.source}, which is another place for each replica, and mounts cannot change`
    : null;
}

/** Why an instance in a standby's slot is of no use; null when it may stand by. It serves nobody, so it need not wait for a successor. */
export function misfit(instance: ObservedInstance, { specHash }: DesiredSlot): string | null {
  if (instance.leftover) return 'it was standing by for an earlier balancer';
  return instance.specHash === specHash ? null : 'it stood by with a workload that is not the pool’s any more';
}

/** A slot with nobody in it, drained or not: whoever is still there has to be replaced by a new start. */
export interface Vacancy {
  readonly winner: ObservedInstance | undefined;
  readonly incumbents: readonly ObservedInstance[];
  readonly drained: boolean;
  readonly specHash: string;
}

/** Standbys that could serve this very moment, and are given away one by one. */
export class Reserve {
  private readonly free: ObservedInstance[];

  /** @param standing instances in the slots of standbys, of the right workload and not retired */
  constructor(standing: readonly ObservedInstance[], input: PlanInput) {
    this.free = standing.filter((instance) => isPromotable(instance, input));
  }

  /** Somebody could take a slot that is to run this. */
  has(specHash: string): boolean {
    return this.free.some((instance) => instance.specHash === specHash);
  }

  /** Who takes this slot; undefined when nobody can, or nobody should. */
  take({ winner, incumbents, drained, specHash }: Vacancy): ObservedInstance | undefined {
    // A drained replica has no use for an instance that serves at once.
    if (winner || incumbents.length > 0 || drained) return undefined;
    const at = this.free.findIndex((instance) => instance.specHash === specHash);
    return at < 0 ? undefined : this.free.splice(at, 1)[0];
  }
}

/** It passed its last probe, and that was lately: what it was an hour ago, before the machine slept, counts for nothing. */
function isPromotable(instance: ObservedInstance, { instances, underWay, now, policy }: PlanInput): boolean {
  const record = instances.get(instance.id);
  if (!record || instance.state !== 'running' || underWay.instances.has(instance.id)) return false;
  const { passedAt, reason } = record.health;
  if (reason !== null || passedAt === null || now - passedAt > policy.freshProbe) return false;
  return standingOf(instance, record, now).reason === null;
}

/** @param phases of the standbys' slots */
export function standbyView(
  phases: ReadonlyMap<string, { readonly state: ReplicaState; readonly reason: string | null }>,
): StandbyView {
  const all = [...phases];
  const troubles = all.filter(([, { state }]) => state !== 'ready');
  return {
    wanted: all.length,
    ready: all.length - troubles.length,
    reason: troubles.length === 0 ? null : troubles.map(([name, { reason }]) => `${name}: ${reason}`).join('; '),
  };
}
