// Owns who takes part, in the order of the tables.
import { CADDY } from './caddy.ts';
import type { ContestantKind } from './contestant.ts';
import { HAPROXY } from './haproxy.ts';
import { hashFlow } from './hashflow.ts';
import { NGINX } from './nginx.ts';
import { PACKAGES } from './packages.ts';

export const PEERS: readonly ContestantKind[] = [NGINX, HAPROXY, CADDY, ...PACKAGES];
export const LANES: readonly ContestantKind[] = [hashFlow('express'), hashFlow('standard')];

/** Debian's packages of those that npm does not bring. */
export const DEBIAN: ReadonlyMap<string, string> = new Map([
  ['nginx', 'nginx-light'],
  ['haproxy', 'haproxy'],
  ['caddy', 'caddy'],
]);

export function isInstalled(kind: ContestantKind): boolean {
  return kind.version() !== undefined;
}
