// Owns how operators see what replicas run: what is wanted, without its secrets, and which replica runs something else. Pure.
import type { ContainerTraits, Workload } from '../../runtime/replica-runtime.js';
import { maskedText, maskedValues, maskedWords } from './masking.js';
import type { TimedPhase } from '../loop/phase-board.js';
import type { PoolState } from '../state/pool-state.js';
import { specHash } from '../state/workload.js';

/** A workload with its secrets masked. */
export interface DesiredSpec extends Workload {
  /** What instances are labelled with; with RUNTIME=static each has another one, by its address. */
  readonly specHash: string;
}

export interface RunningSpec {
  readonly name: string;
  /** Of the instance that fills the slot; null while there is none. */
  readonly specHash: string | null;
  /** It runs what is wanted. */
  readonly matches: boolean;
}

export interface SpecView {
  readonly desired: DesiredSpec;
  /** In /rep order. */
  readonly running: readonly RunningSpec[];
  /** Settings that differ from the stored state, which wins: one line each. */
  readonly drift: readonly string[];
}

export function specView(
  { workload, rollout, members }: Pick<PoolState, 'workload' | 'rollout' | 'members'>,
  phases: ReadonlyMap<string, TimedPhase>,
  drift: readonly string[],
): SpecView {
  // While a deploy is on its way its goal is what is wanted: who has not had its turn does not match yet.
  const wanted = rollout?.status === 'rolling' ? rollout.to : workload;
  return {
    desired: maskedSpec(wanted),
    running: members.map(({ name, url }) => {
      const running = phases.get(name)?.instance?.specHash ?? null;
      return { name, specHash: running, matches: running === specHash(wanted, url) };
    }),
    drift,
  };
}

/** A workload as it may be shown. */
export function maskedSpec(workload: Workload): DesiredSpec {
  return { ...maskedWorkload(workload), specHash: specHash(workload) };
}

function maskedWorkload({ command, env, healthPath, container, ...rest }: Workload): Workload {
  return {
    ...rest,
    ...(command && { command: maskedWords(command) }),
    env: maskedValues(env),
    healthPath: maskedText(healthPath),
    ...(container && { container: maskedTraits(container) }),
  };
}

function maskedTraits({ entrypoint, labels, ...rest }: ContainerTraits): ContainerTraits {
  return {
    ...rest,
    ...(entrypoint && { entrypoint: maskedWords(entrypoint) }),
    ...(labels && { labels: maskedValues(labels) }),
  };
}
