// Owns how often each link of the key chain supplied a request's key: words in shared memory, so that counting is one
// atomic addition and no message. Which link it is, is hash-key.ts's; showing the counts is the control wing's.
import { MAX_LINKS, NO_LINK } from './hash-key.js';

const HEADER = 1;
const [LOW, HIGH] = [0, 1];
const CELL = 2;
/** One more than a chain can have: keys that no link supplied. */
const CELLS = MAX_LINKS + 1;

export class KeyCounts {
  readonly #words: Int32Array;
  readonly #workers: number;

  static create(workers: number): KeyCounts {
    const buffer = new SharedArrayBuffer((HEADER + workers * CELLS * CELL) * Int32Array.BYTES_PER_ELEMENT);
    new Int32Array(buffer)[0] = workers;
    return new KeyCounts(buffer);
  }

  /** Opens the counts that another thread created. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.#workers = this.#words[0];
  }

  /** Worker: a key was taken from this link of the chain, or from none (-1). Allocates nothing. */
  count(worker: number, link: number): void {
    const cell = this.#cell(worker, link);
    if (Atomics.add(this.#words, cell + LOW, 1) === -1) Atomics.add(this.#words, cell + HIGH, 1);
  }

  /** Per link, in the chain's order, and last the keys that no link supplied; exact beyond 2^32. @param links of the chain */
  totals(links: number): number[] {
    return [...Array.from({ length: links }, (_, link) => this.#sum(link)), this.#sum(NO_LINK)];
  }

  /** Main thread: another chain has come into force, its links are counted from zero. */
  reset(): void {
    for (let word = HEADER; word < this.#words.length; word++) Atomics.store(this.#words, word, 0);
  }

  #sum(link: number): number {
    let total = 0;
    for (let worker = 0; worker < this.#workers; worker++) {
      const cell = this.#cell(worker, link);
      total += Atomics.load(this.#words, cell + HIGH) * 2 ** 32 + (Atomics.load(this.#words, cell + LOW) >>> 0);
    }
    return total;
  }

  #cell(worker: number, link: number): number {
    return HEADER + (worker * CELLS + (link === NO_LINK ? MAX_LINKS : link)) * CELL;
  }
}
