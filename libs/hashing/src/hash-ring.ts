// Owns the current placement of a pool and its replacement when members or weights change, and the choice of a member for a
// key. It knows nothing of health: who may be chosen, and how busy it is, come in with each pick.
import { boundedLoadCap } from './bounded-load.js';
import { diffPlacements, type PlacementDiff } from './diff.js';
import { HashingError } from './errors.js';
import { createSignedKeyHash } from './half-siphash.js';
import type { PlacementOptions } from './options.js';
import type { Algorithm, Member, Placement } from './placement.js';
import { buildPlacement } from './registry.js';

/** How busy the members are, for bounded load. */
export interface LoadView {
  /** How far above its fair part of the load a member may go, 1.1 to 4; 0 turns the bound off. */
  readonly factor: number;
  /** Requests in flight now. */
  inFlight(member: Member): number;
}

/**
 * owner: the first in the key's own order; failover: the first that is eligible; spill: an eligible one before it was over
 * its bound; saturated: all eligible ones are over their bound, so the first of them takes it all the same.
 */
export type PickReason = 'owner' | 'failover' | 'spill' | 'saturated';

export interface Pick {
  readonly member: Member;
  /** Place in the key's own order; 0 is the owner. */
  readonly rank: number;
  readonly reason: PickReason;
}

/** A changing set of members over immutable placements. Abstract so that it can be the token of a dependency injector. */
export abstract class HashRing {
  abstract current(): Placement;
  /** @throws HashingError duplicate_id, and whatever the algorithm refuses; the ring then stays as it was. So with all changes below. */
  abstract add(member: Member): PlacementDiff;
  /** @throws HashingError unknown_id */
  abstract remove(id: string): PlacementDiff;
  /** @throws HashingError unknown_id, bad_weight */
  abstract setWeight(id: string, weight: number): PlacementDiff;
  /** Reconciles to a whole new set with one rebuild. */
  abstract replace(all: readonly Member[]): PlacementDiff;
  /** What `replace` would do; changes nothing. */
  abstract preview(all: readonly Member[]): PlacementDiff;
  abstract diff(before: Placement, after: Placement): PlacementDiff;
  /** The first eligible member in the key's own order that its bound admits; undefined when none is eligible. */
  abstract pick(key: string, eligible: (member: Member) => boolean, load?: LoadView): Pick | undefined;
}

/** @throws HashingError bad_seed, bad_option, unknown_algorithm */
export function createHashRing(algorithm: Algorithm, options: PlacementOptions): HashRing {
  return new SwappingHashRing(algorithm, options);
}

class SwappingHashRing extends HashRing {
  #placement: Placement;
  #order = new Uint16Array(0);
  readonly #keyHash: (key: string) => number;

  constructor(
    private readonly algorithm: Algorithm,
    private readonly options: PlacementOptions,
  ) {
    super();
    this.#placement = buildPlacement(algorithm, [], options);
    this.#keyHash = createSignedKeyHash(options.seed);
  }

  current(): Placement {
    return this.#placement;
  }

  add(member: Member): PlacementDiff {
    return this.replace([...this.#placement.members, member]);
  }

  remove(id: string): PlacementDiff {
    this.#find(id);
    return this.replace(this.#placement.members.filter((member) => member.id !== id));
  }

  setWeight(id: string, weight: number): PlacementDiff {
    this.#find(id);
    return this.replace(this.#placement.members.map((member) => (member.id === id ? { id, weight } : member)));
  }

  replace(all: readonly Member[]): PlacementDiff {
    const before = this.#placement;
    const after = buildPlacement(this.algorithm, all, this.options);
    this.#placement = after;
    this.#order = new Uint16Array(after.members.length);
    return this.diff(before, after);
  }

  preview(all: readonly Member[]): PlacementDiff {
    return this.diff(this.#placement, buildPlacement(this.algorithm, all, this.options));
  }

  diff(before: Placement, after: Placement): PlacementDiff {
    return diffPlacements(before, after);
  }

  pick(key: string, eligible: (member: Member) => boolean, load?: LoadView): Pick | undefined {
    const { members } = this.#placement;
    const hash = this.#keyHash(key);
    const admits = load ? this.#admission(eligible, load) : () => true;
    // Nearly every pick ends here; only a failover or a spill pays for ranking all members.
    const owner = members[this.#placement.lookupHash(hash)];
    if (owner && eligible(owner) && admits(owner)) return { member: owner, rank: 0, reason: 'owner' };
    const count = this.#placement.order(hash, this.#order);
    let first: Pick | undefined;
    for (let rank = 0; rank < count; rank++) {
      const member = members[this.#order[rank]];
      if (!eligible(member)) continue;
      if (admits(member)) return { member, rank, reason: first ? 'spill' : 'failover' };
      first ??= { member, rank, reason: 'saturated' };
    }
    return first;
  }

  #admission(eligible: (member: Member) => boolean, load: LoadView): (member: Member) => boolean {
    let inFlight = 0;
    let weight = 0;
    for (const member of this.#placement.members) {
      if (!eligible(member)) continue;
      inFlight += load.inFlight(member);
      weight += member.weight;
    }
    return (member) => load.inFlight(member) < boundedLoadCap(load.factor, inFlight, member.weight, weight);
  }

  #find(id: string): void {
    if (this.#placement.members.some((member) => member.id === id)) return;
    throw new HashingError('unknown_id', `no member '${id}' on the ring`);
  }
}
