// Owns what the stored state means for the loop: the slots to fill, and the specification of a slot's next instance. What
// the state is, is pool-state.ts's; when an instance is made, plan.ts's.
import type { InstanceSpec, Workload } from '../../runtime/replica-runtime.js';
import { parseStaticReplica } from '../../runtime/static/static-replica.js';
import type { Logger } from '../../telemetry/logger.js';
import { isStandbySlot } from '../../runtime/standby-slot.js';
import type { DesiredSlot } from '../plan-input.js';
import { nextGeneration, type PoolState, type StoredMember, withGeneration } from '../state/pool-state.js';
import type { StateStore } from '../state/state-store.js';
import { isUnderWay, workloadOf } from '../deploy/rollout.js';
import { standbySlots } from '../standby.js';
import { specHash } from '../state/workload.js';

/** What is wanted, as of one state. */
export interface Desired {
  readonly members: readonly StoredMember[];
  readonly slots: readonly DesiredSlot[];
  readonly standbys: readonly DesiredSlot[];
  /** Outdated instances that may be replaced at once. */
  readonly surge: number;
  /** How an instance is probed and stopped: by what it was made from, which may be another workload than is wanted now. */
  readonly termsOf: (specHash: string) => InstanceTerms;
}

export type InstanceTerms = Pick<Workload, 'healthPath' | 'stopGraceMs'>;

export class DesiredReader {
  private state: PoolState | undefined;
  private desired: Desired | undefined;

  constructor(
    private readonly store: StateStore,
    private readonly log: Logger,
    /** STANDBY. */
    private readonly standby: number,
  ) {}

  /** Computed once per state: the loop reads it in each turn. */
  get current(): Desired {
    const state = this.store.current;
    if (state === this.state && this.desired) return this.desired;
    const { members, rollout } = state;
    const slots = members.map(({ name, url, firstGeneration, renewedFrom = firstGeneration, drained = false }) => ({
      name,
      firstGeneration,
      renewedFrom,
      drained,
      specHash: specHash(workloadOf(state, name), url),
    }));
    this.state = state;
    // What has proven itself: a deploy under way does without them, and they are made anew when it has succeeded.
    const standbys = standbySlots(this.standby, specHash(state.workload));
    const surge = isUnderWay(rollout) ? rollout.maxSurge : 1;
    return (this.desired = { members, slots, standbys, surge, termsOf: termsReader(state) });
  }

  /**
   * Takes the next generation of a slot, durably, so that no restart gives it twice. A disk that refuses does not keep a
   * replica from being replaced.
   * @param seen highest generation of the slot that is still observed
   * @returns undefined when the slot is not wanted any more
   */
  async nextSpec(slot: string, seen: number): Promise<InstanceSpec | undefined> {
    let spec: InstanceSpec | undefined;
    const refused = await this.store.updateAnyway((state) => {
      const member = state.members.find(({ name }) => name === slot);
      if (!member && !isStandbySlot(slot)) return state;
      const { firstGeneration = 0, renewedFrom = 0, url } = member ?? {};
      const generation = Math.max(nextGeneration(state, slot, seen), firstGeneration, renewedFrom);
      const workload = workloadOf(state, slot);
      spec = {
        slot,
        generation,
        specHash: specHash(workload, url),
        workload,
        address: member && staticAddress(member),
      };
      return withGeneration(state, slot, generation);
    });
    if (refused)
      this.log.error(
        { replica: slot, error: refused.message },
        'a generation could not be stored; the instance is made all the same',
      );
    return spec;
  }
}

/** Instances of a deploy before the last one are on their way out, if there are any: they go by what is in force. */
function termsReader({ workload, rollout }: PoolState): Desired['termsOf'] {
  const known = new Map((rollout ? [rollout.from, rollout.to] : []).map((one) => [specHash(one), one]));
  known.set(specHash(workload), workload);
  return (hash) => known.get(hash) ?? workload;
}

function staticAddress({ name, url, weight }: StoredMember): InstanceSpec['address'] {
  if (url === undefined) return undefined;
  const { host, port } = parseStaticReplica(`${name}=${url};${weight}`);
  return { host, port, url };
}
