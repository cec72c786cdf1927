// Owns the routing table: a snapshot compiled for requests. A request reads the table once and holds it to its end; which
// candidate it gets is decided here, whether it really may have it by the claim (claims.ts). Pure.
import { BOUND_FLOOR, boundedLoadCap } from '@hashflow/hashing';
import type { RowRef } from './claims.js';
import type { KeyChain } from './hash-key.js';
import { EVERY_KEY, rampDraw, rampLimit } from './key-ramp.js';
import type { Snapshot, SnapshotInstance } from './link/messages.js';
import { type PlacedRing, placeRing } from './placed-ring.js';

/** A ready instance of a replica, as a request sees it. One object per table: compared by identity. */
export interface Target {
  readonly instance: SnapshotInstance;
  readonly ref: RowRef;
  /** What it counts in the bound: its weight, of a newcomer in its slow start the part that its ramp is. */
  readonly weight: number;
  /** It takes keys whose draw is below. */
  readonly rampLimit: number;
}

/** Requests in flight in a row of the claim table. */
export type InFlight = (row: number) => number;

/**
 * full: at one of its limits · over_bound: passed over because others have room · ramping: a newcomer in its slow start that does not take this key yet ·
 * absent: it has no instance that takes requests.
 */
export type Standing = 'ready' | 'full' | 'over_bound' | 'ramping' | 'absent';

/** A member in a key's own order, as a request that comes now would find it. */
export interface RankedMember {
  readonly name: string;
  readonly standing: Standing;
  readonly inFlight: number;
  /** Requests in flight from which on it is over its bound; Infinity = no bound. */
  readonly bound: number;
  /** Part of its own keys that it takes: 1 but for a newcomer in its slow start. */
  readonly ramp: number;
}

export interface RoutingTable {
  readonly epoch: number;
  /** For the table after this one. */
  readonly ring: PlacedRing;
  /** Equal digests send every request to the same replica. */
  readonly digest: string;
  /** Name of the pool in Via. */
  readonly pseudonym: string;
  readonly chain: KeyChain;
  /** Instances that take requests; not in any key's order. */
  readonly targets: readonly Target[];
  /** Every instance of the snapshot by id, ready or not: connections to others may be dropped. */
  readonly instances: ReadonlyMap<string, SnapshotInstance>;
  /** 32 bits as int32: a uint32 from 2^31 up would be boxed with every request. */
  hash(key: string): number;
  /** null for algorithms without a table. */
  slotOf(hash: number): number | null;
  /**
   * The first candidate in the key's own order that is ready, under its bound and not in `tried`; when all are over their
   * bounds, the first that is ready: a bound moves requests, it never refuses them. A newcomer in its slow start stands back
   * from keys that it does not take yet, for as long as another has room. undefined: nobody is left.
   */
  pick(hash: number, inFlight: InFlight, tried: readonly Target[]): Target | undefined;
  /**
   * All members in the key's own order; the first that is `ready` is whom a request takes first. There is one unless all are
   * absent or full.
   * @param isFull whether what stands in this row has reached one of its limits: whom no claim would be granted
   */
  rank(hash: number, inFlight: InFlight, isFull: (row: number) => boolean): RankedMember[];
}

/**
 * @param rows row of each instance; those without one get no requests
 * @param before ring of the table before, see placeRing
 * @throws HashingError, HashKeyError for a snapshot that makes no sense
 */
export function compileTable(snapshot: Snapshot, rows: ReadonlyMap<string, RowRef>, before?: PlacedRing): RoutingTable {
  const { loadFactor } = snapshot;
  const ring = placeRing(snapshot, before);
  const { placement } = ring;
  const serving = new Map(
    snapshot.instances.filter(({ state }) => state === 'ready').map((instance) => [instance.replica, instance]),
  );
  const byMember = placement.members.map(({ id, weight }): Target | undefined => {
    const instance = serving.get(id);
    const ref = instance && rows.get(instance.id);
    const ramp = instance?.ramp ?? 1;
    return ref && { instance, ref, weight: weight * ramp, rampLimit: rampLimit(ramp) };
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

  const pick: RoutingTable['pick'] = (hash, inFlight, tried) => {
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
  };

  /** `pick` while somebody starts slowly: three passes over the key's order in one. */
  const pickInSlowStart: RoutingTable['pick'] = (hash, inFlight, tried) => {
    const draw = rampDraw(hash);
    const owner = byMember[placement.lookupHash(hash)];
    if (owner && draw < owner.rampLimit && !tried.includes(owner) && admits(owner, inFlight)) return owner;
    const count = placement.order(hash, order);
    let standingBack: Target | undefined;
    let full: Target | undefined;
    let last: Target | undefined;
    for (let rank = 0; rank < count; rank++) {
      const target = byMember[order[rank]];
      if (!target || tried.includes(target)) continue;
      const takes = draw < target.rampLimit;
      if (!admits(target, inFlight)) {
        if (takes) full ??= target;
        else last ??= target;
      } else if (takes) return target;
      else standingBack ??= target;
    }
    return standingBack ?? full ?? last;
  };

  // Chosen here and not in each request: nobody pays for a slow start that is not under way.
  const pickNow = targets.some((target) => target.rampLimit < EVERY_KEY) ? pickInSlowStart : pick;

  const standingOf = (target: Target, hash: number, inFlight: InFlight): Standing => {
    if (!admits(target, inFlight)) return 'over_bound';
    return rampDraw(hash) < target.rampLimit ? 'ready' : 'ramping';
  };

  return {
    epoch: snapshot.epoch,
    ring,
    digest: placement.digest,
    pseudonym: snapshot.pseudonym,
    chain: ring.chain,
    targets,
    instances: new Map(snapshot.instances.map((instance) => [instance.id, instance])),
    hash: ring.hash,
    slotOf: (hash) => placement.slotOf(hash),
    pick: pickNow,
    rank(hash, inFlight, isFull) {
      const full = targets.filter(({ ref }) => isFull(ref.row));
      // With nobody else to take it, it goes to one that stands back, or is over its bound.
      const chosen = pickNow(hash, inFlight, full);
      return Array.from(order.subarray(0, placement.order(hash, order)), (index): RankedMember => {
        const name = placement.members[index].id;
        const target = byMember[index];
        if (!target) return { name, standing: 'absent', inFlight: 0, bound: Infinity, ramp: 1 };
        const standing = full.includes(target)
          ? 'full'
          : target === chosen
            ? 'ready'
            : standingOf(target, hash, inFlight);
        const ramp = target.instance.ramp ?? 1;
        return { name, standing, inFlight: inFlight(target.ref.row), bound: boundOf(target, inFlight), ramp };
      });
    },
  };
}

/** Ids of the instances of `table` that stand where they stood in the table before, or are new: connections to them are good. */
export function unmoved(table: RoutingTable, before: RoutingTable | undefined): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const [id, { host, port }] of table.instances) {
    const old = before?.instances.get(id);
    if (!old || (old.host === host && old.port === port)) ids.add(id);
  }
  return ids;
}
