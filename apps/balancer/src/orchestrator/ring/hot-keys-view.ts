// Owns hot keys as operators see them: counts become shares and rates, and each key gets its owner. Pure. The counts are
// routing/hot-keys.ts's.
import type { Placement } from '@hashflow/hashing';
import { HOT_KEY_COUNTERS, HOT_KEY_HALF_LIFE, type HotKeyList } from '../../routing/hot-keys.js';

export interface HotKeyView {
  /** 32 bits, unsigned; as /api/route shows it. */
  readonly hash: number;
  /** Its first 128 characters; null unless SHOW_KEYS is on. */
  readonly key: string | null;
  /** Part of all requests, 0 to 1; too high by at most `error`, never too low. */
  readonly share: number;
  readonly error: number;
  /** Requests per second, as an average over the last minutes. */
  readonly perSecond: number;
  /** Who owns it on the ring; null: the ring is empty. */
  readonly replica: string | null;
}

export interface HotKeysView {
  /** Milliseconds after which a request counts half. */
  readonly halfLifeMs: number;
  /** Keys with a larger share than this are never missed. */
  readonly precision: number;
  /** Requests per second, all keys together. */
  readonly perSecond: number;
  /** The hottest first. */
  readonly keys: readonly HotKeyView[];
}

export function hotKeysView({ total, spanMs, keys }: HotKeyList, placement: Placement): HotKeysView {
  return {
    halfLifeMs: HOT_KEY_HALF_LIFE,
    precision: 1 / HOT_KEY_COUNTERS,
    perSecond: perSecond(total, spanMs),
    keys: keys.map(({ hash, count, error, key = null }) => ({
      hash,
      key,
      share: total > 0 ? Math.min(1, count / total) : 0,
      error: total > 0 ? error / total : 0,
      perSecond: perSecond(count, spanMs),
      replica: placement.members[placement.lookupHash(hash | 0)]?.id ?? null,
    })),
  };
}

/** Of less time than a second nothing can be said. */
function perSecond(count: number, spanMs: number): number {
  return (count * 1000) / Math.max(spanMs, 1000);
}
