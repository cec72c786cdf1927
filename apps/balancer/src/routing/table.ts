// Owns the routing table: a snapshot compiled for requests. A request reads the table once and holds it to its end; which
// candidate it gets is decided here, whether it really may have it by the claim (claims.ts). Pure.
import { BOUND_FLOOR, boundedLoadCap, buildPlacement, createSignedKeyHash } from '@hashflow/hashing';
import type { RowRef } from './claims.js';
import { compileHashKey, type KeyChain } from './hash-key.js';
import type { Snapshot, SnapshotInstance } from './link/messages.js';
import { placementOptions } from './ring-recipe.js';

/** A ready instance of a replica, as a request sees it. One object per table: compared by identity. */
export interface Target {
  readonly instance: SnapshotInstance;
  readonly ref: RowRef;
  readonly weight: number;
}

/** Requests in flight in a row of the claim table. */
export type InFlight = (row: number) => number;

/** over_bound: passed over because others have room · absent: it has no instance that takes requests. */
export type Standing = 'ready' | 'over_bound' | 'absent';

/** A member in a key's own order, as a request that comes now would find it. */
export interface RankedMember {
  readonly name: string;
  readonly standing: Standing;
  readonly inFlight: number;
  /** Requests in flight from which on it is over its bound; Infinity = no bound. */
  readonly bound: number;
}

export interface RoutingTable {
  readonly epoch: number;
  /** Equal digests send every request to the same replica. */
  readonly digest: string;
  readonly chain: KeyChain;
  /** Instances that take requests; not in any key's order. */
  readonly targets: readonly Target[];
  /** Every instance of the snapshot, ready or not: connections to others may be dropped. */
  readonly instanceIds: ReadonlySet<string>;
  /** 32 bits as int32: a uint32 from 2^31 up would be boxed with every request. */
  hash(key: string): number;
  /** null for algorithms without a table. */
  slotOf(hash: number): number | null;
  /**
   * The first candidate in the key's own order that is ready, under its bound and not in `tried`; when all are over their
   * bounds, the first that is ready: a bound moves requests, it never refuses them. undefined: nobody is left.
   */
  pick(hash: number, inFlight: InFlight, tried: readonly Target[]): Target | undefined;
  /**
   * All members in the key's own order; the first that is `ready` is whom `pick` takes first. There is one unless all are
   * absent: bounds add up to more than what is in flight.
   */
  rank(hash: number, inFlight: InFlight): RankedMember[];
}

/** @param rows row of each instance; those without one get no requests @throws HashingError, HashKeyError for a snapshot that makes no sense */
export function compileTable(snapshot: Snapshot, rows: ReadonlyMap<string, RowRef>): RoutingTable {
  const { recipe, seed, hashKey, loadFactor } = snapshot;
  const placement = buildPlacement(
    recipe.algorithm,
    snapshot.members.map(({ name, weight }) => ({ id: name, weight })),
    placementOptions(snapshot),
  );
  const serving = new Map(
    snapshot.instances.filter(({ state }) => state === 'ready').map((instance) => [instance.replica, instance]),
  );
  const byMember = placement.members.map(({ id, weight }): Target | undefined => {
    const instance = serving.get(id);
    const ref = instance && rows.get(instance.id);
    return ref && { instance, ref, weight };
  });
  const targets = byMember.filter((target) => target !== undefined);
  const eligibleWeight = targets.reduce((sum, { weight }) => sum + weight, 0);
  const order = new Uint16Array(placement.members.length);

  const boundOf = (target: Target, inFlight: InFlight): number => {
    const total = targets.reduce((sum, { ref }) => sum + inFlight(ref.row), 0);
    return boundedLoadCap(loadFactor, total, target.weight, eligibleWeight);
  };
  /** Light load is the common case: below the floor no sum over all replicas is needed. */
  const admits = (target: Target, inFlight: InFlight): boolean => {
    const own = inFlight(target.ref.row);
    return loadFactor === 0 || own < BOUND_FLOOR || own < boundOf(target, inFlight);
  };

  return {
    epoch: snapshot.epoch,
    digest: placement.digest,
    chain: compileHashKey(hashKey),
    targets,
    instanceIds: new Set(snapshot.instances.map(({ id }) => id)),
    hash: createSignedKeyHash(seed),
    slotOf: (hash) => placement.slotOf(hash),
    pick(hash, inFlight, tried) {
      if (targets.length === 0) return undefined;
      const owner = byMember[placement.lookupHash(hash)];
      if (owner && !tried.includes(owner) && admits(owner, inFlight)) return owner;
      const count = placement.order(hash, order);
      let first: Target | undefined;
      for (let rank = 0; rank < count; rank++) {
        const target = byMember[order[rank]];
        if (!target || tried.includes(target)) continue;
        if (admits(target, inFlight)) return target;
        first ??= target;
      }
      return first;
    },
    rank(hash, inFlight) {
      return Array.from(order.subarray(0, placement.order(hash, order)), (index): RankedMember => {
        const name = placement.members[index].id;
        const target = byMember[index];
        if (!target) return { name, standing: 'absent', inFlight: 0, bound: Infinity };
        const standing = admits(target, inFlight) ? 'ready' : 'over_bound';
        return { name, standing, inFlight: inFlight(target.ref.row), bound: boundOf(target, inFlight) };
      });
    },
  };
}
