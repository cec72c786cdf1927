// Owns giving names to the numbers that the lanes have counted: the answer to control's question for metrics, made when it is
// asked. Reads only; nothing here costs a request anything.
import { readdirSync } from 'node:fs';
import type { ClaimTable } from '../../routing/claims.js';
import type { DataMetrics, RequestCount, WorkerMetrics } from '../../routing/link/data-metrics.js';
import { ENDS, METHOD_CLASSES, STATUS_CLASSES } from './ends.js';
import { RETRY_REASONS } from './retry-reasons.js';
import type { TrafficCells } from './traffic-cells.js';
import { LANE, type LaneNumber } from './traffic-layout.js';
import type { TrafficLedger } from './traffic-ledger.js';

const STARTED_AT = performance.timeOrigin;

/** @param accessLogLost lines of the access log that were lost; null: there is none */
export function trafficReport(
  cells: TrafficCells,
  ledger: TrafficLedger,
  claims: Pick<ClaimTable, 'inFlight' | 'tunnels'>,
  accessLogLost: number | null,
): DataMetrics {
  const { user, system } = process.cpuUsage();
  const durations = cells.durations();
  const retries = cells.retries();
  return {
    startedAt: STARTED_AT,
    userCpu: user / 1e6,
    systemCpu: system / 1e6,
    residentBytes: residentBytes(),
    openDescriptors: openDescriptors(),
    accessLogLost,
    workers: Array.from({ length: cells.workers }, (_, worker) => workerMetrics(cells, worker)),
    // Zeros too: a rate needs to have seen what a count rose from.
    requests: requestCounts(cells.requests()),
    durations: STATUS_CLASSES.map((status, index) => ({ status, ...durations[index] })),
    retries: RETRY_REASONS.map((reason, index) => ({ reason, count: retries[index] })),
    replicas: ledger.replicas().map(({ replica, rows, requests, upstream, received, sent }) => ({
      replica,
      // Of these only what has happened: there may be a thousand replicas.
      requests: requestCounts(requests).filter(({ count }) => count > 0),
      upstream,
      received,
      sent,
      inFlight: sum(rows, (row) => claims.inFlight(row)),
      tunnels: sum(rows, (row) => claims.tunnels(row)),
    })),
  };
}

function requestCounts(numbers: readonly number[]): RequestCount[] {
  return METHOD_CLASSES.flatMap((method, of) =>
    ENDS.map(({ status, cause }, end) => ({
      method,
      status: STATUS_CLASSES[status],
      cause,
      count: numbers[of * ENDS.length + end],
    })),
  );
}

function workerMetrics(cells: TrafficCells, worker: number): WorkerMetrics {
  const names = Object.keys(LANE) as LaneNumber[];
  const numbers = Object.fromEntries(names.map((name) => [name, cells.laneNumber(worker, name)])) as Record<
    LaneNumber,
    number
  >;
  return { ...numbers, ...cells.bytesOf(worker), lag: cells.lagOf(worker), queue: cells.queueOf(worker) };
}

/** To look takes a descriptor, and there may be none left: that must not end who asks. */
function residentBytes(): number | null {
  try {
    return process.memoryUsage.rss();
  } catch {
    return null;
  }
}

/** A process that gave up root may not be allowed to look; and to look takes a descriptor. */
function openDescriptors(): number | null {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return null;
  }
}

function sum(rows: readonly number[], of: (row: number) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}
