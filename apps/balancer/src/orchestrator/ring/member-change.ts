// Owns the pool's state after a change of what the ring is made of, with the record of what that moves. Storing it is the
// state store's; who may join or leave is members.ts's, what the ring can take its own to say.
import type { PlacementDiff } from '@hashflow/hashing';
import type { Clock } from '../loop/clock.js';
import { type PoolRing, toRingMembers } from './pool-ring.js';
import type { PoolState, StoredMember } from '../state/pool-state.js';
import { remembered, ringChange, type RingChangeCause } from './ring-history.js';

export interface MemberChange {
  readonly state: PoolState;
  /** How the ring after it differs from the one in force. */
  readonly diff: PlacementDiff;
}

/** @param affected names that joined, left or were changed @throws PoolError unplaceable */
export function changeMembers(
  { ring, clock }: { readonly ring: PoolRing; readonly clock: Clock },
  state: PoolState,
  members: readonly StoredMember[],
  cause: RingChangeCause,
  affected: readonly string[],
): MemberChange {
  const placement = ring.build(toRingMembers(members));
  const diff = ring.diff(ring.current(), placement);
  const change = ringChange({
    wall: clock.wall(),
    cause,
    affected,
    members: members.length,
    diff,
    digest: placement.digest,
  });
  return { state: { ...state, members: [...members], ringHistory: remembered(state.ringHistory, change) }, diff };
}
