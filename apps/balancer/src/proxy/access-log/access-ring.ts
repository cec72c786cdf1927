// Owns the memory that a lane shares with the main thread for records of its access log: a ring with one writer, the lane, and one
// reader. Neither waits for the other: with no room a record is dropped and counted, and what a lane has written survives it. Both
// ends are the same build. What a record holds is access-record.ts's.
import type { AccessEntry } from './access-entry.js';
import { type AccessRecord, ALIGNMENT, readRecord, type RecordMemory, roomFor, writeRecord } from './access-record.js';

/**
 * Bytes of records that may wait: some five thousand of a browser's requests, a tenth of a second of a lane that does its utmost. Where the
 * main thread has to share a core, it may come that late.
 */
export const RING_SIZE = 2 * 1024 * 1024;

/** Words in front of the ring. Written and read count bytes since the beginning, by 2^32; what lies between them is unread. */
const [WRITTEN, READ, DROPPED] = [0, 1, 2];
const HEADER = 64;
/** In the place of a record's size: the next one is at the ring's begin. */
const WRAPPED = -1;

export class AccessRing {
  readonly #header: Int32Array;
  readonly #memory: RecordMemory;
  readonly #size: number;

  /** @param size in bytes, a power of two */
  static create(size = RING_SIZE): AccessRing {
    return new AccessRing(new SharedArrayBuffer(HEADER + size));
  }

  /** Opens the ring that another thread created. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.#size = buffer.byteLength - HEADER;
    this.#header = new Int32Array(buffer, 0, HEADER / 4);
    this.#memory = {
      bytes: Buffer.from(buffer, HEADER),
      shorts: new Uint16Array(buffer, HEADER),
      words: new Int32Array(buffer, HEADER),
      numbers: new Float64Array(buffer, HEADER),
    };
  }

  // The lane

  /** @param time see AccessRecord, as `ended` @returns bytes that it took; 0: there was no room, and it is counted as dropped */
  write(entry: AccessEntry, time: number, ended: number): number {
    const header = this.#header;
    const size = this.#size;
    // Its own word: nobody else writes it.
    const written = header[WRITTEN];
    const unread = (written - Atomics.load(header, READ)) >>> 0;
    const free = size - unread;
    const room = roomFor(entry);
    let at = written & (size - 1);
    // A record lies in one piece.
    const skipped = at + room > size ? size - at : 0;
    if (free < skipped + room) {
      Atomics.add(header, DROPPED, 1);
      return 0;
    }
    if (skipped > 0) {
      this.#memory.words[at >> 2] = WRAPPED;
      at = 0;
    }
    const took = writeRecord(this.#memory, at, entry, time, ended);
    // Behind all that was written: who sees the count sees the record.
    Atomics.store(header, WRITTEN, (written + skipped + took) | 0);
    return took;
  }

  // The main thread

  /** Nothing is unread. */
  get empty(): boolean {
    return this.#header[READ] === Atomics.load(this.#header, WRITTEN);
  }

  /** Dropped since the beginning, by 2^32. */
  get dropped(): number {
    return Atomics.load(this.#header, DROPPED);
  }

  /**
   * Reads records in their order until there is none, or `take` says that it has enough.
   * @returns the position behind the last, for `release`
   */
  read(take: (record: AccessRecord) => boolean): number {
    const written = Atomics.load(this.#header, WRITTEN);
    let position = this.#header[READ];
    while (position !== written) {
      const at = position & (this.#size - 1);
      const size = this.#memory.words[at >> 2];
      if (size === WRAPPED) {
        position = (position + this.#size - at) | 0;
        continue;
      }
      const more = take(readRecord(this.#memory, at));
      position = (position + size) | 0;
      if (!more) break;
    }
    return position;
  }

  /** All up to there may be overwritten. It is wiped first: targets hold secrets that no line does. */
  release(position: number): void {
    // By numbers, on which records are aligned: shared memory is filled one element after the other.
    const { numbers } = this.#memory;
    const begin = (this.#header[READ] & (this.#size - 1)) / ALIGNMENT;
    const length = ((position - this.#header[READ]) >>> 0) / ALIGNMENT;
    const upToEnd = Math.min(length, numbers.length - begin);
    numbers.fill(0, begin, begin + upToEnd);
    numbers.fill(0, 0, length - upToEnd);
    Atomics.store(this.#header, READ, position);
  }
}
