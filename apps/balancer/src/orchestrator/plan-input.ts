// Owns what plan.ts decides from: what is wanted, seen, remembered and under way, and the policy. Plain data; who gathers it
// is the reconciler.
import type { ObservedInstance } from '../runtime/replica-runtime.js';
import type { InstanceRecord, SlotRecord } from './loop/ledger.js';
import type { Openings } from './spawn-gate.js';

export interface DesiredSlot {
  readonly name: string;
  /** Of the workload that its instances must run. */
  readonly specHash: string;
  /** Instances below this generation belong to an earlier replica of the same name. */
  readonly firstGeneration: number;
  /** Instances below this generation are to be replaced by a newer one, though they run the right workload. */
  readonly renewedFrom: number;
  /** Out of service by an operator's wish: its instances run, and get no requests. */
  readonly drained: boolean;
}

export interface PlanPolicy {
  readonly drainTimeout: number;
  readonly restartUnhealthyAfter: number;
  /** A standby whose last passed probe is older, in milliseconds, is not promoted. */
  readonly freshProbe: number;
  /** How often a drain is looked at when nobody reports its end. */
  readonly drainPoll: number;
}

export interface PlanInput {
  readonly desired: readonly DesiredSlot[];
  /** Slots of instances that stand by: on no ring, and promoted when a desired slot is vacant. */
  readonly standbys: readonly DesiredSlot[];
  /** The last list that the engine answered. */
  readonly observed: readonly ObservedInstance[];
  /** Why nothing may be done to instances, though routes follow health: `observed` is not what runs now. null: it is. */
  readonly blind: string | null;
  readonly instances: ReadonlyMap<string, InstanceRecord>;
  readonly slots: ReadonlyMap<string, SlotRecord>;
  /** Actions that run, or ended after the last list began: their outcome is not in `observed` yet. */
  readonly underWay: {
    readonly slots: ReadonlySet<string>;
    readonly instances: ReadonlySet<string>;
  };
  /** Instances that may begin to be made now. */
  readonly openings: Openings;
  /** What the data plane may do with the tables that it holds; `unknown`: an earlier balancer's table is in force. */
  readonly tables: { readonly claimable: ReadonlySet<string>; readonly listed: ReadonlySet<string> } | 'unknown';
  /** Outdated instances that are replaced at once, each with its successor beside it. */
  readonly surge: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  readonly policy: PlanPolicy;
}
