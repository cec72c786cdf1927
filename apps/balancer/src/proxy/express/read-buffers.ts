// Owns the memory that replicas' answers are read into. A read and what is done with it happen at a stroke, so one buffer serves
// all connections of a lane, and an idle connection has none. Only a connection in the middle of a long answer has one of its own.
//
// Danger: the shared bytes are overwritten by the next read, of whichever connection, and node asks for the buffer of a read when
// the read before is over. So whoever keeps shared bytes copies them: to put another buffer in the place of one that was given
// away would come too late for all the connections that hold it already.

/** Bytes; what a socket has in store by default. */
const SIZE = 64 * 1024;
/** Bytes. A read and a write cost about as much as it does to move this many, so both are made for as many at a time. */
const LARGE = 256 * 1024;
/** Bytes of connections whose long answer is over. */
const MOST_SPARE = 16 * LARGE;

export class ReadBuffers {
  readonly shared = Buffer.allocUnsafeSlow(SIZE);
  readonly #spare: Buffer[] = [];
  readonly #spareLarge: Buffer[] = [];
  #spareBytes = 0;

  /** @param poisons overwrites what was read once it is dealt with, so that whoever kept it without a copy is found out */
  constructor(readonly poisons = false) {}

  /** A buffer that belongs to the caller. @param large for bytes that come fast, and leave as fast */
  take(large: boolean): Buffer {
    const bytes = (large ? this.#spareLarge : this.#spare).pop();
    if (!bytes) return Buffer.allocUnsafeSlow(large ? LARGE : SIZE);
    this.#spareBytes -= bytes.length;
    return bytes;
  }

  /** Nobody uses it any more. */
  giveBack(bytes: Buffer): void {
    if (this.#spareBytes + bytes.length > MOST_SPARE) return;
    this.#spareBytes += bytes.length;
    (bytes.length === LARGE ? this.#spareLarge : this.#spare).push(bytes);
  }

  /** What was read is dealt with. @param used bytes of it */
  dealtWith(bytes: Buffer, used: number): void {
    if (this.poisons && bytes === this.shared) bytes.fill(0xaa, 0, used);
  }
}
