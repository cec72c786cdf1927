// Owns the container's name: pool, slot and generation in a form that can be read back. The engine gives a name to one
// container only, which makes `create` idempotent. Pure.
import { slotOf, slugOf } from '../slot-slug.js';

export interface NamedInstance {
  readonly slot: string;
  readonly generation: number;
}

/** `hashflow.Server_4.7`. A pool's name has no dot and a generation is digits: the two outer dots are never mistaken. */
export function containerName(pool: string, { slot, generation }: NamedInstance): string {
  return `${pool}.${slugOf(slot)}.${generation}`;
}

/** The inverse, with or without the engine's leading slash; undefined for any name that `containerName` did not make. */
export function parseContainerName(pool: string, name: string): NamedInstance | undefined {
  const match = /^\/?([^.]*)\.(.+)\.(0|[1-9]\d{0,14})$/s.exec(name);
  if (match?.[1] !== pool) return undefined;
  const slot = slotOf(match[2] ?? '');
  return slot === undefined ? undefined : { slot, generation: Number(match[3]) };
}

/** The pool's own network. compose.yaml makes it under the same name. */
export function networkName(pool: string): string {
  return pool;
}
