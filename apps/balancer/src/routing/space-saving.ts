// Owns the sketch that finds the most frequent keys of a stream in fixed memory: Space-Saving (Metwally, Agrawal, El Abbadi:
// Efficient Computation of Frequent and Top-k Elements in Data Streams, ICDT 2005) over 32-bit hashes, with counts that can be
// made to fade. Pure. What is fed to it, and what its numbers mean to people, is hot-keys.ts's.
//
// It has `capacity` counters. A key that has one is counted; any other takes over the smallest counter, count included, and
// the count that it took over is its error. So with n keys seen in all:
// - a count is never too low, and too high by at most the error of that key, which is never above n / capacity;
// - every key seen more than n / capacity times has a counter.
// Multiplying all counts, errors and n by one factor keeps both.
//
// Counters lie in a heap with the smallest on top, and are found by hash in an open table. Nothing is allocated per key.
//
// The heap is lazy: it is ordered by ranks, which are counts as they were when their counters were looked at last. So to count a known key
// is to find it and to add one. As counts only rise, a rank is never too high; whoever wants the smallest brings that of the top up to
// date until it is the count, and then no other count can be below. Each such step is paid for by a key that was counted before.

export interface SketchedKey {
  /** As int32. */
  readonly hash: number;
  readonly count: number;
  readonly error: number;
  readonly text: string | undefined;
}

/** Numbers of a place in the table, and which of them is the hash. */
const [PLACE, HASH] = [2, 1];

export class SpaceSaving {
  readonly #hashes: Int32Array;
  readonly #counts: Float64Array;
  /** What the heap goes by: at most the count. */
  readonly #ranks: Float64Array;
  readonly #errors: Float64Array;
  readonly #texts: (string | undefined)[];
  /** Counter by place in the heap. */
  readonly #heap: Int32Array;
  /** Counter + 1 by hash, linear probing; 0 = empty. Never more than half full. Beside it the hash, so that one look finds both. */
  readonly #table: Int32Array;
  /** Of places in the table, of which each has two numbers. */
  readonly #mask: number;
  #size = 0;
  #total = 0;

  constructor(readonly capacity: number) {
    this.#hashes = new Int32Array(capacity);
    this.#counts = new Float64Array(capacity);
    this.#ranks = new Float64Array(capacity);
    this.#errors = new Float64Array(capacity);
    this.#texts = new Array<string | undefined>(capacity).fill(undefined);
    this.#heap = new Int32Array(capacity);
    this.#table = new Int32Array(2 * 2 ** Math.ceil(Math.log2(2 * capacity)));
    this.#mask = this.#table.length - 1 - HASH;
  }

  /** Everything seen, faded as the counts are. */
  get total(): number {
    return this.#total;
  }

  /** Most that a key without a counter can have been seen. */
  get least(): number {
    return this.#size < this.capacity ? 0 : this.#counts[this.#smallest()];
  }

  /** So many that count in the total and are no keys of this stream. */
  pass(times: number): void {
    this.#total += times;
  }

  /** @returns the counter, for `name`; -1 when it has one already, with its name */
  add(hash: number): number {
    this.#total++;
    const known = this.#find(hash);
    if (known >= 0) {
      this.#counts[known]++;
      return -1;
    }
    const counter = this.#size < this.capacity ? this.#open() : this.#evict();
    this.#hashes[counter] = hash;
    this.#counts[counter]++;
    this.#link(counter);
    return counter;
  }

  /** Keeps what the key of this counter is called. */
  name(counter: number, text: string): void {
    this.#texts[counter] = text;
  }

  /** @param factor 0 to 1 */
  fade(factor: number): void {
    this.#total *= factor;
    for (let counter = 0; counter < this.#size; counter++) {
      this.#counts[counter] *= factor;
      this.#ranks[counter] *= factor;
      this.#errors[counter] *= factor;
    }
  }

  clear(): void {
    this.#size = this.#total = 0;
    this.#table.fill(0);
    this.#texts.fill(undefined);
  }

  /** In no order. */
  keys(): SketchedKey[] {
    return Array.from({ length: this.#size }, (_, counter) => ({
      hash: this.#hashes[counter],
      count: this.#counts[counter],
      error: this.#errors[counter],
      text: this.#texts[counter],
    }));
  }

  #open(): number {
    const counter = this.#size++;
    this.#counts[counter] = this.#ranks[counter] = this.#errors[counter] = 0;
    this.#heap[counter] = counter;
    // Nothing is smaller than nothing: it belongs on top.
    this.#rise(counter);
    return counter;
  }

  #evict(): number {
    const counter = this.#smallest();
    this.#unlink(this.#hashes[counter]);
    this.#errors[counter] = this.#counts[counter];
    this.#texts[counter] = undefined;
    return counter;
  }

  /** The counter with the lowest count, of which there is at least one. */
  #smallest(): number {
    for (;;) {
      const counter = this.#heap[0];
      if (this.#ranks[counter] === this.#counts[counter]) return counter;
      this.#ranks[counter] = this.#counts[counter];
      this.#sink();
    }
  }

  #rise(place: number): void {
    const counter = this.#heap[place];
    const rank = this.#ranks[counter];
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.#ranks[this.#heap[above]] <= rank) break;
      this.#heap[place] = this.#heap[above];
      place = above;
    }
    this.#heap[place] = counter;
  }

  /** The top, to where its rank belongs. */
  #sink(): void {
    const counter = this.#heap[0];
    const rank = this.#ranks[counter];
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.#size) break;
      if (below + 1 < this.#size && this.#ranks[this.#heap[below + 1]] < this.#ranks[this.#heap[below]]) below++;
      if (this.#ranks[this.#heap[below]] >= rank) break;
      this.#heap[place] = this.#heap[below];
      place = below;
    }
    this.#heap[place] = counter;
  }

  #find(hash: number): number {
    const table = this.#table;
    for (let place = this.#homeOf(hash); table[place] !== 0; place = (place + PLACE) & this.#mask)
      if (table[place + HASH] === hash) return table[place] - 1;
    return -1;
  }

  #link(counter: number): void {
    const hash = this.#hashes[counter];
    let place = this.#homeOf(hash);
    while (this.#table[place] !== 0) place = (place + PLACE) & this.#mask;
    this.#table[place] = counter + 1;
    this.#table[place + HASH] = hash;
  }

  /** Closes the gap behind it, so that nobody is lost who was put further on because of it. */
  #unlink(hash: number): void {
    const table = this.#table;
    let gap = this.#homeOf(hash);
    while (table[gap + HASH] !== hash || table[gap] === 0) gap = (gap + PLACE) & this.#mask;
    for (let place = (gap + PLACE) & this.#mask; table[place] !== 0; place = (place + PLACE) & this.#mask) {
      const home = this.#homeOf(table[place + HASH]);
      // From its home on, it is reached without the gap.
      if (((place - home) & this.#mask) < ((place - gap) & this.#mask)) continue;
      table[gap] = table[place];
      table[gap + HASH] = table[place + HASH];
      gap = place;
    }
    table[gap] = 0;
  }

  #homeOf(hash: number): number {
    return (hash << 1) & this.#mask;
  }
}
