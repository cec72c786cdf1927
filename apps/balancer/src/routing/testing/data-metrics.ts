// Owns what a data process may have counted, for tests that need an answer and no data plane.
import { DURATION_BOUNDS, LAG_BOUNDS } from '../../telemetry/buckets.js';
import type { DataMetrics } from '../link/data-metrics.js';

const zeros = (bounds: readonly number[]) => new Array<number>(bounds.length + 1).fill(0);

/** Two replicas, one worker, seven requests. */
export function testDataMetrics(changes: Partial<DataMetrics> = {}): DataMetrics {
  const upstream = { buckets: zeros(DURATION_BOUNDS), sum: 1.5 };
  [upstream.buckets[0], upstream.buckets[3], upstream.buckets[DURATION_BOUNDS.length]] = [4, 2, 1];
  const ok = { method: 'safe', status: '2xx', cause: '', count: 7 };
  return {
    startedAt: 1_900_000_000_500,
    userCpu: 3,
    systemCpu: 1,
    residentBytes: 5e7,
    openDescriptors: 21,
    accessLogLost: 5,
    workers: [
      {
        connections: 2,
        accepted: 9,
        upstreamOpen: 5,
        upstreamIdle: 3,
        upstreamOpened: 6,
        upstreamReused: 8,
        received: 1000,
        sent: 2000,
        budgetHeld: 0,
        budgetRefused: 4,
        waiting: 1,
        queued: 2,
        shedding: 0,
        refusedConnections: 3,
        busy: 2.5,
        deaths: 1,
        lag: { buckets: zeros(LAG_BOUNDS), sum: 0 },
        queue: { buckets: zeros(DURATION_BOUNDS), sum: 0 },
      },
    ],
    requests: [ok, { method: 'other', status: '5xx', cause: 'no_replica', count: 0 }],
    durations: [{ status: '2xx', ...upstream }],
    retries: [{ reason: 'connect_failed', count: 3 }],
    replicas: ['Server 1', 'Server 2'].map((replica) => ({
      replica,
      requests: [ok],
      upstream,
      received: 10,
      sent: 20,
      inFlight: 1,
      tunnels: 2,
    })),
    ...changes,
  };
}
