// Owns the answer to "where would this request go": it asks the very table that the data plane was given, compiled by the
// same code, with the load that was reported last. Where requests really go is the data wing's.
import { type KeyChain, type KeyRequest, NO_LINK } from '../../routing/hash-key.js';
import type { InstanceCounters, Snapshot } from '../../routing/link/messages.js';
import { compileTable, type RankedMember, type RoutingTable } from '../../routing/table.js';
import { RANDOM_LINK } from './ring-views.js';

/** What one replica carries at most, over all workers; 0 = any number. */
export interface RouteLimits {
  readonly replicaMaxInflight: number;
  readonly replicaMaxConnections: number;
}

type Load = Pick<InstanceCounters, 'inFlight' | 'tunnels'>;

const NO_LOAD: Load = { inFlight: 0, tunnels: 0 };

export interface KeyRoute {
  readonly hash: number;
  readonly slot: number | null;
  readonly ranked: readonly RankedMember[];
}

/** A key as it stands, or a request to take it from. */
export type RouteQuestion = { readonly key: string } | { readonly request: KeyRequest };

/** @returns the key, and the link of the chain that supplied it; null: the key was given */
export function sourceOf(
  question: RouteQuestion,
  chain: KeyChain,
  random: () => number,
): { link: string | null; key: string } {
  if ('key' in question) return { link: null, key: question.key };
  const { key, link } = chain.select(question.request, random);
  return { link: link === NO_LINK ? RANDOM_LINK : chain.links[link], key };
}

export class RouteFinder {
  /** Compiled once per table: with many slots that takes longer than all that is asked of it. */
  private compiled: { readonly snapshot: object; readonly table: RoutingTable } | undefined;

  /** @param snapshot as published last; the same object means the same table */
  find(
    snapshot: Omit<Snapshot, 'epoch'>,
    key: string,
    counters: ReadonlyMap<string, Load>,
    limits: RouteLimits,
  ): KeyRoute {
    const table = this.tableOf(snapshot);
    const loadOf = (row: number) => counters.get(snapshot.instances[row]?.id ?? '') ?? NO_LOAD;
    const inFlight = (row: number) => loadOf(row).inFlight;
    const hash = table.hash(key);
    const ranked = table.rank(hash, inFlight, (row) => isFull(loadOf(row), limits));
    return { hash: hash >>> 0, slot: table.slotOf(hash), ranked };
  }

  private tableOf(snapshot: Omit<Snapshot, 'epoch'>): RoutingTable {
    if (this.compiled?.snapshot !== snapshot) {
      // There is no claim table on this side: the place in the list serves as the row.
      const rows = new Map(snapshot.instances.map(({ id }, row) => [id, { row, generation: 0 }]));
      const table = compileTable({ ...snapshot, epoch: 0 }, rows, this.compiled?.table.ring);
      this.compiled = { snapshot, table };
    }
    return this.compiled.table;
  }
}

/** Connections are divided among the workers: with some left one worker has none, perhaps, but with none left nobody has. */
function isFull({ inFlight, tunnels }: Load, { replicaMaxInflight, replicaMaxConnections }: RouteLimits): boolean {
  if (replicaMaxInflight > 0 && inFlight >= replicaMaxInflight) return true;
  return replicaMaxConnections > 0 && inFlight + tunnels >= replicaMaxConnections;
}
