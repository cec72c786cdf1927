// Owns the part of a routing table that members, weights and the pool's identity alone decide: placement, key chain and key
// hash. Instances come, go and change their state far more often, so it is taken over from the table before while it is the
// same. Which candidate gets a request is table.ts's.
import { buildPlacement, createSignedKeyHash, type Placement } from '@hashflow/hashing';
import { compileHashKey, type KeyChain } from './hash-key.js';
import type { Snapshot } from './link/messages.js';
import { placementOptions } from './ring-recipe.js';

export interface PlacedRing {
  /** Equal texts make equal rings. It holds the seed: never shown. */
  readonly text: string;
  readonly placement: Placement;
  readonly chain: KeyChain;
  /** 32 bits as int32: a uint32 from 2^31 up would be boxed with every request. */
  readonly hash: (key: string) => number;
}

/**
 * @param before of an earlier snapshot: given back where it is the same ring, since a table of many slots takes milliseconds
 * @throws HashingError, HashKeyError for a ring that makes no sense
 */
export function placeRing(
  snapshot: Pick<Snapshot, 'recipe' | 'seed' | 'hashKey' | 'members'>,
  before?: PlacedRing,
): PlacedRing {
  const { recipe, seed, hashKey, members } = snapshot;
  const text = JSON.stringify([recipe, seed, hashKey, members]);
  if (before?.text === text) return before;
  const set = members.map(({ name, weight }) => ({ id: name, weight }));
  return {
    text,
    placement: buildPlacement(recipe.algorithm, set, placementOptions(snapshot)),
    chain: compileHashKey(hashKey),
    hash: createSignedKeyHash(seed),
  };
}
