// Owns putting the pool into the words and shapes that operators see. Pure: nothing is decided here.
import type { InstanceCounters } from '../../routing/link/messages.js';
import { checksView } from './check-views.js';
import type { ExitRecord, InstanceRecord, SlotRecord } from '../loop/ledger.js';
import type { OutlierPolicy } from '../outliers.js';
import type { TimedPhase } from '../loop/phase-board.js';
import { generationOf, type PoolState, type StoredMember } from '../state/pool-state.js';
import type { DeathView, InstanceView, LastExit, ReplicaView } from './replica-view.js';

export interface ViewSources {
  readonly state: Pick<PoolState, 'members' | 'generations'>;
  readonly phases: ReadonlyMap<string, TimedPhase>;
  readonly slots: ReadonlyMap<string, SlotRecord>;
  readonly counters: ReadonlyMap<string, InstanceCounters>;
  readonly shares: ReadonlyMap<string, { readonly share: number }>;
  /** Of replicas in their slow start. */
  readonly ramps: ReadonlyMap<string, number>;
  readonly instances: ReadonlyMap<string, InstanceRecord>;
  readonly outliers: OutlierPolicy;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Epoch milliseconds, for what has no phase yet. */
  readonly wall: number;
}

export function replicaViews(sources: ViewSources): ReplicaView[] {
  return sources.state.members.map((member) => replicaView(member, sources));
}

function replicaView({ name, weight, firstGeneration, drained }: StoredMember, sources: ViewSources): ReplicaView {
  const phase = sources.phases.get(name);
  const instance = phase?.instance ?? null;
  return {
    name,
    state: phase?.state ?? 'starting',
    wanted: drained ? 'drained' : 'serving',
    since: iso(phase?.since ?? sources.wall),
    reason: phase?.reason ?? null,
    instance: instance && {
      id: instance.id,
      pid: instance.pid ?? null,
      address: addressText(instance.address),
      startedAt: instance.startedAt === undefined ? null : iso(instance.startedAt),
    },
    checks: checksView(instance ? sources.instances.get(instance.id) : undefined, sources, sources.outliers),
    restarts: Math.max(0, generationOf(sources.state, name) - firstGeneration),
    lastExit: lastExit(sources.slots.get(name)?.deaths[0]),
    inFlight: instance ? (sources.counters.get(instance.id)?.inFlight ?? 0) : 0,
    weight,
    share: sources.shares.get(name)?.share ?? 0,
    ramp: sources.ramps.get(name) ?? null,
  };
}

/** How much of a death's last lines is shown beside the replica; all of them are in its deaths. */
const LINES_IN_BRIEF = 20;

function lastExit(exit: ExitRecord | undefined): LastExit | null {
  if (!exit) return null;
  const { code, signal, oom, at, reason, lastLines } = exit;
  return { code, signal, oom, at: iso(at), reason, lastLines: lastLines.slice(-LINES_IN_BRIEF) };
}

export function deathView(exit: ExitRecord): DeathView {
  const { code, signal, oom, at, reason, instanceId, generation, uptime, inFlight, lastLines } = exit;
  return {
    at: iso(at),
    reason,
    code,
    signal,
    oom,
    uptimeMs: uptime,
    inFlight,
    instance: instanceId,
    generation,
    lastLines,
  };
}

function addressText(address: { host: string; port: number } | undefined): InstanceView['address'] {
  if (!address) return null;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

export function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
