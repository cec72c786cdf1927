// Owns the options of a placement: their limits and defaults. Which of them an algorithm reads is the algorithm's.
import { HashingError } from './errors.js';

export type ClassicHash = 'readme' | 'assignment' | 'keyed';

export interface PlacementOptions {
  /** Secret of the key hash: 16 hex digits, the same on all balancers of a pool. It decides hash(key), never who owns a hash. */
  readonly seed: string;
  /** frt: slots of its table, a power of two from 4096 to 1048576 (65536). Changing it moves nearly every key. */
  readonly slots?: number;
  /** frt: nobody owns more than (1 + cap) of its fair share, 0 to 8; absent or Infinity: no limit, and no collateral. */
  readonly cap?: number;
  /** classic: slots of the ring, 1 to 65536 (512). */
  readonly M?: number;
  /** classic: virtual nodes per member, 1 to 1024 (9). */
  readonly K?: number;
  /** classic: which pair of hash functions ('readme'). */
  readonly classicHash?: ClassicHash;
  /** Whatever else balancers must share to send a key the same way, e.g. how the key is read from a request. Only the digest sees it. */
  readonly context?: string;
}

/** @throws HashingError bad_option when `value` is no integer from `low` to `high` */
export function integerOption(name: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new HashingError('bad_option', `${name} ${value}: it must be an integer from ${low} to ${high}`);
}
