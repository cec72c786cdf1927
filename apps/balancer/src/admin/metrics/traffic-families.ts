// Owns the series of the data process: what its lanes have counted, and the process itself. Counting is proxy/traffic/'s.
import type { Registry } from 'prom-client';
import type { DataMetrics, RequestCount } from '../../routing/link/data-metrics.js';
import { DURATION_BOUNDS, LAG_BOUNDS } from '../../telemetry/buckets.js';
import { familiesOf, type Family, type Labels } from './families.js';

export class TrafficFamilies {
  private readonly up: Family;
  private readonly process: ReturnType<typeof processFamilies>;
  private readonly lanes: ReturnType<typeof laneFamilies>;
  private readonly replicas: ReturnType<typeof replicaFamilies>;

  constructor(registry: Registry) {
    this.up = familiesOf(registry).family(
      'data_up',
      'Whether the data process answered when it was asked for its metrics; without it the other series of it are missing.',
    );
    this.process = processFamilies(registry);
    this.lanes = laneFamilies(registry);
    this.replicas = replicaFamilies(registry);
  }

  /** @param metrics undefined: the data process does not answer */
  show(metrics: DataMetrics | undefined): void {
    this.up.value(metrics ? 1 : 0);
    this.showProcess(metrics);
    this.showLanes(metrics);
    this.showReplicas(metrics?.replicas ?? []);
  }

  private showProcess(metrics: DataMetrics | undefined): void {
    const { requests, durations, retries, cpu, memory, startTime, descriptors, lostLines } = this.process;
    requests.show(metrics?.requests.map(requestRow) ?? []);
    durations.show(metrics?.durations.map(({ status, ...counts }) => [{ status }, counts]) ?? []);
    retries.show(metrics?.retries.map(({ reason, count }) => [{ reason }, count]) ?? []);
    const one = (value: number | null | undefined): [Labels, number][] =>
      typeof value === 'number' ? [[{}, value]] : [];
    memory.show(one(metrics?.residentBytes));
    startTime.show(one(metrics && metrics.startedAt / 1000));
    descriptors.show(one(metrics?.openDescriptors));
    lostLines.show(one(metrics?.accessLogLost));
    cpu.show(
      metrics
        ? [
            [{ mode: 'user' }, metrics.userCpu],
            [{ mode: 'system' }, metrics.systemCpu],
          ]
        : [],
    );
  }

  private showLanes(metrics: DataMetrics | undefined): void {
    const workers = [...(metrics?.workers ?? []).entries()];
    const { single, lag, queue, upstreamOpen } = this.lanes;
    for (const [name, family] of Object.entries(single))
      family.show(workers.map(([index, worker]) => [of(index), worker[name as keyof typeof single]]));
    lag.show(workers.map(([index, worker]) => [of(index), worker.lag]));
    queue.show(workers.map(([index, worker]) => [of(index), worker.queue]));
    upstreamOpen.show(
      workers.flatMap(([index, { upstreamOpen: open, upstreamIdle: idle }]): [Labels, number][] => [
        [{ ...of(index), state: 'idle' }, idle],
        // The two are not read at the same moment.
        [{ ...of(index), state: 'busy' }, Math.max(0, open - idle)],
      ]),
    );
  }

  private showReplicas(replicas: DataMetrics['replicas']): void {
    const { requests, upstream, single } = this.replicas;
    requests.show(
      replicas.flatMap(({ replica, requests: counts }) =>
        counts.map((count): [Labels, number] => {
          const [labels, value] = requestRow(count);
          return [{ replica, ...labels }, value];
        }),
      ),
    );
    upstream.show(replicas.map((one) => [{ replica: one.replica }, one.upstream]));
    for (const [name, family] of Object.entries(single))
      family.show(replicas.map((one) => [{ replica: one.replica }, one[name as keyof typeof single]]));
  }
}

function processFamilies(registry: Registry) {
  const { family, histogram } = familiesOf(registry);
  return {
    requests: family(
      'requests_total',
      'Requests that are over, whoever answered them; cause is empty where a replica did. The classic routes are not in it, nor what `Max-Forwards: 0` leaves to the balancer.',
    ),
    durations: histogram(
      'request_duration_seconds',
      'From the whole head of a request to the last byte of its answer; tunnels and what is refused at its head are not in it.',
      DURATION_BOUNDS,
    ),
    retries: family('retries_total', 'Requests sent again, by how the try before ended.'),
    cpu: family('data_process_cpu_seconds_total', 'CPU time of the data process, all its threads.'),
    memory: family(
      'data_process_resident_memory_bytes',
      'Resident memory of the data process, while it has a descriptor left to look with.',
    ),
    startTime: family(
      'data_process_start_time_seconds',
      'Start of the data process, since the epoch: its counters begin anew then.',
    ),
    descriptors: family(
      'data_process_open_fds',
      'Open descriptors of the data process, where the system tells and one is left to look with.',
    ),
    lostLines: family(
      'access_log_lost_lines_total',
      'Lines of the access log that came too fast to be written, or that the disk refused.',
    ),
  };
}

function laneFamilies(registry: Registry) {
  const { family, histogram } = familiesOf(registry);
  return {
    single: {
      connections: family('client_connections', 'Connections of clients that are open.'),
      accepted: family('client_connections_accepted_total', 'Connections of clients that were accepted.'),
      received: family('received_bytes_total', 'Bytes from clients, counted when a request or a connection ends.'),
      sent: family('sent_bytes_total', 'Bytes to clients, counted when a request or a connection ends.'),
      waiting: family(
        'waiting_requests',
        'Requests that wait for a replica to become ready, or for the next routing table.',
      ),
      refusedConnections: family(
        'client_connections_refused_total',
        'Connections of clients that were refused, because there were too many in all or from their address.',
      ),
      shedding: family(
        'worker_shedding',
        'Whether the worker refuses new requests, because it is too late with what it does, or uses too much memory.',
      ),
      queued: family('queued_requests', 'Requests in the queue, because every replica is at its limit.'),
      upstreamOpened: family(
        'upstream_connections_opened_total',
        'Connections to replicas that were made; tunnels aside.',
      ),
      upstreamReused: family(
        'upstream_connections_reused_total',
        'Requests sent on a connection that had carried one before.',
      ),
      budgetHeld: family('retry_budget_held', 'Retries under way that are paid from the budget.'),
      budgetRefused: family(
        'retry_budget_refusals_total',
        'Retries that were not made, because the budget was used up.',
      ),
      busy: family('worker_busy_seconds_total', 'Time in which the worker thread was not idle.'),
      deaths: family('worker_deaths_total', 'Times that the worker thread died and was replaced.'),
    },
    upstreamOpen: family('upstream_connections', 'Connections to replicas in the pools; tunnels aside.'),
    queue: histogram(
      'queue_duration_seconds',
      'How long requests were in the queue, whatever came of them; who found room at once is not in it.',
      DURATION_BOUNDS,
    ),
    lag: histogram('worker_lag_seconds', 'How late the worker thread was, looked at every 50 ms.', LAG_BOUNDS),
  };
}

function replicaFamilies(registry: Registry) {
  const { family, histogram } = familiesOf(registry);
  return {
    requests: family('replica_requests_total', 'Requests that are over, at the replica that had them last.'),
    upstream: histogram(
      'replica_upstream_duration_seconds',
      'From the beginning of a try, its connection included, to the head of the replica’s answer.',
      DURATION_BOUNDS,
    ),
    single: {
      received: family('replica_received_bytes_total', 'Bytes from clients, of requests that ended at the replica.'),
      sent: family('replica_sent_bytes_total', 'Bytes to clients, of requests that ended at the replica.'),
      inFlight: family('replica_in_flight_requests', 'Requests in flight, tunnels aside.'),
      tunnels: family('replica_tunnels', 'Upgraded connections that are open.'),
    },
  };
}

function requestRow({ method, status, cause, count }: RequestCount): [Labels, number] {
  return [{ method, status, cause }, count];
}

const of = (index: number): Labels => ({ worker: String(index) });
