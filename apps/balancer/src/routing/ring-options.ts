// Owns what a ring's digest covers: besides members, weights and algorithm also the fingerprint of the seed and the key
// chain, so that two balancers with equal digests send every request to the same replica. Both wings build with these.
import type { PlacementOptions } from '@hashflow/hashing';
import { compileHashKey } from './hash-key.js';

/** @param seed 16 hex digits @throws HashKeyError when the chain is none */
export function ringOptions(seed: string, hashKey: string): PlacementOptions {
  return { seed, context: compileHashKey(hashKey).text };
}
