// Owns what the data plane has counted, put in order by replica. Pure. Sums and rates are whoever reads it's to make: the counts
// only rise while an instance and the data process live.
import type { InstanceCounters } from '../../routing/link/messages.js';

export interface InstanceTraffic extends InstanceCounters {
  /** The replica that it fills, or filled until it was retired. */
  readonly replica: string;
}

export interface TrafficView {
  /** Monotonic milliseconds of this balancer; only differences mean something. */
  readonly clockMs: number;
  /** In /rep order, those that drain beside those that serve. */
  readonly instances: readonly InstanceTraffic[];
}

/** @param slots the replica of each instance, by its id */
export function trafficView(
  members: readonly { readonly name: string }[],
  slots: ReadonlyMap<string, { readonly slot: string }>,
  counters: ReadonlyMap<string, InstanceCounters>,
  now: number,
): TrafficView {
  const order = new Map(members.map(({ name }, index) => [name, index]));
  const instances = [...counters.values()].flatMap((counted): InstanceTraffic[] => {
    const replica = slots.get(counted.id)?.slot;
    return replica === undefined || !order.has(replica) ? [] : [{ replica, ...counted }];
  });
  instances.sort((a, b) => (order.get(a.replica) ?? 0) - (order.get(b.replica) ?? 0));
  return { clockMs: Math.round(now), instances };
}
