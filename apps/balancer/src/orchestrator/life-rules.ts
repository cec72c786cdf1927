// Owns the rules by which one replica is drained, taken back, restarted or weighed. Pure: a refused request throws before
// anything has happened. Storing the result is replica-life.ts's, what follows from it plan.ts's.
import { MAX_WEIGHT, type Member, show } from './members.js';
import { PoolError } from './pool-error.js';

/** A member with what operators have asked of it. */
export interface LifeMember extends Member {
  readonly drained?: boolean;
  readonly renewedFrom?: number;
}

/** An instance that lives in the slot of a replica. */
export interface LivingInstance {
  readonly generation: number;
  /** It has passed a probe: whatever lives beside it and has not is its successor already. */
  readonly tried: boolean;
}

/**
 * Whoever is drained already stays so.
 * @param ready names of the replicas that serve now
 * @throws PoolError unknown_replica; last_ready when nobody would be left to serve, unless `force` is given
 */
export function planDrain<M extends LifeMember>(
  members: readonly M[],
  name: string,
  force: boolean,
  ready: ReadonlySet<string>,
): M[] {
  const member = find(members, name);
  if (!member.drained && !force && ready.has(name) && ready.size === 1) {
    const why = `${show(name)} is the only replica that serves: without it no request is answered by a replica`;
    throw new PoolError('last_ready', `${why}; send {"force": true} to drain it all the same`, { replica: name });
  }
  return replace(members, { ...member, drained: true });
}

/** @throws PoolError unknown_replica */
export function planUndrain<M extends LifeMember>(members: readonly M[], name: string): M[] {
  const { drained: _wish, ...member } = find(members, name);
  return replace(members, member as M);
}

/**
 * The instance that serves is to be replaced. One that is still coming up is its successor already, and is left to it: however
 * often a restart is asked for, there are never more than the two.
 * @throws PoolError unknown_replica; not_restartable where the pool does not make its replicas
 */
export function planRestart<M extends LifeMember>(
  members: readonly M[],
  name: string,
  living: readonly LivingInstance[],
  makesReplicas: boolean,
): M[] {
  const member = find(members, name);
  if (!makesReplicas) {
    const why = 'the static runtime neither starts nor stops replicas, so it cannot restart one';
    throw new PoolError('not_restartable', `${show(name)} cannot be restarted: ${why}`, { replica: name });
  }
  const newest = Math.max(0, ...living.filter(({ tried }) => tried).map(({ generation }) => generation));
  if (newest === 0) return [...members];
  return replace(members, { ...member, renewedFrom: Math.max(member.renewedFrom ?? 0, newest + 1) });
}

/** Whether the algorithm can place such a weight is the ring's to say. @throws PoolError unknown_replica, bad_weight */
export function planWeight<M extends LifeMember>(members: readonly M[], name: string, weight: number): M[] {
  const member = find(members, name);
  if (!(weight > 0 && weight <= MAX_WEIGHT)) {
    const message = `weight must be above 0 and at most ${MAX_WEIGHT}, not ${show(weight)}`;
    throw new PoolError('bad_weight', message, { field: 'weight', value: weight });
  }
  return replace(members, { ...member, weight });
}

/** @throws PoolError unknown_replica */
export function find<M extends LifeMember>(members: readonly M[], name: string): M {
  const member = members.find((candidate) => candidate.name === name);
  if (!member) throw new PoolError('unknown_replica', `replica ${show(name)} does not exist`, { replica: name });
  return member;
}

function replace<M extends LifeMember>(members: readonly M[], changed: M): M[] {
  return members.map((member) => (member.name === changed.name ? changed : member));
}
