// Owns where the counts of traffic lie in shared memory: one block per worker, in it what the lane counts as a whole and one
// row for each row of the claim table. What a count means to people is traffic-report.ts's, whose row it is traffic-ledger.ts's.
//
// A block has one writer, its lane, so nothing here is atomic: a plain addition to a 64-bit float, which is read whole on
// every machine that node runs on in 64 bits and exact up to 2^53. Counts only rise, also when a row goes to another instance: who
// takes it over notes where it stood. So a lane that was late adds one to the next tenant at worst, and never undoes a count.
//
//     worker 0: lane counts | requests | durations | row 0: requests, durations, bytes | row 1 …      worker 1: …
import { bucketOf, DURATION_BOUNDS, type HistogramCounts, LAG_BOUNDS } from '../../telemetry/buckets.js';
import { ENDS, METHOD_CLASSES, STATUS_CLASSES } from './ends.js';
import { RETRY_REASONS } from './retry-reasons.js';

const HEADER = 2;
const [WORKERS, ROWS] = [0, 1];

/** Buckets, one for what is above all bounds, and the sum. */
const histogramSize = (bounds: readonly number[]) => bounds.length + 2;

const DURATION_SIZE = histogramSize(DURATION_BOUNDS);

/** Numbers of a lane, by offset into its block. The first seven go up and down, the others only rise. */
export const LANE = {
  connections: 0,
  upstreamOpen: 1,
  upstreamIdle: 2,
  budgetHeld: 3,
  /** Requests that wait for a replica. */
  waiting: 4,
  /** Requests in the queue. */
  queued: 5,
  /** 1 while new requests are refused because there is more to do than can be done. */
  shedding: 6,
  accepted: 7,
  upstreamOpened: 8,
  upstreamReused: 9,
  received: 10,
  sent: 11,
  budgetRefused: 12,
  /** Seconds that its thread was not idle. */
  busy: 13,
  /** Of its thread; the one number that the main thread writes, while nobody else can. */
  deaths: 14,
  /** Of clients that had one too many. */
  refusedConnections: 15,
} as const;
export type LaneNumber = keyof typeof LANE;
const GAUGES = 7;
const LANE_NUMBERS = Object.keys(LANE).length;

const RETRIES = LANE_NUMBERS;
const LAG = RETRIES + RETRY_REASONS.length;
/** By method class and end. */
export const REQUEST_CELLS = METHOD_CLASSES.length * ENDS.length;
const QUEUE = LAG + histogramSize(LAG_BOUNDS);
const REQUESTS = QUEUE + histogramSize(DURATION_BOUNDS);
const DURATIONS = REQUESTS + REQUEST_CELLS;
const LANE_SIZE = DURATIONS + STATUS_CLASSES.length * histogramSize(DURATION_BOUNDS);

const ROW_UPSTREAM = REQUEST_CELLS;
const ROW_RECEIVED = ROW_UPSTREAM + histogramSize(DURATION_BOUNDS);
const ROW_SENT = ROW_RECEIVED + 1;
const ROW_SIZE = ROW_SENT + 1;

export class TrafficCells {
  readonly #cells: Float64Array;
  readonly workers: number;
  readonly rows: number;
  readonly #blockSize: number;

  /** @param rows of the claim table */
  static create(workers: number, rows: number): TrafficCells {
    const buffer = new SharedArrayBuffer(
      (HEADER + workers * (LANE_SIZE + rows * ROW_SIZE)) * Float64Array.BYTES_PER_ELEMENT,
    );
    const cells = new Float64Array(buffer);
    [cells[WORKERS], cells[ROWS]] = [workers, rows];
    return new TrafficCells(buffer);
  }

  /** Opens the cells that another thread created. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.#cells = new Float64Array(buffer);
    this.workers = this.#cells[WORKERS];
    this.rows = this.#cells[ROWS];
    this.#blockSize = LANE_SIZE + this.rows * ROW_SIZE;
  }

  /** Where a number lies, for `addAt`: to look it up takes longer than to add to it. */
  placeOf(worker: number, number: LaneNumber): number {
    return this.#lane(worker) + LANE[number];
  }

  // Its lane alone

  /** @param place see `placeOf` */
  addAt(place: number, amount: number): void {
    this.#cells[place] += amount;
  }

  add(worker: number, number: LaneNumber, amount: number): void {
    this.#cells[this.#lane(worker) + LANE[number]] += amount;
  }

  set(worker: number, number: LaneNumber, value: number): void {
    this.#cells[this.#lane(worker) + LANE[number]] = value;
  }

  /** @param reason index into RETRY_REASONS */
  retry(worker: number, reason: number): void {
    this.#cells[this.#lane(worker) + RETRIES + reason]++;
  }

  lag(worker: number, seconds: number): void {
    this.#observe(this.#lane(worker) + LAG, LAG_BOUNDS, seconds);
  }

  queue(worker: number, seconds: number): void {
    this.#observe(this.#lane(worker) + QUEUE, DURATION_BOUNDS, seconds);
  }

  request(worker: number, method: number, end: number): void {
    this.#cells[this.#lane(worker) + REQUESTS + method * ENDS.length + end]++;
  }

  duration(worker: number, end: number, seconds: number): void {
    const at = this.#lane(worker) + DURATIONS + ENDS[end].status * DURATION_SIZE;
    this.#observe(at, DURATION_BOUNDS, seconds);
  }

  rowRequest(worker: number, row: number, method: number, end: number): void {
    this.#cells[this.#row(worker, row) + method * ENDS.length + end]++;
  }

  rowUpstream(worker: number, row: number, seconds: number): void {
    this.#observe(this.#row(worker, row) + ROW_UPSTREAM, DURATION_BOUNDS, seconds);
  }

  rowBytes(worker: number, row: number, received: number, sent: number): void {
    const at = this.#row(worker, row);
    this.#cells[at + ROW_RECEIVED] += received;
    this.#cells[at + ROW_SENT] += sent;
  }

  // Main thread: reads

  laneNumber(worker: number, number: LaneNumber): number {
    return this.#cells[this.#lane(worker) + LANE[number]];
  }

  lagOf(worker: number): HistogramCounts {
    return this.#histogram(this.#lane(worker) + LAG, LAG_BOUNDS);
  }

  queueOf(worker: number): HistogramCounts {
    return this.#histogram(this.#lane(worker) + QUEUE, DURATION_BOUNDS);
  }

  /** Over all workers, by reason. */
  retries(): number[] {
    return this.#sum(RETRY_REASONS.length, (worker) => this.#lane(worker) + RETRIES);
  }

  /** Over all workers, by method class and end. */
  requests(): number[] {
    return this.#sum(REQUEST_CELLS, (worker) => this.#lane(worker) + REQUESTS);
  }

  /** Over all workers, by status class. */
  durations(): HistogramCounts[] {
    const size = histogramSize(DURATION_BOUNDS);
    return STATUS_CLASSES.map((_, status) =>
      asHistogram(this.#sum(size, (worker) => this.#lane(worker) + DURATIONS + status * size)),
    );
  }

  /** All numbers of a row, over all workers, for `readRow`. */
  row(row: number): number[] {
    return this.#sum(ROW_SIZE, (worker) => this.#row(worker, row));
  }

  /** Main thread, once the worker has ended: what it held is gone with it. What it counted stays. */
  clearWorker(worker: number): void {
    this.#cells.fill(0, this.#lane(worker), this.#lane(worker) + GAUGES);
  }

  #observe(at: number, bounds: readonly number[], seconds: number): void {
    this.#cells[at + bucketOf(bounds, seconds)]++;
    this.#cells[at + bounds.length + 1] += seconds;
  }

  #histogram(at: number, bounds: readonly number[]): HistogramCounts {
    return asHistogram([...this.#cells.subarray(at, at + histogramSize(bounds))]);
  }

  #sum(size: number, at: (worker: number) => number): number[] {
    const total = new Array<number>(size).fill(0);
    for (let worker = 0; worker < this.workers; worker++) {
      const begin = at(worker);
      for (let index = 0; index < size; index++) total[index] += this.#cells[begin + index];
    }
    return total;
  }

  #lane(worker: number): number {
    return HEADER + worker * this.#blockSize;
  }

  #row(worker: number, row: number): number {
    return this.#lane(worker) + LANE_SIZE + row * ROW_SIZE;
  }
}

export interface RowTraffic {
  /** By method class and end. */
  readonly requests: readonly number[];
  readonly upstream: HistogramCounts;
  readonly received: number;
  readonly sent: number;
}

export function emptyRow(): number[] {
  return new Array<number>(ROW_SIZE).fill(0);
}

export function readRow(numbers: readonly number[]): RowTraffic {
  return {
    requests: numbers.slice(0, REQUEST_CELLS),
    upstream: asHistogram(numbers.slice(ROW_UPSTREAM, ROW_RECEIVED)),
    received: numbers[ROW_RECEIVED],
    sent: numbers[ROW_SENT],
  };
}

function asHistogram(numbers: readonly number[]): HistogramCounts {
  return { buckets: numbers.slice(0, -1), sum: numbers[numbers.length - 1] };
}
