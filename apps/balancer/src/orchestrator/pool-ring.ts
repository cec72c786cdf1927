// Owns the ring's late birth. Seed and algorithm are part of the pool's identity, which is read at the start, after the
// injector has made everything; until then there is a ring to inject, but nothing on it. Placing is libs/hashing's.
import {
  type Algorithm,
  createHashRing,
  HashRing,
  type LoadView,
  type Member,
  type Pick,
  type Placement,
  type PlacementDiff,
} from '@hashflow/hashing';
import { Injectable } from '@nestjs/common';
import { ringOptions } from '../routing/ring-options.js';

@Injectable()
export class PoolRing extends HashRing {
  private ring: HashRing | undefined;

  /** @throws HashingError, HashKeyError when the identity or the key chain is none */
  open(algorithm: Algorithm, seed: string, hashKey: string): void {
    this.ring = createHashRing(algorithm, ringOptions(seed, hashKey));
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
