// Owns putting what the loop knows of each member into what a deploy decides from. Nothing is decided here.
import { hasServed, standingOf } from '../eligibility.js';
import type { Pool, PoolParts } from '../pool.js';
import { nextGeneration, type PoolState, type StoredMember } from '../state/pool-state.js';
import { words } from '../restart-policy.js';
import type { PoolSight, SlotInstance } from './rollout.js';

export function sightOf(
  { reconciler }: Pick<Pool, 'reconciler'>,
  state: PoolState,
  { settings, options }: Pick<PoolParts, 'settings' | 'options'>,
): PoolSight {
  const { observed, memory } = reconciler;
  const now = options.clock.now();
  const limit = settings.restartUnhealthyAfter;

  const look = (instance: (typeof observed)[number]): SlotInstance => {
    const { specHash, generation, leftover } = instance;
    const record = memory.instances.get(instance.id);
    const { reason } = standingOf(instance, record, now);
    const stays = record !== undefined && !record.retired && !leftover;
    const late = stays && reason !== null && record.health.unwellFor >= limit;
    return {
      specHash,
      generation,
      wellFor: stays && hasServed(record) && reason === null ? now - (record.health.passingSince ?? now) : null,
      overdue: late ? `it is not ready after ${words(limit)}: ${reason}` : null,
    };
  };
  const member = ({ name, firstGeneration }: StoredMember) => {
    const own = observed.filter(({ slot }) => slot === name);
    const living = own.filter((one) => one.state !== 'exited' && one.generation >= firstGeneration);
    const seen = Math.max(0, ...own.map(({ generation }) => generation));
    return {
      instances: living.map(look),
      deaths: memory.slots.get(name)?.deaths ?? [],
      nextGeneration: Math.max(nextGeneration(state, name, seen), firstGeneration),
    };
  };
  return new Map(state.members.map((one) => [one.name, member(one)]));
}
