// Owns which networks of a compose project a replica joins, by the names that compose gives them. Pure. Whether they exist
// is the engine's to tell.
import { isMapping, type Mapping } from './compose-file.js';
import type { ComposeReading } from './compose-reading.js';
import { composeFlag, textOf, textsOf } from './compose-units.js';

export interface NetworkChoice {
  readonly names: readonly string[];
  /** The file names none: the project's default one is joined where it exists. */
  readonly optional: boolean;
}

const DECLARED_KEYS = ['name', 'external', 'driver', 'internal', 'labels', 'ipam', 'attachable', 'enable_ipv6'];

/** @param declared the file's own `networks` */
export function readNetworks(
  service: Mapping,
  declared: Mapping,
  project: string,
  reading: ComposeReading,
): NetworkChoice {
  const optional = service.networks === undefined || service.networks === null;
  const keys = optional ? ['default'] : keysOf(service.networks, reading);
  return { names: keys.map((key) => nameOf(key, declared, project, reading)), optional };
}

function keysOf(value: unknown, reading: ComposeReading): readonly string[] {
  if (isMapping(value)) {
    // Replicas are many: an address or a name on a network belongs to one.
    for (const [key, options] of Object.entries(value)) reading.mapping(options, `networks.${key}`, []);
    return Object.keys(value);
  }
  const keys = Array.isArray(value) ? textsOf(value) : undefined;
  if (!keys) reading.refuse('networks', 'must be a list or a mapping of names');
  return keys ?? [];
}

function nameOf(key: string, declared: Mapping, project: string, reading: ComposeReading): string {
  if (!Object.hasOwn(declared, key)) {
    if (key !== 'default') reading.refuse('networks', `has "${key}", which the file's own "networks" do not declare`);
    return `${project}_${key}`;
  }
  const at = `networks.${key} (of the file)`;
  const { name, external } = reading.mapping(reading.resolve(declared[key], at), at, DECLARED_KEYS);
  return textOf(name) ?? (composeFlag(external) === true ? key : `${project}_${key}`);
}
