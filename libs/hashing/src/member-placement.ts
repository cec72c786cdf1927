// Owns what all placements share: keys to hashes, names to indices, shares and the digest. Who owns a hash is each algorithm's.
import { placementDigest, type DigestInput } from './digest.js';
import { HashingError } from './errors.js';
import { createSignedKeyHash } from './half-siphash.js';
import { sharesOf, type KeySpace } from './key-space.js';
import type { PlacementOptions } from './options.js';
import type { Algorithm, Member, Placement, Share } from './placement.js';

export abstract class MemberPlacement implements Placement {
  abstract readonly keySpace: KeySpace;
  protected abstract readonly recipe: Pick<DigestInput, 'revision' | 'parameters'>;
  readonly #keyHash: (key: string) => number;
  #digest: string | undefined;

  constructor(
    readonly algorithm: Algorithm,
    readonly members: readonly Member[],
    private readonly options: PlacementOptions,
  ) {
    this.#keyHash = createSignedKeyHash(options.seed);
  }

  abstract lookupHash(hash: number): number;
  protected abstract fillOrder(hash: number, into: Uint16Array): void;

  /** @throws HashingError order_too_short when `into` does not hold all members */
  order(hash: number, into: Uint16Array): number {
    const count = this.members.length;
    if (into.length < count) throw new HashingError('order_too_short', `room for ${into.length} of ${count} members`);
    if (count > 0) this.fillOrder(hash, into);
    return count;
  }

  get slots(): number | null {
    return null;
  }

  slotOf(_hash: number): number | null {
    return null;
  }

  lookup(key: string): Member | undefined {
    return this.members[this.lookupHash(this.#keyHash(key))];
  }

  *successors(key: string): Iterable<Member> {
    const hash = this.#keyHash(key);
    const owner = this.lookupHash(hash);
    if (owner < 0) return;
    yield this.members[owner];
    // Most callers stop at the owner: the others are ranked only for who goes on.
    const order = new Uint16Array(this.members.length);
    this.order(hash, order);
    for (let rank = 1; rank < order.length; rank++) yield this.members[order[rank]];
  }

  shares(): ReadonlyMap<string, Share> {
    return sharesOf(this.members, this.keySpace);
  }

  get digest(): string {
    const { seed, context = '' } = this.options;
    return (this.#digest ??= placementDigest({
      ...this.recipe,
      seed,
      context,
      members: this.members,
      keySpace: this.keySpace,
    }));
  }
}
