// Owns the memory that large bodies are kept in on their way to a replica: blocks that go round, because fresh memory for each would
// be garbage by the megabyte. A block has room in front of the body for the head that it leaves with.

/** Bytes of a head that fits in front. */
export const HEADROOM = 2 * 1024;
/** What is kept of a body by default, in one block. */
const SIZE = HEADROOM + 64 * 1024;
/** Blocks that wait to be taken. */
const MOST_SPARE = 64;

export class BodyBlocks {
  readonly #spare: Buffer[] = [];

  /** @param poisons overwrites what is given back, so that whoever still sends it is found out */
  constructor(private readonly poisons = false) {}

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(SIZE);
  }

  /** Nobody reads from it any more. */
  giveBack(block: Buffer): void {
    if (this.poisons) block.fill(0xaa);
    if (this.#spare.length < MOST_SPARE) this.#spare.push(block);
  }
}
