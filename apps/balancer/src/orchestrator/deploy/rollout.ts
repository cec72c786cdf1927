// Owns how a deploy goes on: whose turn is next, when a replica counts as replaced, what makes the deploy fail, and how it is
// taken back. Pure: what is stored and what is seen come in, what to store next comes out. How one instance follows another
// in its slot is plan.ts's; storing and looking is deploys.ts's.
import type { Workload } from '../../runtime/replica-runtime.js';
import type { PoolState, Rollout, RolloutStep } from '../state/pool-state.js';
import { specHash } from '../state/workload.js';

/** A living instance of a replica, leaving or not. */
export interface SlotInstance {
  readonly specHash: string;
  readonly generation: number;
  /** How long it has passed its probes, in milliseconds; null: it does not, is on its way out, or cannot stay. */
  readonly wellFor: number | null;
  /** Why it is given up: it was not ready in time. null: it still may be. */
  readonly overdue: string | null;
}

/** What is seen of one replica, and what its next instance is called. */
export interface SlotSight {
  readonly instances: readonly SlotInstance[];
  /** Newest first. */
  readonly deaths: readonly { readonly generation: number | null; readonly reason: string }[];
  readonly nextGeneration: number;
}

/** What a deploy looks at: every member, in /rep order. */
export type PoolSight = ReadonlyMap<string, SlotSight>;

type UnderWay = Rollout & { readonly status: 'rolling' | 'rolling-back' };

export function isUnderWay(rollout: Rollout | undefined): rollout is UnderWay {
  return rollout?.status === 'rolling' || rollout?.status === 'rolling-back';
}

/** What the instances of a replica shall run now. */
export function workloadOf({ workload, rollout }: Pick<PoolState, 'workload' | 'rollout'>, name: string): Workload {
  if (!isUnderWay(rollout)) return workload;
  const step = rollout.steps.find((one) => one.name === name);
  return step && goesForward(step) ? rollout.to : rollout.from;
}

/** A name that leaves takes its step along: added again, it is another replica. */
export function withoutMembers(rollout: Rollout | undefined, names: ReadonlySet<string>): Rollout | undefined {
  return rollout && { ...rollout, steps: rollout.steps.filter(({ name }) => !names.has(name)) };
}

/**
 * The deploy as it is after what is seen, and the replicas whose turn came with it: their earlier troubles are no longer
 * held against them. The same object when nothing has changed.
 * @param now epoch milliseconds, only kept for display
 */
export function advance(rollout: Rollout, sight: PoolSight, now: number): { rollout: Rollout; begun: string[] } {
  const before = { ...rollout, steps: rollout.steps.filter(({ name }) => sight.has(name)) };
  const after = before.status === 'rolling' ? forward(before, sight) : before;
  const next = after.status === 'rolling-back' ? backward(after, sight) : after;
  if (JSON.stringify(next) === JSON.stringify(rollout)) return { rollout, begun: [] };
  const turns = new Map(rollout.steps.map((step) => [step.name, goesForward(step)]));
  const begun = next.steps.filter((step) => turns.get(step.name) !== goesForward(step)).map(({ name }) => name);
  return { rollout: isUnderWay(next) ? next : { ...next, endedAt: now }, begun };
}

/** What is replaced already is put back one by one, what is being replaced at once: its predecessor still serves. */
export function rollBack(rollout: Rollout, sight: PoolSight, reason: string): Rollout {
  const steps = rollout.steps.map((step) => (step.state === 'replacing' ? restoring(step, sight) : step));
  return { ...rollout, status: 'rolling-back', reason, steps };
}

function forward(rollout: Rollout, sight: PoolSight): Rollout {
  const wanted = specHash(rollout.to);
  for (const step of rollout.steps) {
    const failure = failureOf(step, sight, wanted);
    if (failure !== null) return rollBack(rollout, sight, `${step.name}: ${failure}`);
  }
  const steps = rollout.steps.map((step): RolloutStep =>
    isSettled(sight.get(step.name), wanted, rollout.minReadyMs) ? { ...step, state: 'replaced' } : step,
  );
  // One that was replaced and has died since is waited for, too: a deploy takes no more replicas away than it was allowed to.
  const unsettled = steps.filter(
    ({ name, state }) => state === 'replacing' || !isSettled(sight.get(name), wanted),
  ).length;
  const turned = new Set(steps.map(({ name }) => name));
  const waiting = [...sight].filter(([name]) => !turned.has(name));
  if (waiting.length === 0 && unsettled === 0) return { ...rollout, steps, status: 'rolled-out' };
  // Who serves nobody costs nothing to replace, and may be what the deploy is to mend.
  const isIdle = ([, { instances }]: (typeof waiting)[number]) => !instances.some(({ wellFor }) => wellFor !== null);
  const order = [...waiting.filter((one) => isIdle(one)), ...waiting.filter((one) => !isIdle(one))];
  const next = order
    .slice(0, Math.max(0, rollout.maxSurge - unsettled))
    .map(([name, { nextGeneration }]): RolloutStep => ({ name, generation: nextGeneration, state: 'replacing' }));
  return { ...rollout, steps: [...steps, ...next] };
}

function backward(rollout: Rollout, sight: PoolSight): Rollout {
  const wanted = specHash(rollout.from);
  const steps = rollout.steps.map((step): RolloutStep => {
    if (step.state !== 'restoring') return step;
    if (isSettled(sight.get(step.name), wanted)) return { ...step, state: 'restored' };
    return failureOf(step, sight, wanted) === null ? step : { ...step, state: 'stranded' };
  });
  const unsettled = steps.filter(
    ({ name, state }) => state === 'restoring' || (state === 'restored' && !isSettled(sight.get(name), wanted)),
  ).length;
  const remaining = steps.filter(({ state }) => state === 'replaced').map(({ name }) => name);
  if (remaining.length === 0 && unsettled === 0) {
    const stranded = steps.filter(({ state }) => state === 'stranded').map(({ name }) => name);
    if (stranded.length === 0) return { ...rollout, steps, status: 'rolled-back' };
    const reason = `${rollout.reason ?? 'rolled back'}; what ran before does not come up in ${stranded.join(', ')}`;
    return { ...rollout, steps, status: 'failed', reason };
  }
  const next = new Set(remaining.reverse().slice(0, Math.max(0, rollout.maxSurge - unsettled)));
  return { ...rollout, steps: steps.map((step) => (next.has(step.name) ? restoring(step, sight) : step)) };
}

/** The one instance that is there is the one that is wanted: its predecessor is gone, so there is room for the next. */
function isSettled(slot: SlotSight | undefined, wanted: string, minReadyMs = 0): boolean {
  const [instance, ...others] = slot?.instances ?? [];
  if (others.length > 0 || instance?.specHash !== wanted || instance.wellFor === null) return false;
  return instance.wellFor >= minReadyMs;
}

/**
 * A successor that ends before it counts as one fails at once. One that has counted may end once, as any instance may; the
 * second time it is held against what was deployed.
 */
function failureOf({ name, generation, state }: RolloutStep, sight: PoolSight, wanted: string): string | null {
  const { instances, deaths } = sight.get(name) ?? { instances: [], deaths: [] };
  const own = deaths.filter((death) => death.generation !== null && death.generation >= generation);
  if (own[0] && own.length > (state === 'replaced' ? 1 : 0)) return own[0].reason;
  const late = instances.find((one) => one.specHash === wanted && one.generation >= generation && one.overdue !== null);
  return late?.overdue ?? null;
}

function restoring(step: RolloutStep, sight: PoolSight): RolloutStep {
  return { ...step, state: 'restoring', generation: sight.get(step.name)?.nextGeneration ?? step.generation };
}

function goesForward({ state }: RolloutStep): boolean {
  return state === 'replacing' || state === 'replaced';
}
