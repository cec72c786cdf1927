// Owns the contract of every algorithm: an immutable placement of keys on members. Building one is each algorithm's.

/** A member of the ring. `id` is the stable name, never the position in a list; 0.000001 <= weight <= 1000. */
export interface Member {
  readonly id: string;
  readonly weight: number;
}

export type Algorithm = 'hrw' | 'frt' | 'ketama' | 'maglev' | 'classic';

/** Part of the key space (0 to 1) that a member owns, beside the part its weight entitles it to. */
export interface Share {
  readonly share: number;
  readonly fair: number;
}

/**
 * An immutable map from key hashes to members: a pure function of (algorithm, options, set of members), whatever order
 * they were given in. It never changes with health: callers skip who is not eligible, in the key's own order.
 */
export interface Placement {
  readonly algorithm: Algorithm;
  /** SHA-256 (hex) over algorithm, options, ids, weights and the table or ring: equal digests place every key alike. */
  readonly digest: string;
  /** Slots of the table behind the lookup; null where there is none: hrw, ketama, or no members. */
  readonly slots: number | null;
  /** Sorted by id (UTF-16 code unit order); indices below refer to this array. */
  readonly members: readonly Member[];
  /** Hot path: index of the owner of a 32-bit key hash, -1 when there are no members. No allocation. */
  lookupHash(hash: number): number;
  /** Fills `into` with all member indices in the key's own order, owner first. @returns how many (= members.length). No allocation. @throws HashingError order_too_short */
  order(hash: number, into: Uint16Array): number;
  /** The slot that a key hash falls into, for people to read; null where `slots` is. */
  slotOf(hash: number): number | null;
  /** The owner of a key under the placement's key hash; undefined when there are no members. */
  lookup(key: string): Member | undefined;
  /** Owner first, every member once. */
  successors(key: string): Iterable<Member>;
  shares(): ReadonlyMap<string, Share>;
}
