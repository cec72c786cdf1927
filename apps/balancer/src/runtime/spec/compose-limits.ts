// Owns the limits of a compose service, in their old place (mem_limit, cpus, pids_limit) and their new one (deploy). Pure.
import type { ContainerTraits } from '../replica-runtime.js';
import type { Mapping } from './compose-file.js';
import type { ComposeReading } from './compose-reading.js';
import { composeNumber, composeSize } from './compose-units.js';

type Limits = Pick<ContainerTraits, 'memory' | 'cpus' | 'pids'>;

/** What the engine takes at least. */
const MIN_MEMORY = 6 * 1024 ** 2;
const MIN_CPUS = 0.01;
/** Of `deploy`: for a swarm; what of it a single engine does, the balancer does. */
const SWARM = ['mode', 'replicas', 'restart_policy', 'update_config', 'rollback_config'];

export function readLimits(service: Mapping, reading: ComposeReading): Limits {
  const deploy = reading.mapping(service.deploy, 'deploy', ['resources', ...SWARM]);
  for (const key of SWARM)
    if (deploy[key] !== undefined) reading.notes.push(`deploy.${key} is left out: replicas are the balancer's`);
  const resources = reading.mapping(deploy.resources, 'deploy.resources', ['limits']);
  const limits = reading.mapping(resources.limits, 'deploy.resources.limits', ['memory', 'cpus', 'pids']);
  const one = (key: 'mem_limit' | 'cpus' | 'pids_limit', other: 'memory' | 'cpus' | 'pids') => {
    const [a, b] = [service[key], limits[other]];
    if (a !== undefined && b !== undefined && JSON.stringify(a) !== JSON.stringify(b))
      reading.refuse(key, `differs from deploy.resources.limits.${other}`);
    return a ?? b;
  };
  const memory = bounded(
    'mem_limit',
    one('mem_limit', 'memory'),
    composeSize,
    MIN_MEMORY,
    'a size of at least 6m',
    reading,
  );
  const cpus = bounded('cpus', one('cpus', 'cpus'), composeNumber, MIN_CPUS, 'a number of at least 0.01', reading);
  // No limit is no choice: it is what keeps a fork bomb in its container.
  const pids = bounded(
    'pids_limit',
    one('pids_limit', 'pids'),
    wholeNumber,
    1,
    'a whole number of at least 1',
    reading,
  );
  return {
    ...(memory !== undefined && { memory }),
    ...(cpus !== undefined && { cpus }),
    ...(pids !== undefined && { pids }),
  };
}

function bounded(
  path: string,
  value: unknown,
  read: (value: unknown) => number | undefined,
  least: number,
  form: string,
  reading: ComposeReading,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = read(value);
  if (number !== undefined && number >= least) return number;
  return reading.refuse(path, `must be ${form}`);
}

function wholeNumber(value: unknown): number | undefined {
  const number = composeNumber(value);
  return Number.isInteger(number) ? number : undefined;
}
