// Owns the memory that a lane shares with the main thread for lines of its access log: a ring with one writer, the lane, and one
// reader. Neither waits for the other: with no room a line is dropped and counted, and what a lane has written survives it. Both
// ends are the same build. What is in a line is line-format.ts's.

/**
 * Bytes of lines that may wait: some six thousand of a browser's requests, a tenth of a second of a lane that does its utmost. Where the
 * main thread has to share a core, it may come that late.
 */
export const RING_SIZE = 4 * 1024 * 1024;

/**
 * Words in front of the ring. Written and read are positions, which count bytes since the beginning, by 2^32; what lies between them is
 * unread. A line lies in one piece, so lines end before the ring does: `ENDED` is the position where they did last.
 */
const [WRITTEN, READ, DROPPED, ENDED] = [0, 1, 2, 3];
const HEADER = 64;

export class AccessRing {
  /** Where lines lie. */
  readonly bytes: Buffer;
  readonly #header: Int32Array;
  readonly #size: number;
  /** The lane's: bytes at the end of the ring that the line begun leaves out. */
  #skipped = 0;
  /** The main thread's: position behind what it reads, and whether there is more at the begin of the ring. */
  #upTo = 0;
  #goesOn = false;

  /** @param size in bytes, a power of two */
  static create(size = RING_SIZE): AccessRing {
    return new AccessRing(new SharedArrayBuffer(HEADER + size));
  }

  /** Opens the ring that another thread created. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.#size = buffer.byteLength - HEADER;
    this.#header = new Int32Array(buffer, 0, HEADER / 4);
    this.bytes = Buffer.from(buffer, HEADER);
  }

  // The lane

  /** Room for one line, to `commit` once it is written. @returns where it begins; -1: there is none, and a line is counted as dropped */
  reserve(room: number): number {
    const header = this.#header;
    const size = this.#size;
    // Its own word: nobody else writes it.
    const written = header[WRITTEN];
    const unread = (written - Atomics.load(header, READ)) >>> 0;
    const at = written & (size - 1);
    const skipped = at + room > size ? size - at : 0;
    if (size - unread < skipped + room) {
      Atomics.add(header, DROPPED, 1);
      return -1;
    }
    this.#skipped = skipped;
    return skipped > 0 ? 0 : at;
  }

  /** @param length of the line in bytes, at most what was reserved */
  commit(length: number): void {
    const header = this.#header;
    const written = header[WRITTEN];
    const next = (written + this.#skipped + length) | 0;
    if (this.#skipped > 0) header[ENDED] = written;
    else if ((next & (this.#size - 1)) === 0) header[ENDED] = next;
    // Behind all that was written: who sees the count sees the line.
    Atomics.store(header, WRITTEN, next);
  }

  // The main thread

  /** Dropped since the beginning, by 2^32. */
  get dropped(): number {
    return Atomics.load(this.#header, DROPPED);
  }

  /** Whole lines, as many as lie in one piece: not written over before they are released. Empty: there are none. */
  unread(): Buffer {
    const header = this.#header;
    const size = this.#size;
    const written = Atomics.load(header, WRITTEN);
    let position = header[READ];
    let length = (written - position) >>> 0;
    let at = position & (size - 1);
    if (length >= size - at) {
      // The lane has come to the end of the ring, and cannot do so again before it is read up to there.
      const before = (header[ENDED] - position) >>> 0;
      const behind = length - (size - at);
      if (before === 0) position = (position + size - at) | 0;
      this.#goesOn = before > 0 && behind > 0;
      [at, length] = before === 0 ? [0, behind] : [at, before];
    } else this.#goesOn = false;
    this.#upTo = (position + length) | 0;
    return this.bytes.subarray(at, at + length);
  }

  /** What was unread when it was looked at last did not lie in one piece: there is more. */
  get goesOn(): boolean {
    return this.#goesOn;
  }

  /** What was unread when it was looked at last may be written over. */
  release(): void {
    Atomics.store(this.#header, READ, this.#upTo);
  }
}
