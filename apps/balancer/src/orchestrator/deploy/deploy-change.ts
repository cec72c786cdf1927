// Owns what a deploy changes: the workload in force with what an operator asks for on top, which of it differs, and what is
// no workload at all. Pure: a refused request throws before anything has happened. Pinning images is the runtime's.
import type { RuntimeKind, Workload } from '../../runtime/replica-runtime.js';
import { show } from '../members.js';
import { PoolError, type PoolErrorSubject } from '../pool-error.js';
import { canonical } from '../state/workload.js';

/** What an operator asks for. What is absent stays as it is. */
export interface DeployChange {
  /** Reference; resolved anew even when absent. */
  readonly image?: string;
  readonly pull?: 'always' | 'missing' | 'never';
  /** argv; null: the image's own, or the bundled server. */
  readonly command?: readonly string[] | null;
  /** Laid over the environment in force: a value sets a variable, null takes it away. */
  readonly env?: Readonly<Record<string, string | null>>;
  readonly port?: number;
  readonly healthPath?: string;
  /** Milliseconds; null: STOP_TIMEOUT. */
  readonly stopGraceMs?: number | null;
}

const DOCKER_ONLY = ['image', 'pull', 'port'] as const;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
/** Told to each replica by the balancer, whatever its environment says. */
const OWN_VARIABLES: Readonly<Record<RuntimeKind, readonly string[]>> = {
  docker: ['PORT', 'SERVER_ID'],
  process: ['HOST', 'PORT', 'SERVER_ID'],
  static: [],
};

/** @throws PoolError not_deployable, bad_deploy */
export function requireDeployable(change: DeployChange, kind: RuntimeKind): void {
  if (kind === 'static') {
    const why = 'the static runtime neither starts nor stops replicas, so there is nothing to deploy';
    throw new PoolError('not_deployable', `No deploy is possible: ${why}`);
  }
  const foreign = kind === 'docker' ? undefined : DOCKER_ONLY.find((field) => change[field] !== undefined);
  if (foreign)
    throw refusal(foreign, change[foreign], `${foreign} needs the Docker runtime; replicas are local processes here`);
  for (const [name, value] of Object.entries(change.env ?? {})) requireVariable(name, value, kind);
  for (const [index, word] of (change.command ?? []).entries())
    if (word.includes('\0')) throw refusal('command', word, `command[${index}] must not hold a zero byte`);
  if (change.command?.[0] === '' || change.command?.length === 0)
    throw refusal('command', change.command, 'command must name a program; null takes the default');
}

/** The workload that is asked for, by its revision another one; `image` is not pinned anew here. */
export function changedWorkload(
  current: Workload,
  change: DeployChange,
  image?: { id: string; ref: string },
): Workload {
  const { command = current.command, stopGraceMs = current.stopGraceMs, port, healthPath } = change;
  const { command: _command, stopGraceMs: _grace, ...rest } = current;
  const env = { ...current.env, ...change.env };
  return {
    ...rest,
    ...(image && { image: image.id, imageRef: image.ref }),
    ...(command && { command }),
    ...(stopGraceMs !== null && stopGraceMs !== undefined && { stopGraceMs }),
    ...(port !== undefined && { port }),
    ...(healthPath !== undefined && { healthPath }),
    env: Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== null)),
  };
}

/** What differs, by the names of its fields: `image`, `env.LOG`; `imageRef` where the image itself stays the same. */
export function differences(before: Workload, after: Workload): string[] {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Workload>;
  for (const field of ['env', 'revision'] as const) fields.delete(field);
  if (before.image !== after.image) fields.delete('imageRef');
  const names = [...fields].filter((field) => canonical(before[field]) !== canonical(after[field])).sort();
  const variables = [...new Set([...Object.keys(before.env), ...Object.keys(after.env)])].sort();
  const changed = variables.filter((name) => before.env[name] !== after.env[name]);
  return [...names, ...changed.map((name) => `env.${name}`)];
}

/** How long a stop may take and what an image is called are the balancer's own affair: no instance is replaced for them. */
export function replacesInstances(changes: readonly string[]): boolean {
  return changes.some((name) => name !== 'stopGraceMs' && name !== 'imageRef');
}

function requireVariable(name: string, value: string | null, kind: RuntimeKind): void {
  if (!VARIABLE.test(name)) {
    const grammar = 'letters, digits, dots, dashes and underscores, with a letter or underscore first';
    throw refusal('env', name, `env has ${show(name)}, which is no name of a variable: ${grammar}`);
  }
  if (OWN_VARIABLES[kind].includes(name))
    throw refusal('env', name, `env has ${show(name)}, which is the balancer's to tell each replica`);
  if (value?.includes('\0')) throw refusal('env', name, `env.${name} must not hold a zero byte`);
}

function refusal(field: PoolErrorSubject['field'], value: unknown, message: string): PoolError {
  return new PoolError('bad_deploy', message, { field, value });
}
