// Owns how the plan's tables write a world down, and how they read a plan.
import type { ObservedInstance } from '../../runtime/replica-runtime.js';
import { newborn } from '../health.js';
import type { InstanceRecord } from '../loop/ledger.js';
import { UNBLEMISHED } from '../outliers.js';
import { plan } from '../plan.js';
import type { DesiredSlot, PlanInput } from '../plan-input.js';

export const NOW = 100_000;
export const slot = (name: string, given: Partial<DesiredSlot> = {}): DesiredSlot => ({
  name,
  specHash: 'right',
  firstGeneration: 1,
  renewedFrom: 1,
  drained: false,
  ...given,
});
export const instance = (id: string, of: string, given: Partial<ObservedInstance> = {}): ObservedInstance => ({
  id,
  slot: of,
  generation: 1,
  specHash: 'right',
  state: 'running',
  address: { host: '10.0.0.1', port: 1 },
  leftover: false,
  ...given,
});
export const untried: Partial<InstanceRecord> = {};
export const ready: Partial<InstanceRecord> = {
  health: { ...newborn(0), status: 'passing', passingSince: 50_000, passedAt: 90_000 },
};
export const failing: Partial<InstanceRecord> = {
  health: { ...newborn(0), status: 'failing', reason: 'it answered 500', unwellFor: 5000 },
};
export const retired = (at = NOW, given: Partial<InstanceRecord> = {}): Partial<InstanceRecord> => ({
  ...ready,
  retired: { at, reason: 'leaving' },
  ...given,
});

export interface World {
  readonly desired?: readonly DesiredSlot[];
  /** Instance and what is remembered of it. */
  readonly seen?: readonly (readonly [ObservedInstance, Partial<InstanceRecord>])[];
  readonly slots?: PlanInput['slots'];
  readonly standbys?: readonly DesiredSlot[];
  readonly openings?: Partial<PlanInput['openings']>;
  readonly underWay?: Partial<PlanInput['underWay']>;
  readonly tables?: PlanInput['tables'] | { readonly claimable?: string[]; readonly listed?: string[] };
  readonly blind?: string;
  readonly surge?: number;
  readonly now?: number;
}

export function inputFor({
  desired = [slot('A')],
  seen = [],
  slots = new Map(),
  underWay,
  standbys = [],
  openings,
  tables = {},
  blind,
  surge = 1,
  now = NOW,
}: World): PlanInput {
  const records = seen.map(([{ id, slot: of }, given]): [string, InstanceRecord] => [
    id,
    {
      id,
      slot: of,
      health: newborn(0),
      conduct: UNBLEMISHED,
      ejected: null,
      retired: null,
      withdrawn: false,
      quiet: false,
      unstartable: false,
      ...given,
    },
  ]);
  return {
    desired,
    observed: seen.map(([observed]) => observed),
    blind: blind ?? null,
    instances: new Map(records),
    slots,
    standbys,
    underWay: { slots: new Set(), instances: new Set(), ...underWay },
    openings: { members: 2, standbys: 1, reason: 'other replicas start first', until: Infinity, ...openings },
    tables: tables === 'unknown' ? tables : { claimable: new Set(tables.claimable), listed: new Set(tables.listed) },
    surge,
    now,
    policy: { drainTimeout: 30_000, restartUnhealthyAfter: 30_000, freshProbe: 20_000, drainPoll: 1000 },
  };
}

export function planFor(world: World) {
  const result = plan(inputFor(world));
  return {
    actions: result.actions.map((action) =>
      'instanceId' in action ? `${action.kind} ${action.instanceId}` : `${action.kind} ${action.slot}`,
    ),
    retire: result.retire.map(({ instanceId, condemned }) => `${condemned ? 'condemn' : 'retire'} ${instanceId}`),
    routes: result.routes.map(({ instance: { id }, state }) => `${id} ${state}`),
    standbys: Object.fromEntries([...result.standbys].map(([name, { state }]) => [name, state])),
    phases: Object.fromEntries([...result.phases].map(([name, { state }]) => [name, state])),
    reasons: Object.fromEntries([...result.phases].map(([name, { reason }]) => [name, reason])),
    wakeAt: result.wakeAt,
  };
}

/** A plan that does nothing. */
export const nothing = { actions: [], retire: [], routes: [] };
