// Owns the ring's late birth. Seed and algorithm are part of the pool's identity, which is read at the start, after the
// injector has made everything; until then there is a ring to inject, but nothing on it. Placing is libs/hashing's.
import {
  buildPlacement,
  createHashRing,
  HashingError,
  HashRing,
  type LoadView,
  type Member,
  type Pick,
  type Placement,
  type PlacementDiff,
} from '@hashflow/hashing';
import { Injectable } from '@nestjs/common';
import { placementOptions, type Ring } from '../../routing/ring-recipe.js';
import { PoolError } from '../pool-error.js';

/** The members of a pool as its ring knows them. */
export function toRingMembers(members: readonly { readonly name: string; readonly weight: number }[]): Member[] {
  return members.map(({ name, weight }) => ({ id: name, weight }));
}

@Injectable()
export class PoolRing extends HashRing {
  private ring: HashRing | undefined;
  private place: (members: readonly Member[]) => Placement = () => this.opened().current();

  /** @throws HashingError, HashKeyError when the identity or the key chain is none */
  open(ring: Ring): void {
    const { algorithm } = ring.recipe;
    const options = placementOptions(ring);
    this.ring = createHashRing(algorithm, options);
    this.place = (members) => buildPlacement(algorithm, members, options);
  }

  /** The placement that these members would have; changes nothing. @throws PoolError unplaceable when the algorithm cannot take them */
  build(members: readonly Member[]): Placement {
    try {
      return this.place(members);
    } catch (error) {
      if (!(error instanceof HashingError)) throw error;
      throw new PoolError('unplaceable', `The ring cannot take these replicas: ${error.message}`, {}, { cause: error });
    }
  }

  current(): Placement {
    return this.opened().current();
  }
  add(member: Member): PlacementDiff {
    return this.opened().add(member);
  }
  remove(id: string): PlacementDiff {
    return this.opened().remove(id);
  }
  setWeight(id: string, weight: number): PlacementDiff {
    return this.opened().setWeight(id, weight);
  }
  replace(all: readonly Member[]): PlacementDiff {
    return this.opened().replace(all);
  }
  preview(all: readonly Member[]): PlacementDiff {
    return this.opened().preview(all);
  }
  diff(before: Placement, after: Placement): PlacementDiff {
    return this.opened().diff(before, after);
  }
  pick(key: string, eligible: (member: Member) => boolean, load?: LoadView): Pick | undefined {
    return this.opened().pick(key, eligible, load);
  }

  private opened(): HashRing {
    if (!this.ring) throw new Error('the ring is not known before the pool has started');
    return this.ring;
  }
}
