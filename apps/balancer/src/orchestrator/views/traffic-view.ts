// Owns what the data plane has counted, put in order by replica. Pure. Sums and rates are whoever reads it's to make: the counts
// only rise while an instance and the data process live.
import type { DataMetrics } from '../../routing/link/data-metrics.js';
import type { InstanceCounters } from '../../routing/link/messages.js';
import { DURATION_BOUNDS } from '../../telemetry/buckets.js';

export interface InstanceTraffic extends InstanceCounters {
  /** The replica that it fills, or filled until it was retired. */
  readonly replica: string;
}

const BOUNDS_MS = DURATION_BOUNDS.map((seconds) => seconds * 1000);

/** How often something took how long, since the data process started. */
export interface LatencyView {
  /** Upper bounds of the buckets in milliseconds, included; the last bucket has none. */
  readonly boundsMs: readonly number[];
  /** Of whole requests. */
  readonly total: readonly number[];
  /** Of tries, to the head of the answer, by replica. */
  readonly replicas: readonly { readonly replica: string; readonly buckets: readonly number[] }[];
}

export interface TrafficView {
  /** Monotonic milliseconds of this balancer; only differences mean something. */
  readonly clockMs: number;
  /** In /rep order, those that drain beside those that serve. */
  readonly instances: readonly InstanceTraffic[];
  /** null: the data process did not tell. */
  readonly latency: LatencyView | null;
}

/** @param slots the replica of each instance, by its id */
export function trafficView(
  members: readonly { readonly name: string }[],
  slots: ReadonlyMap<string, { readonly slot: string }>,
  counters: ReadonlyMap<string, InstanceCounters>,
  metrics: Pick<DataMetrics, 'durations' | 'replicas'> | undefined,
  now: number,
): TrafficView {
  const order = new Map(members.map(({ name }, index) => [name, index]));
  const instances = [...counters.values()].flatMap((counted): InstanceTraffic[] => {
    const replica = slots.get(counted.id)?.slot;
    return replica === undefined || !order.has(replica) ? [] : [{ replica, ...counted }];
  });
  instances.sort((a, b) => (order.get(a.replica) ?? 0) - (order.get(b.replica) ?? 0));
  return { clockMs: Math.round(now), instances, latency: metrics ? latencyView(metrics, order) : null };
}

function latencyView(
  { durations, replicas }: Pick<DataMetrics, 'durations' | 'replicas'>,
  members: ReadonlyMap<string, number>,
): LatencyView {
  return {
    boundsMs: BOUNDS_MS,
    total: BOUNDS_MS.concat(Infinity).map((_, bucket) =>
      durations.reduce((sum, { buckets }) => sum + (buckets[bucket] ?? 0), 0),
    ),
    replicas: replicas
      .filter(({ replica }) => members.has(replica))
      .map(({ replica, upstream }) => ({ replica, buckets: upstream.buckets })),
  };
}
