// Owns the memory that all connections to replicas of a lane are read into. A read and what is done with it happen at a stroke,
// so one buffer serves them all, and an idle connection has none.
//
// Danger: the bytes are overwritten by the next read, of whichever connection. Who keeps them longer copies them; who hands them
// to a socket that cannot send them at once must ask for `renew`, and leaves them to that socket.

/** Bytes; what a socket has in store by default. */
const SIZE = 64 * 1024;

export class ReadBuffer {
  #bytes = Buffer.allocUnsafeSlow(SIZE);

  /** @param poison overwrites what was read once it is dealt with, so that whoever kept it without a copy is found out */
  constructor(private readonly poison = false) {}

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** The bytes belong to somebody else now. */
  renew(): void {
    this.#bytes = Buffer.allocUnsafeSlow(SIZE);
  }

  /** What was read is dealt with. @param used bytes of it */
  dealtWith(bytes: Buffer, used: number): void {
    if (this.poison && bytes === this.#bytes) bytes.fill(0xaa, 0, used);
  }
}
