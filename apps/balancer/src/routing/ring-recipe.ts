// Owns what makes two balancers build the same ring from the same members: algorithm and options, seed, key chain. Part of a
// pool's identity, carried by each snapshot; both wings build with it.
import type { Algorithm, ClassicHash, PlacementOptions } from '@hashflow/hashing';
import type { Settings } from '../config/config.module.js';
import { compileHashKey } from './hash-key.js';

/** Plain values, fixed when the pool is created. What an algorithm does not read is kept all the same. */
export interface RingRecipe {
  readonly algorithm: Algorithm;
  /** HASH_SLOTS; frt. */
  readonly slots: number;
  /** FRT_CAP; null = no limit. */
  readonly frtCap: number | null;
  /** M, K and CLASSIC_HASH; classic. */
  readonly classicSlots: number;
  readonly classicVirtualNodes: number;
  readonly classicHash: ClassicHash;
}

export interface Ring {
  readonly recipe: RingRecipe;
  /** 16 hex digits. */
  readonly seed: string;
  /** The key chain, as in HASH_KEY. */
  readonly hashKey: string;
}

/** What the settings ask for; what a pool that exists already was made with wins. */
export function recipeOf(settings: Settings): RingRecipe {
  return {
    algorithm: settings.hashAlgorithm,
    slots: settings.hashSlots,
    frtCap: settings.frtCap ?? null,
    classicSlots: settings.classicSlots,
    classicVirtualNodes: settings.classicVirtualNodes,
    classicHash: settings.classicHash,
  };
}

/** The digest covers the chain too: balancers with equal digests send every request to the same replica. @throws HashKeyError when the chain is none */
export function placementOptions({ recipe, seed, hashKey }: Ring): PlacementOptions {
  return {
    seed,
    slots: recipe.slots,
    cap: recipe.frtCap ?? undefined,
    M: recipe.classicSlots,
    K: recipe.classicVirtualNodes,
    classicHash: recipe.classicHash,
    context: compileHashKey(hashKey).text,
  };
}
