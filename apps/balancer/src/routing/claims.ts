// Owns the table of claims in shared memory: which instance may take a request, how many it carries, and how they ended, seen
// alike by all worker threads. Which row belongs to which instance is claim-rows.ts's; whom to claim for a request is table.ts's.
//
// The protocol, and why it is safe (all accesses are sequentially consistent atomics):
//
//     worker: claim                          main thread: drain
//     1. in-flight word + 1                  A. state word := draining
//     2. read the state word                 B. read the in-flight words
//     3. not ready any more? in-flight - 1,
//        the claim is refused
//
// Either 1 comes before B, then B counts the request and waits for it; or B comes before 1, then A comes before 2 and the
// worker backs out. A worker that was blocked for seconds between choosing and claiming is refused like any other, so
// nobody has to wait for it. Telling the workers by message instead leaves a gap in which a request is claimed after
// "zero in flight" was seen.
//
// Each worker writes counters in a block of its own, so that the block of a dead worker can be zeroed whole.
import type { InstanceState, OutcomeCounts } from './link/messages.js';

/** A row and the tenancy of it. A row goes to another instance only with a higher generation. */
export interface RowRef {
  readonly row: number;
  readonly generation: number;
}

/** How much an instance may carry at a time; 0 = any amount. */
export interface ClaimLimits {
  /** Requests of all workers together. */
  readonly inFlight: number;
  /** Requests and tunnels of the worker that claims: each has a connection to itself. */
  readonly connections: number;
}

export const NO_LIMITS: ClaimLimits = { inFlight: 0, connections: 0 };

const STATES: readonly (InstanceState | 'free')[] = ['free', 'unready', 'ready', 'draining'];
const READY = STATES.indexOf('ready');

const HEADER = 2;
const [WORKERS, ROWS] = [0, 1];
const CELL = 9;
const [IN_FLIGHT, TUNNELS, REQUESTS_LOW, REQUESTS_HIGH] = [0, 1, 2, 3];
/** Behind them, how tries ended. These wrap around at 2^32: whoever reads them looks at what came since the last look. */
const ENDS: Readonly<Record<keyof OutcomeCounts, number>> = {
  answered: 4,
  serverErrors: 5,
  refused: 6,
  reset: 7,
  timedOut: 8,
};

/** Generation and state in one word, so that one read tells both. 29 bits of generations, then they wrap around. */
const pack = (generation: number, state: number) => (generation << 2) | state;

export class ClaimTable {
  readonly #words: Int32Array;
  readonly workers: number;
  readonly rows: number;

  /** Rows are for instances, draining ones included: four times the largest pool. */
  static create(workers: number, rows = 4096): ClaimTable {
    const buffer = new SharedArrayBuffer((HEADER + rows + workers * rows * CELL) * Int32Array.BYTES_PER_ELEMENT);
    const words = new Int32Array(buffer);
    words[WORKERS] = workers;
    words[ROWS] = rows;
    return new ClaimTable(buffer);
  }

  /** Opens the table that another thread created. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    this.workers = this.#words[WORKERS];
    this.rows = this.#words[ROWS];
  }

  /**
   * Worker: takes the instance for one request; false when it takes no new one (any more), or is at a limit: `isReady` tells
   * which. Every true needs one `release`.
   *
   * No limit is ever exceeded: whoever added last sees all that were granted before. Two workers that reach for the last
   * place at the same moment may both be refused.
   */
  claim(worker: number, ref: RowRef, limits: ClaimLimits = NO_LIMITS): boolean {
    const { row } = ref;
    const cell = this.#cell(worker, row);
    Atomics.add(this.#words, cell + IN_FLIGHT, 1);
    if (!this.confirm(ref) || !this.#fits(worker, row, limits, 0)) {
      Atomics.sub(this.#words, cell + IN_FLIGHT, 1);
      return false;
    }
    if (Atomics.add(this.#words, cell + REQUESTS_LOW, 1) === -1) Atomics.add(this.#words, cell + REQUESTS_HIGH, 1);
    return true;
  }

  /** Worker: the request is over. Of an older tenancy of the row, or once too often: nothing happens. */
  release(worker: number, ref: RowRef): void {
    this.#decrement(worker, ref, IN_FLIGHT);
  }

  /** Worker: the claimed request became a tunnel, which drains do not wait for. Ended by `closeTunnel` instead of `release`. */
  openTunnel(worker: number, ref: RowRef): void {
    // The tunnel first: a row must never look empty in between.
    Atomics.add(this.#words, this.#cell(worker, ref.row) + TUNNELS, 1);
    this.release(worker, ref);
  }

  closeTunnel(worker: number, ref: RowRef): void {
    this.#decrement(worker, ref, TUNNELS);
  }

  /** Worker: how a try on the instance ended. @returns false: it is of an older tenancy of the row, and nothing happens */
  count(worker: number, ref: RowRef, end: keyof OutcomeCounts): boolean {
    if (!this.isTenant(ref)) return false;
    Atomics.add(this.#words, this.#cell(worker, ref.row) + ENDS[end], 1);
    return true;
  }

  /** Worker: one request more would be within the limits. Promises nothing: a claim may still be refused. */
  hasRoom(worker: number, { row }: RowRef, limits: ClaimLimits): boolean {
    return this.#fits(worker, row, limits, 1);
  }

  /** The instance still holds the row. */
  isTenant({ row, generation }: RowRef): boolean {
    return Atomics.load(this.#words, HEADER + row) >>> 2 === generation;
  }

  /** The instance still holds the row and takes requests. */
  isReady({ row, generation }: RowRef): boolean {
    return Atomics.load(this.#words, HEADER + row) === pack(generation, READY);
  }

  inFlight(row: number): number {
    return this.#sum(row, IN_FLIGHT);
  }

  tunnels(row: number): number {
    return this.#sum(row, TUNNELS);
  }

  /** Claims of this tenancy that were granted; exact beyond 2^32. */
  requests(row: number): number {
    let total = 0;
    for (let worker = 0; worker < this.workers; worker++) {
      const cell = this.#cell(worker, row);
      const high = Atomics.load(this.#words, cell + REQUESTS_HIGH);
      total += high * 2 ** 32 + (Atomics.load(this.#words, cell + REQUESTS_LOW) >>> 0);
    }
    return total;
  }

  /** How tries of this tenancy ended. */
  outcomes(row: number): OutcomeCounts {
    const total = (end: keyof OutcomeCounts) => this.#sum(row, ENDS[end]) >>> 0;
    return {
      answered: total('answered'),
      serverErrors: total('serverErrors'),
      refused: total('refused'),
      reset: total('reset'),
      timedOut: total('timedOut'),
    };
  }

  /** Main thread only. Ignored when the row has another tenant by now. */
  setState({ row, generation }: RowRef, state: InstanceState): void {
    const word = Atomics.load(this.#words, HEADER + row);
    if (word >>> 2 === generation) Atomics.store(this.#words, HEADER + row, pack(generation, STATES.indexOf(state)));
  }

  /** Main thread only: gives an empty row to a new tenant, who takes no requests yet. */
  assign(row: number): RowRef {
    const before = Atomics.load(this.#words, HEADER + row) >>> 2;
    const generation = before === 2 ** 29 - 1 ? 1 : before + 1;
    for (let worker = 0; worker < this.workers; worker++) {
      // All but what is in flight, which is zero: a row changes hands only then.
      const cell = this.#cell(worker, row);
      for (let counter = REQUESTS_LOW; counter < CELL; counter++) Atomics.store(this.#words, cell + counter, 0);
    }
    Atomics.store(this.#words, HEADER + row, pack(generation, STATES.indexOf('unready')));
    return { row, generation };
  }

  /** Main thread only, once the worker has ended: what it carried is gone with it. What it counted stays. */
  clearWorker(worker: number): void {
    for (let row = 0; row < this.rows; row++) {
      Atomics.store(this.#words, this.#cell(worker, row) + IN_FLIGHT, 0);
      Atomics.store(this.#words, this.#cell(worker, row) + TUNNELS, 0);
    }
  }

  /** Step 2 of a claim; by itself, so that a test can leave it out and watch requests fall into the gap. */
  protected confirm(ref: RowRef): boolean {
    return this.isReady(ref);
  }

  #decrement(worker: number, { row, generation }: RowRef, counter: number): void {
    // Only this worker adds to the cell, and a row changes hands only while the cell is zero. So once the generation
    // matches, the count belongs to it, or is zero and stays so until this very thread claims again.
    if (Atomics.load(this.#words, HEADER + row) >>> 2 !== generation) return;
    const index = this.#cell(worker, row) + counter;
    for (;;) {
      const count = Atomics.load(this.#words, index);
      if (count <= 0 || Atomics.compareExchange(this.#words, index, count, count - 1) === count) return;
    }
  }

  /** @param more requests besides those that are counted */
  #fits(worker: number, row: number, { inFlight, connections }: ClaimLimits, more: number): boolean {
    if (inFlight > 0 && this.#sum(row, IN_FLIGHT) + more > inFlight) return false;
    if (connections === 0) return true;
    const cell = this.#cell(worker, row);
    const own = Atomics.load(this.#words, cell + IN_FLIGHT) + Atomics.load(this.#words, cell + TUNNELS);
    return own + more <= connections;
  }

  #sum(row: number, counter: number): number {
    let total = 0;
    for (let worker = 0; worker < this.workers; worker++) {
      total += Atomics.load(this.#words, this.#cell(worker, row) + counter);
    }
    return total;
  }

  #cell(worker: number, row: number): number {
    return HEADER + this.rows + (worker * this.rows + row) * CELL;
  }
}
