// Owns panic: with too few replicas eligible, those that are ejected or fail their probes are tried too, because a replica that
// may fail is better than none. Pure: it amends a plan; everything else of the plan is plan.ts's.
import { mayBeTried } from './eligibility.js';
import type { Phase, Plan, Route } from './plan.js';
import type { PlanInput } from './plan-input.js';

export interface Decision extends Plan {
  /** Instances that get requests because of panic; empty: there is none. */
  readonly panicked: ReadonlySet<string>;
}

/** @param threshold part of the replicas that are to serve, 0 to 1; 0 = never */
export function withPanic(plan: Plan, { desired, instances }: PlanInput, threshold: number): Decision {
  const wanted = desired.filter(({ drained }) => !drained).length;
  const eligible = plan.routes.filter(({ state }) => state === 'ready').length;
  if (eligible >= threshold * wanted) return { ...plan, panicked: new Set() };
  const isTried = ({ instance, state }: Route) =>
    state === 'unready' && mayBeTried(instance, instances.get(instance.id));
  const tried = plan.routes.filter(isTried);
  const why = `it is tried all the same: ${eligible} of ${wanted} replicas are ready (panic)`;
  const phases = new Map(plan.phases);
  for (const { instance } of tried) {
    const phase = phases.get(instance.slot);
    if (phase) phases.set(instance.slot, amended(phase, why));
  }
  return {
    ...plan,
    routes: plan.routes.map((route) => (tried.includes(route) ? { ...route, state: 'ready' } : route)),
    phases,
    panicked: new Set(tried.map(({ instance }) => instance.id)),
  };
}

function amended(phase: Phase, why: string): Phase {
  return { ...phase, reason: phase.reason === null ? why : `${phase.reason}; ${why}` };
}
