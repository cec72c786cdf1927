// Owns the shared memory that holds the counts of traffic, and reading them, on the main thread of the data process. Where a count lies is
// traffic-layout.ts's, what it means to people traffic-report.ts's, whose row it is traffic-ledger.ts's.
//
// Counts only rise, also when a row goes to another instance: who takes it over notes where it stood. So a lane that was late adds one to
// the next tenant at worst, and never undoes a count.
import { DURATION_BOUNDS, type HistogramCounts, LAG_BOUNDS } from '../../telemetry/buckets.js';
import { STATUS_CLASSES } from './ends.js';
import { LaneCells } from './lane-cells.js';
import { RETRY_REASONS } from './retry-reasons.js';
import {
  beginOfLane,
  beginOfRow,
  DURATION_SIZE,
  DURATIONS,
  GAUGES,
  HEADER,
  histogramSize,
  LAG,
  LANE,
  type LaneNumber,
  NO_ROW,
  QUEUE,
  REQUEST_CELLS,
  RETRIES,
  ROW,
  ROW_SIZE,
  totalSize,
} from './traffic-layout.js';

export class TrafficCells {
  readonly #cells: Float64Array;
  readonly workers: number;
  readonly rows: number;

  /** @param rows of the claim table */
  static create(workers: number, rows: number): TrafficCells {
    const buffer = new SharedArrayBuffer(totalSize(workers, rows) * Float64Array.BYTES_PER_ELEMENT);
    const cells = new Float64Array(buffer);
    [cells[HEADER.workers], cells[HEADER.rows]] = [workers, rows];
    return new TrafficCells(buffer);
  }

  /** Opens the cells that another thread created. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.#cells = new Float64Array(buffer);
    this.workers = this.#cells[HEADER.workers];
    this.rows = this.#cells[HEADER.rows];
  }

  /** For its lane alone; of a worker that is no more, for the main thread. */
  lane(worker: number): LaneCells {
    return new LaneCells(this.#cells, worker, this.rows);
  }

  // Main thread

  /** Call before any lane knows of a tenant of the row: what is in others is not looked for. */
  use(row: number): void {
    this.#cells[HEADER.usedRows] = Math.max(this.#cells[HEADER.usedRows], row + 1);
  }

  laneNumber(worker: number, number: LaneNumber): number {
    return this.#cells[this.#lane(worker) + LANE[number]];
  }

  lagOf(worker: number): HistogramCounts {
    return this.#histogram(this.#lane(worker) + LAG, LAG_BOUNDS);
  }

  queueOf(worker: number): HistogramCounts {
    return this.#histogram(this.#lane(worker) + QUEUE, DURATION_BOUNDS);
  }

  /** From clients and to them. */
  bytesOf(worker: number): { received: number; sent: number } {
    const [received, sent] = this.#overRows(worker, 0, ROW.upstream);
    return { received, sent };
  }

  /** Over all workers, by reason. */
  retries(): number[] {
    return this.#sum(RETRY_REASONS.length, (worker) => this.#lane(worker) + RETRIES);
  }

  /** Over all workers, by method class and end. */
  requests(): number[] {
    const total = new Array<number>(REQUEST_CELLS).fill(0);
    for (let worker = 0; worker < this.workers; worker++)
      this.#overRows(worker, ROW.requests, ROW.requests + REQUEST_CELLS).forEach((count, at) => (total[at] += count));
    return total;
  }

  /** Over all workers, by status class. */
  durations(): HistogramCounts[] {
    const size = histogramSize(DURATION_BOUNDS);
    return STATUS_CLASSES.map((_, status) =>
      asHistogram(this.#sum(size, (worker) => this.#lane(worker) + DURATIONS + status * DURATION_SIZE)),
    );
  }

  /** All numbers of a row, over all workers, for `readRow`. */
  row(row: number): number[] {
    return this.#sum(ROW_SIZE, (worker) => this.#lane(worker) + beginOfRow(row));
  }

  /** Once the worker has ended: what it held is gone with it. What it counted stays. */
  clearWorker(worker: number): void {
    this.#cells.fill(0, this.#lane(worker), this.#lane(worker) + GAUGES);
  }

  #histogram(at: number, bounds: readonly number[]): HistogramCounts {
    return asHistogram([...this.#cells.subarray(at, at + histogramSize(bounds))]);
  }

  /** What all rows of a worker have in these places, added up. */
  #overRows(worker: number, from: number, to: number): number[] {
    const total = new Array<number>(to - from).fill(0);
    for (let row = NO_ROW; row < this.#cells[HEADER.usedRows]; row++) {
      const begin = this.#lane(worker) + beginOfRow(row) + from;
      for (let index = 0; index < total.length; index++) total[index] += this.#cells[begin + index];
    }
    return total;
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
    return beginOfLane(worker, this.rows);
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
    requests: numbers.slice(ROW.requests, ROW.requests + REQUEST_CELLS),
    upstream: asHistogram(numbers.slice(ROW.upstream, ROW.requests)),
    received: numbers[ROW.received],
    sent: numbers[ROW.sent],
  };
}

function asHistogram([sum, ...buckets]: readonly number[]): HistogramCounts {
  return { buckets, sum };
}
