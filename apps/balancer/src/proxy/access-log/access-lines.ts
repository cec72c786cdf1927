// Owns what becomes of the lines of one lane, on the main thread of the data process: they are written from where they lie, in batches, one at
// a time. What is not written yet stays in the lane's ring, which bounds it. Writing is access-log-file.ts's.
import { AccessRing } from './access-ring.js';

export interface AccessBatch {
  /** Whole lines, in UTF-8. Another thread's memory once the batch is dealt with. */
  readonly bytes: Uint8Array;
  /** Lines before these that had no room. */
  readonly dropped: number;
}

/** Writes a batch, and calls `done` once it is dealt with. */
export type WriteAccess = (batch: AccessBatch, done: () => void) => void;

export class AccessLines {
  readonly #ring: AccessRing;
  #dropped = 0;
  #busy = false;
  #again = false;

  constructor(
    ring: SharedArrayBuffer,
    private readonly write: WriteAccess,
  ) {
    this.#ring = new AccessRing(ring);
  }

  /** There may be lines. */
  look(): void {
    // Those that have come meanwhile wait until they are many, or old: the lane says so.
    if (this.#busy) this.#again = true;
    else this.#writeUnread();
  }

  #writeUnread(): void {
    const bytes = this.#ring.unread();
    this.#again = this.#ring.goesOn;
    if (bytes.length === 0) return;
    this.#busy = true;
    const { dropped } = this.#ring;
    const batch = { bytes, dropped: (dropped - this.#dropped) >>> 0 };
    this.#dropped = dropped;
    this.write(batch, () => {
      this.#busy = false;
      this.#ring.release();
      if (this.#again) this.#writeUnread();
    });
  }
}
