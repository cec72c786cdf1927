// Owns telling what has happened to a pool from two pictures of it, one taken after the other. Pure: nothing reports an event
// where it happens, so nothing can be forgotten or told twice. Taking the pictures is news-desk.ts's.
import type { ObservedInstance } from '../../runtime/replica-runtime.js';
import { standingOf } from '../eligibility.js';
import { BACK_IN_SERVICE, type Ejection, type InstanceRecord, type SlotRecord } from '../loop/ledger.js';
import type { EngineStatus } from '../loop/observer.js';
import type { TimedPhase } from '../loop/phase-board.js';
import type { PoolEventFacts } from './pool-event.js';
import type { Rollout, StoredMember } from '../state/pool-state.js';
import type { RingChange } from '../ring/ring-history.js';

/** A pool at one moment. */
export interface PoolPicture {
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Epoch milliseconds. */
  readonly wall: number;
  /** What runs has been listed at least once. */
  readonly listed: boolean;
  readonly members: readonly Pick<StoredMember, 'name' | 'weight' | 'drained'>[];
  /** Newest first. */
  readonly ringHistory: readonly RingChange[];
  /** The deploy under way, or the last one. */
  readonly rollout: Rollout | undefined;
  readonly phases: ReadonlyMap<string, TimedPhase>;
  readonly observed: readonly ObservedInstance[];
  readonly instances: ReadonlyMap<string, InstanceRecord>;
  readonly slots: ReadonlyMap<string, SlotRecord>;
  /** Instances that are being stopped or removed. */
  readonly ending: ReadonlySet<string>;
  /** Requests that instances carry. */
  readonly inFlight: ReadonlyMap<string, number>;
  /** Who fails is tried too, for want of others. */
  readonly panic: boolean;
  readonly engine: Pick<EngineStatus, 'answers' | 'since' | 'reason'>;
  /** Since when the data process has been connected, or not; epoch milliseconds. */
  readonly data: { readonly connected: boolean; readonly since: number };
}

/** In the order of cause and effect. @param before null: nothing was known yet */
export function newsBetween(before: PoolPicture | null, after: PoolPicture): PoolEventFacts[] {
  return [
    ...surroundings(before, after),
    ...(before ? [...ringChanges(before, after), ...wishes(before, after)] : []),
    ...deploySteps(before, after),
    ...births(before, after),
    ...deaths(before, after),
    ...ejections(before, after),
    ...departures(before, after),
    ...phaseChanges(before, after),
    ...panic(before, after),
  ];
}

function* surroundings(before: PoolPicture | null, { engine, data }: PoolPicture): Iterable<PoolEventFacts> {
  const answered = before?.engine.answers ?? true;
  if (answered && !engine.answers) yield { type: 'engine-away', reason: engine.reason };
  if (!answered && engine.answers)
    yield { type: 'engine-back', afterMs: Math.max(0, engine.since - (before?.engine.since ?? engine.since)) };
  const connected = before?.data.connected ?? true;
  if (connected && !data.connected) yield { type: 'data-lost' };
  if (!connected && data.connected)
    yield { type: 'data-connected', afterMs: before && Math.max(0, data.since - before.data.since) };
}

function* panic(before: PoolPicture | null, after: PoolPicture): Iterable<PoolEventFacts> {
  if ((before?.panic ?? false) === after.panic) return;
  const ready = [...after.phases.values()].filter(({ state }) => state === 'ready').length;
  yield { type: after.panic ? 'panic-on' : 'panic-off', ready, wanted: after.phases.size };
}

/** Changes are added at the head of the history, and kept as they are: the newest that was known before ends the search. */
function* ringChanges(before: PoolPicture, after: PoolPicture): Iterable<PoolEventFacts> {
  const known = before.ringHistory[0];
  const fresh = after.ringHistory.slice(0, Math.max(0, known ? after.ringHistory.indexOf(known) : Infinity));
  for (const { cause, replicas, count, members, moved, minimum, digest } of fresh.reverse()) {
    const move = { replicas, count, members, moved, minimum, digest };
    if (cause === 'add') yield { type: 'added', ...move };
    if (cause === 'remove') yield { type: 'removed', ...move };
    if (cause === 'weight') {
      const weights = after.members.filter(({ name }) => replicas.includes(name)).map((m) => [m.name, m.weight]);
      yield { type: 'weight', ...move, weights: Object.fromEntries(weights) as Record<string, number> };
    }
  }
}

function* wishes(before: PoolPicture, after: PoolPicture): Iterable<PoolEventFacts> {
  const earlier = new Map(before.members.map((member) => [member.name, member]));
  for (const { name: replica, drained = false } of after.members) {
    const was = earlier.get(replica);
    if (!was || (was.drained ?? false) === drained) continue;
    const instance = after.phases.get(replica)?.instance?.id ?? null;
    if (drained) yield { type: 'drain-began', replica, instance, reason: 'an operator drained it' };
    else yield { type: 'undrained', replica };
  }
}

/** Beginning and end of a deploy are told by deploys.ts: each is one wish or one decision, not a difference. */
function* deploySteps(before: PoolPicture | null, { rollout }: PoolPicture): Iterable<PoolEventFacts> {
  if (!before || !rollout) return;
  const { revision, startedAt } = rollout;
  const was = before.rollout?.startedAt === startedAt && before.rollout.revision === revision ? before.rollout : null;
  const known = new Map(was?.steps.map(({ name, state }) => [name, state]));
  for (const { name, state } of rollout.steps)
    if (known.get(name) !== state) yield { type: 'deploy-step', replica: name, step: state, revision };
}

function* births(before: PoolPicture | null, after: PoolPicture): Iterable<PoolEventFacts> {
  const known = new Map(before?.observed.map(({ id, slot }) => [id, slot]));
  const members = new Set(after.members.map(({ name }) => name));
  for (const { id, slot, generation, state } of after.observed) {
    const was = known.get(id);
    // An instance changes its slot when it stood by, on no ring, and a member gets it.
    if (was !== undefined && was !== slot && members.has(slot))
      yield { type: 'promoted', replica: slot, instance: id, standby: was };
    if (was !== undefined || state === 'exited') continue;
    const type = before?.listed ? 'spawn' : 'adopted';
    yield { type, replica: slot, instance: id, generation };
  }
}

function* deaths(before: PoolPicture | null, after: PoolPicture): Iterable<PoolEventFacts> {
  for (const [replica, { deaths: all }] of after.slots) {
    const newest = before?.slots.get(replica)?.deaths[0]?.number ?? 0;
    // A name that was removed and added again counts its deaths anew.
    const told = newest > (all[0]?.number ?? 0) ? 0 : newest;
    for (const death of all.filter(({ number }) => number > told).reverse()) {
      const { instanceId, generation, reason, code, signal, oom, uptime, inFlight } = death;
      yield {
        type: 'death',
        replica,
        instance: instanceId,
        generation,
        reason,
        code,
        signal,
        oom,
        uptimeMs: uptime,
        inFlight,
      };
    }
  }
}

function* ejections(before: PoolPicture | null, after: PoolPicture): Iterable<PoolEventFacts> {
  for (const instance of after.observed) {
    const { id: of, slot: replica } = instance;
    const ejection = ejectionOf(after, instance);
    const was = before?.observed.find(({ id }) => id === of);
    const wasEjected = before && was ? ejectionOf(before, was) !== null : false;
    if (ejection && !wasEjected) {
      const { reason, cause, until } = ejection;
      yield {
        type: 'ejected',
        replica,
        instance: of,
        reason,
        cause,
        forMs: Math.max(0, Math.round(until - after.now)),
      };
    }
    const serves = standingOf(instance, after.instances.get(of), after.now).reason === null;
    if (wasEjected && serves) yield { type: 'returned', replica, instance: of };
  }
}

/** null: it is not ejected, or leaves anyway. Who comes back from a drain is only probed first. */
function ejectionOf({ instances, now }: PoolPicture, instance: ObservedInstance): Ejection | null {
  const record = instances.get(instance.id);
  if (!record?.ejected || record.retired || record.ejected.reason === BACK_IN_SERVICE) return null;
  return standingOf(instance, record, now).reason === record.ejected.reason ? record.ejected : null;
}

function* departures(before: PoolPicture | null, after: PoolPicture): Iterable<PoolEventFacts> {
  for (const record of after.instances.values()) {
    const { id, slot, retired } = record;
    if (!retired) continue;
    if (!before?.instances.get(id)?.retired)
      yield { type: 'drain-began', replica: slot, instance: id, reason: retired.reason };
    if (hasDrained(after, record) && !(before && hasDrained(before, before.instances.get(id))))
      yield {
        type: 'drain-ended',
        replica: slot,
        instance: id,
        afterMs: Math.max(0, Math.round(after.now - retired.at)),
        inFlight: record.quiet ? 0 : (after.inFlight.get(id) ?? 0),
      };
  }
  if (!before) return;
  const left = new Set(after.observed.map(({ id }) => id));
  for (const { id, slot } of before.observed) {
    const retired = before.instances.get(id)?.retired;
    if (!left.has(id) && retired) yield { type: 'stopped', replica: slot, instance: id, reason: retired.reason };
  }
}

function hasDrained(picture: PoolPicture, record: InstanceRecord | undefined): boolean {
  return record !== undefined && record.retired !== null && (record.quiet || picture.ending.has(record.id));
}

function* phaseChanges(before: PoolPicture | null, after: PoolPicture): Iterable<PoolEventFacts> {
  for (const [replica, { state, reason, instance, since }] of after.phases) {
    const was = before?.phases.get(replica);
    const { restart } = after.slots.get(replica) ?? {};
    if (restart?.quarantine && !before?.slots.get(replica)?.restart.quarantine)
      yield { type: 'quarantined', replica, reason: restart.quarantine.reason };
    const id = instance?.id ?? null;
    const entered = was?.state !== state;
    const afterMs = was && entered ? Math.max(0, since - was.since) : null;
    // A successor that takes over leaves the replica as ready as it was.
    if (state === 'ready' && id !== null && (entered || was?.instance?.id !== id))
      yield { type: 'ready', replica, instance: id, was: was?.state ?? null, afterMs };
    if (!entered) continue;
    if (state === 'unready') yield { type: 'unready', replica, instance: id, reason };
    if (state === 'backing-off')
      yield { type: 'backing-off', replica, reason, retryInMs: Math.max(0, (restart?.retryAt ?? 0) - after.now) };
    if (state === 'drained' && id !== null && was)
      yield { type: 'drain-ended', replica, instance: id, afterMs, inFlight: 0 };
  }
}
