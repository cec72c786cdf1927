// Owns the order in which the counts of traffic lie in shared memory: one block per worker, in it what the lane counts as a whole and one
// row for each row of the claim table. Pure. Reading them is traffic-cells.ts's, writing lane-cells.ts's.
//
// What one request changes lies together, in three or four lines of the cache: each line that is touched is one that a request has to
// wait for. So nothing is counted twice either. What ended at no replica has a row of its own, and what a lane counted in all is the sum
// of its rows, made when somebody asks.
//
//     worker 0: lane counts | durations | row of none | row 0: bytes, upstream, requests | row 1 …      worker 1: …
import { DURATION_BOUNDS, LAG_BOUNDS } from '../../telemetry/buckets.js';
import { ENDS, METHOD_CLASSES, STATUS_CLASSES } from './ends.js';
import { RETRY_REASONS } from './retry-reasons.js';

/** Numbers in a line of the cache. */
const LINE = 8;
const inLines = (size: number): number => Math.ceil(size / LINE) * LINE;

/** What the header says of all blocks: how many, how many rows in each, and how many of those were ever a replica's. */
export const HEADER = { workers: 0, rows: 1, usedRows: 2 } as const;
const HEADER_SIZE = inLines(Object.keys(HEADER).length);

/** The sum, the buckets, and one for what is above all bounds. */
export const histogramSize = (bounds: readonly number[]): number => bounds.length + 2;

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
  budgetRefused: 10,
  /** Seconds that its thread was not idle. */
  busy: 11,
  /** Of its thread; the one number that the main thread writes, while nobody else can. */
  deaths: 12,
  /** Of clients that had one too many. */
  refusedConnections: 13,
} as const;
export type LaneNumber = keyof typeof LANE;
export const GAUGES = 7;

export const RETRIES = Object.keys(LANE).length;
export const LAG = RETRIES + RETRY_REASONS.length;
export const QUEUE = LAG + histogramSize(LAG_BOUNDS);
/** By status class. */
export const DURATIONS = inLines(QUEUE + histogramSize(DURATION_BOUNDS));
export const DURATION_SIZE = inLines(histogramSize(DURATION_BOUNDS));
const LANE_SIZE = DURATIONS + STATUS_CLASSES.length * DURATION_SIZE;

/** Of a row, by offset into it. */
export const ROW = { received: 0, sent: 1, upstream: 2, requests: 2 + histogramSize(DURATION_BOUNDS) } as const;
/** By method class and end. */
export const REQUEST_CELLS = METHOD_CLASSES.length * ENDS.length;
export const ROW_SIZE = inLines(ROW.requests + REQUEST_CELLS);
/** Of what ended at no replica, or at one that has given its row away. */
export const NO_ROW = -1;

/** Numbers of a block with so many rows. */
export function blockSize(rows: number): number {
  return LANE_SIZE + (1 + rows) * ROW_SIZE;
}

/** Numbers of all blocks, with the header. */
export function totalSize(workers: number, rows: number): number {
  return HEADER_SIZE + workers * blockSize(rows);
}

/** Where the block of a worker begins. */
export function beginOfLane(worker: number, rows: number): number {
  return HEADER_SIZE + worker * blockSize(rows);
}

/** Where a row begins, in its block. @param row also NO_ROW */
export function beginOfRow(row: number): number {
  return LANE_SIZE + (1 + row) * ROW_SIZE;
}
