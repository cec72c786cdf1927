// Owns how often each link of the key chain supplied a request's key: numbers in shared memory, so that counting is one
// addition and no message. Which link it is, is hash-key.ts's; showing the counts is the control wing's.
//
// Each worker writes numbers of its own, which only rise: so nothing here is atomic. 64-bit floats are exact up to 2^53.
import { MAX_LINKS, NO_LINK } from './hash-key.js';

/** One more than a chain can have: keys that no link supplied. */
const CELLS = MAX_LINKS + 1;
/** Numbers in a line of the cache. */
const LINE = 8;
/** No two workers write to the same line. */
const BLOCK = Math.ceil(CELLS / LINE) * LINE;

export class KeyCounts {
  readonly #cells: Float64Array;
  /** What stood there when the chain in force came. */
  #before: Float64Array;

  static create(workers: number): KeyCounts {
    return new KeyCounts(new SharedArrayBuffer(workers * BLOCK * Float64Array.BYTES_PER_ELEMENT));
  }

  /** Opens the counts that another thread created. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.#cells = new Float64Array(buffer);
    this.#before = new Float64Array(this.#cells.length);
  }

  /** Worker: a key was taken from this link of the chain, or from none (-1). Allocates nothing. */
  count(worker: number, link: number): void {
    this.#cells[worker * BLOCK + (link === NO_LINK ? MAX_LINKS : link)]++;
  }

  /** Per link, in the chain's order, and last the keys that no link supplied. @param links of the chain */
  totals(links: number): number[] {
    return [...Array.from({ length: links }, (_, link) => this.#sum(link)), this.#sum(MAX_LINKS)];
  }

  /** Main thread, which alone asks for totals: another chain has come into force, its links are counted from zero. */
  reset(): void {
    this.#before = this.#cells.slice();
  }

  #sum(cell: number): number {
    let total = 0;
    for (let at = cell; at < this.#cells.length; at += BLOCK) total += this.#cells[at] - this.#before[at];
    return total;
  }
}
