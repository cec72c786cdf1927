// Owns how operators see a deploy: what it changes, without secrets, and how far each replica is. Pure.
import type { Workload } from '../../runtime/replica-runtime.js';
import { differences } from './deploy-change.js';
import type { TimedPhase } from '../loop/phase-board.js';
import type { PoolState, Rollout, RolloutStep } from '../state/pool-state.js';
import { isUnderWay } from './rollout.js';
import { type DesiredSpec, maskedSpec } from '../views/spec-view.js';
import { iso } from '../views/views.js';

/**
 * `planned`: a dry run, nothing is done · `unchanged`: what is asked for runs already · `rolling` · `rolled-out` ·
 * `rolling-back`: it failed or was cancelled · `rolled-back` · `failed`: what ran before does not come up everywhere any more.
 */
export type DeployStatus = Rollout['status'] | 'planned' | 'unchanged';

/** `waiting`: its turn has not come. `stranded`: what it ran before does not come up. */
export type DeployStep = RolloutStep['state'] | 'waiting';

export interface DeployReplica {
  readonly name: string;
  readonly step: DeployStep;
  /** Fingerprint of what fills its slot now; null while nothing does. */
  readonly specHash: string | null;
  /** Why it is not ready, in words; null when all is well. */
  readonly reason: string | null;
}

export interface DeployView {
  readonly status: DeployStatus;
  /** Of `to`; null where no new instance is made. */
  readonly revision: number | null;
  /** Names of what differs: `image`, `env.LOG`. */
  readonly changes: readonly string[];
  readonly from: DesiredSpec;
  readonly to: DesiredSpec;
  readonly maxSurge: number;
  readonly minReadyMs: number;
  /** While it goes on all of them in /rep order, afterwards those that had their turn. */
  readonly replicas: readonly DeployReplica[];
  /** Why it is or was rolled back, or failed. */
  readonly reason: string | null;
  /** ISO 8601; null when nothing was begun. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

export function deployView(
  rollout: Rollout,
  members: PoolState['members'],
  phases: ReadonlyMap<string, TimedPhase>,
): DeployView {
  const { status, revision, from, to, maxSurge, minReadyMs, steps, reason, startedAt, endedAt } = rollout;
  const stepOf = new Map(steps.map(({ name, state }) => [name, state]));
  const shown = isUnderWay(rollout) ? members : members.filter(({ name }) => stepOf.has(name));
  const replicas = shown.map(({ name }): DeployReplica => {
    const { instance = null, reason = null } = phases.get(name) ?? {};
    return { name, step: stepOf.get(name) ?? 'waiting', specHash: instance?.specHash ?? null, reason };
  });
  return {
    status,
    revision,
    changes: differences(from, to),
    from: maskedSpec(from),
    to: maskedSpec(to),
    maxSurge,
    minReadyMs,
    replicas,
    reason,
    startedAt: iso(startedAt),
    endedAt: endedAt === null ? null : iso(endedAt),
  };
}

/** A deploy that is not begun: asked for without obligation, or with nothing to do. */
export function unbegunView(
  status: 'planned' | 'unchanged',
  from: Workload,
  to: Workload,
  { maxSurge, minReadyMs }: Pick<DeployView, 'maxSurge' | 'minReadyMs'>,
): DeployView {
  return {
    status,
    revision: to.revision ?? null,
    changes: differences(from, to),
    from: maskedSpec(from),
    to: maskedSpec(to),
    maxSurge,
    minReadyMs,
    replicas: [],
    reason: null,
    startedAt: null,
    endedAt: null,
  };
}
