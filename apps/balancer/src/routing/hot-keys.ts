// Owns which keys are hot: what of a lane's traffic goes into its sketch, how old traffic fades, and how the sketches of all
// lanes become one answer. Pure: time comes in as an argument. Whose keys they are is the ring's, the sketch space-saving.ts's.
import { SpaceSaving } from './space-saving.js';

/** Counters of a lane: a share is too high by at most 1 / 512, and no key above that share is missed. */
export const HOT_KEY_COUNTERS = 512;
/** Milliseconds after which a request counts half. */
export const HOT_KEY_HALF_LIFE = 60_000;
/** Characters of a key that are kept. */
export const MAX_KEY_TEXT = 128;

/** Most that an answer lists. */
export const MAX_HOT_KEYS = 100;

/** Requests that wait to be counted together. */
const FRESH = 256;

/** A key whose certain part of the traffic is below is left out: it may be no more frequent than many others. */
const LEAST_SHARE = 0.001;
/** Nobody is hot who came once. */
const LEAST_COUNT = 1.5;

/** Counts fade with age. */
export interface HotKeyCount {
  /** 32 bits, unsigned. */
  readonly hash: number;
  /** Never too low, and too high by at most `error`. */
  readonly count: number;
  readonly error: number;
  /** Its first characters, where keys may be shown. */
  readonly key?: string;
}

export interface HotKeySketch {
  /** Of all requests, those with a random key included. */
  readonly total: number;
  /** Most that a key which is not listed can have. */
  readonly least: number;
  /** Milliseconds that `total` stands for, weighted by their age like the requests in them. */
  readonly spanMs: number;
  readonly keys: readonly HotKeyCount[];
}

export interface HotKeyList {
  readonly total: number;
  readonly spanMs: number;
  /** The hottest first. */
  readonly keys: readonly HotKeyCount[];
}

/**
 * One lane's. A request only leaves its hash: the sketch lies in memory that is cold by the time of the next one, and to count many at
 * once costs each a tenth. Whoever wants to see the sketch has all counted before.
 */
export class HotKeys {
  readonly #sketch = new SpaceSaving(HOT_KEY_COUNTERS);
  readonly #fresh = new Int32Array(FRESH);
  #waiting = 0;
  /** Requests with a random key, not counted yet. */
  #drawn = 0;
  #fadedAt: number;
  /** Of the time until then. */
  #spanMs = 0;

  /** @param showKeys keep their texts, too */
  constructor(
    private readonly showKeys: boolean,
    now: number,
  ) {
    this.#fadedAt = now;
  }

  /** A request. @param random its key was drawn: it cannot be hot */
  count(hash: number, key: string, random: boolean): void {
    if (random) this.#drawn++;
    else if (this.showKeys) this.#countNamed(hash, key);
    else {
      this.#fresh[this.#waiting++] = hash;
      if (this.#waiting === FRESH) this.#settle();
    }
  }

  /** To be called now and then; traffic counts less the older it is. @param now monotonic milliseconds */
  fade(now: number): void {
    this.#settle();
    const factor = 0.5 ** ((now - this.#fadedAt) / HOT_KEY_HALF_LIFE);
    this.#sketch.fade(factor);
    // A steady traffic's time fills up to half-life / ln 2, as its counts do.
    this.#spanMs = this.#spanMs * factor + ((1 - factor) * HOT_KEY_HALF_LIFE) / Math.LN2;
    this.#fadedAt = now;
  }

  /** Keys are taken from elsewhere now: nothing that was counted means anything any more. */
  clear(): void {
    this.#waiting = this.#drawn = 0;
    this.#sketch.clear();
    this.#spanMs = 0;
  }

  sketch(now: number): HotKeySketch {
    this.fade(now);
    const { total, least } = this.#sketch;
    const keys = this.#sketch.keys().map(({ hash, count, error, text }) => ({
      hash: hash >>> 0,
      count,
      error,
      ...(text !== undefined && { key: text }),
    }));
    return { total, least, spanMs: this.#spanMs, keys };
  }

  #countNamed(hash: number, key: string): void {
    const counter = this.#sketch.add(hash);
    if (counter >= 0) this.#sketch.name(counter, copyOf(key));
  }

  #settle(): void {
    for (let index = 0; index < this.#waiting; index++) this.#sketch.add(this.#fresh[index]);
    this.#sketch.pass(this.#drawn);
    this.#waiting = this.#drawn = 0;
  }
}

/**
 * Lanes see different requests of the same key: counts add up, and so do errors. Where a lane does not list a key, it may have seen
 * it as often as its least frequent one (Agarwal et al.: Mergeable Summaries, PODS 2012).
 */
export function mergeHotKeys(sketches: readonly HotKeySketch[], limit: number): HotKeyList {
  const total = sketches.reduce((sum, sketch) => sum + sketch.total, 0);
  const unseen = sketches.reduce((sum, { least }) => sum + least, 0);
  const merged = new Map<number, { hash: number; count: number; error: number; key?: string }>();
  for (const { least, keys } of sketches) {
    for (const { hash, count, error, key } of keys) {
      const one = merged.get(hash) ?? { hash, count: unseen, error: unseen };
      merged.set(hash, one);
      one.count += count - least;
      one.error += error - least;
      if (key !== undefined) one.key = key;
    }
  }
  const floor = Math.max(LEAST_COUNT, total * LEAST_SHARE);
  const keys = [...merged.values()]
    .filter(({ count, error }) => count - error >= floor)
    .sort((a, b) => b.count - b.error - (a.count - a.error) || a.hash - b.hash)
    .slice(0, limit);
  // A lane that was replaced knows less time than the others, whose it is too.
  return { total, spanMs: Math.max(0, ...sketches.map(({ spanMs }) => spanMs)), keys };
}

/** Bounded, and not a part of a longer text that would be held in memory with it. */
function copyOf(key: string): string {
  return Buffer.from(key.slice(0, MAX_KEY_TEXT)).toString();
}
