// Owns writing the counts of one lane into shared memory. A block has one writer, its lane, so nothing here is atomic: a plain addition to
// a 64-bit float, which is read whole on every machine that node runs on in 64 bits and exact up to 2^53. Where a count lies is
// traffic-layout.ts's, when something is counted lane-meter.ts's and lane-pulse.ts's.
import { bucketOf, DURATION_BOUNDS, LAG_BOUNDS } from '../../telemetry/buckets.js';
import { ENDS, statusOfEnd } from './ends.js';
import {
  beginOfLane,
  beginOfRow,
  DURATION_SIZE,
  DURATIONS,
  LAG,
  LANE,
  type LaneNumber,
  QUEUE,
  RETRIES,
  ROW,
} from './traffic-layout.js';

export class LaneCells {
  readonly #lane: number;

  constructor(
    private readonly cells: Float64Array,
    worker: number,
    rows: number,
  ) {
    this.#lane = beginOfLane(worker, rows);
  }

  add(number: LaneNumber, amount: number): void {
    this.cells[this.#lane + LANE[number]] += amount;
  }

  set(number: LaneNumber, value: number): void {
    this.cells[this.#lane + LANE[number]] = value;
  }

  /** As `add`, for what most requests do. */
  reused(): void {
    this.cells[this.#lane + LANE.upstreamReused]++;
  }

  /** @param reason index into RETRY_REASONS */
  retry(reason: number): void {
    this.cells[this.#lane + RETRIES + reason]++;
  }

  lag(seconds: number): void {
    this.#observe(this.#lane + LAG, LAG_BOUNDS, seconds);
  }

  queue(seconds: number): void {
    this.#observe(this.#lane + QUEUE, DURATION_BOUNDS, seconds);
  }

  /** Of the request that is over. @param end index into ENDS */
  duration(end: number, seconds: number): void {
    this.#observe(this.#lane + DURATIONS + statusOfEnd(end) * DURATION_SIZE, DURATION_BOUNDS, seconds);
  }

  /** A request is over. @param row also NO_ROW @param method index into METHOD_CLASSES @param end index into ENDS */
  request(row: number, method: number, end: number): void {
    this.cells[this.#lane + beginOfRow(row) + ROW.requests + method * ENDS.length + end]++;
  }

  /** Of a client's connection. @param row also NO_ROW */
  bytes(row: number, received: number, sent: number): void {
    const at = this.#lane + beginOfRow(row);
    this.cells[at + ROW.received] += received;
    this.cells[at + ROW.sent] += sent;
  }

  /** The head of an answer came. */
  upstream(row: number, seconds: number): void {
    this.#observe(this.#lane + beginOfRow(row) + ROW.upstream, DURATION_BOUNDS, seconds);
  }

  #observe(at: number, bounds: readonly number[], seconds: number): void {
    this.cells[at] += seconds;
    this.cells[at + 1 + bucketOf(bounds, seconds)]++;
  }
}
