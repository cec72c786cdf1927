// Owns what operators may ask of one replica besides joining and leaving: drain, undrain, restart, weight, and how its
// instances died. Each wish is stored before it is answered. The rules are life-rules.ts's; carrying a wish out is the loop's.
import { find, planDrain, planRestart, planUndrain, planWeight } from './life-rules.js';
import { changeMembers } from './ring/member-change.js';
import type { Pool, PoolParts } from './pool.js';
import { PoolError } from './pool-error.js';
import type { PoolEventFacts } from './events/pool-event.js';
import { toRingMembers } from './ring/pool-ring.js';
import type { StoredMember } from './state/pool-state.js';
import type { DeathView } from './views/replica-view.js';
import { type PreviewView, previewView } from './ring/ring-views.js';
import { deathView } from './views/views.js';

/** What this shares with whatever else changes the pool. */
export interface PoolTurns {
  /** @throws PoolError not_running */
  readonly running: () => Pool;
  /** Changes are made one after the other. */
  readonly inTurn: <T>(change: (pool: Pool) => Promise<T>) => Promise<T>;
}

export class ReplicaLife {
  constructor(
    private readonly parts: Pick<PoolParts, 'ring' | 'options' | 'runtime' | 'events'>,
    private readonly pool: PoolTurns,
  ) {}

  /**
   * Takes a replica out of service: no new request, while its instance runs on. Resolves when the data plane has
   * acknowledged that, or has had its time. @throws PoolError unknown_replica, last_ready, storage, not_running
   */
  async drain(name: string, { force = false } = {}): Promise<void> {
    await this.pool.inTurn((pool) => {
      const { phases } = pool.reconciler;
      const ready = new Set([...phases].filter(([, { state }]) => state === 'ready').map(([member]) => member));
      return this.wish(pool, (members) => planDrain(members, name, force, ready));
    });
    await this.pool.running().reconciler.settled();
  }

  /** The replica serves again once it passes a probe. @throws PoolError unknown_replica, storage, not_running */
  async undrain(name: string): Promise<void> {
    await this.pool.inTurn(async (pool) => {
      await this.wish(pool, (members) => planUndrain(members, name));
      // The data plane may just be telling that it is quiet: whatever comes next must not take that for a later drain.
      await pool.reconciler.settled();
    });
  }

  /**
   * A successor takes the slot once it is ready, then the predecessor drains and is stopped. Also ends backoff and
   * quarantine.
   * @param options.awaited somebody is going to wait for it to be ready, which a drained replica is not going to be
   * @throws PoolError unknown_replica, not_restartable, drained, storage, not_running
   */
  async restart(name: string, { awaited = false } = {}): Promise<void> {
    await this.pool.inTurn(async (pool) => {
      const { observed, memory } = pool.reconciler;
      const { firstGeneration, drained } = find(pool.store.current.members, name);
      if (awaited && drained) throw notReadyBefore(name);
      const living = observed
        .filter((i) => i.slot === name && i.state !== 'exited' && i.generation >= firstGeneration)
        .flatMap(({ id, generation }) => {
          const record = memory.instances.get(id);
          return !record || record.retired ? [] : [{ generation, tried: record.health.status !== 'untried' }];
        });
      const makesReplicas = this.parts.runtime.kind !== 'static';
      await this.wish(pool, (members) => planRestart(members, name, living, makesReplicas), [name], {
        type: 'restart',
        replica: name,
      });
    });
  }

  /** @returns what that moves @throws PoolError unknown_replica, bad_weight, unplaceable, storage, not_running */
  async setWeight(name: string, weight: number): Promise<PreviewView> {
    return this.pool.inTurn(async ({ store, reconciler }) => {
      const { ring, options } = this.parts;
      const { members } = store.current;
      const changed = planWeight(members, name, weight);
      const { diff } = changeMembers({ ring, clock: options.clock }, store.current, changed, 'weight', [name]);
      if (find(members, name).weight !== weight) {
        await store.update((state) => {
          const after = planWeight(state.members, name, weight);
          return changeMembers({ ring, clock: options.clock }, state, after, 'weight', [name]).state;
        });
        ring.replace(toRingMembers(changed));
        reconciler.turn();
      }
      return previewView(diff);
    });
  }

  /** Newest first; since this balancer started, or the replica joined. @throws PoolError unknown_replica, not_running */
  deaths(name: string): DeathView[] {
    const { store, reconciler } = this.pool.running();
    find(store.current.members, name);
    return (reconciler.memory.slots.get(name)?.deaths ?? []).map(deathView);
  }

  /** Stores what was asked, and wakes the loop. @param pardoned whose troubles are forgotten first */
  private async wish(
    { store, reconciler }: Pool,
    change: (members: readonly StoredMember[]) => StoredMember[],
    pardoned: readonly string[] = [],
    /** No difference between two pictures of the pool tells it. */
    news?: PoolEventFacts,
  ): Promise<void> {
    const wanted = change(store.current.members);
    if (JSON.stringify(wanted) !== JSON.stringify(store.current.members))
      await store.update((state) => ({ ...state, members: change(state.members) }));
    if (news) this.parts.events.record(news);
    for (const name of pardoned) reconciler.memory.pardon(name);
    reconciler.turn();
  }
}

/**
 * Whether the replica serves, by an instance of no earlier generation than a restart asks for.
 * @returns what it still lacks, in words; null when it is ready
 * @throws PoolError quarantined, drained when waiting is in vain
 */
export function lacksReadiness({ reconciler }: Pool, { name, drained, renewedFrom = 0 }: StoredMember): string | null {
  const phase = reconciler.phases.get(name);
  if (drained) throw notReadyBefore(name);
  const { quarantine } = reconciler.memory.slots.get(name)?.restart ?? {};
  const renewed = (phase?.instance?.generation ?? 0) >= renewedFrom;
  if (phase?.state === 'ready' && renewed) return null;
  if (quarantine) throw new PoolError('quarantined', `${name} is quarantined: ${quarantine.reason}`, { replica: name });
  if (phase?.state === 'ready') return 'its successor is not ready yet';
  return `it is ${phase?.state ?? 'starting'}${phase?.reason ? ` (${phase.reason})` : ''}`;
}

function notReadyBefore(name: string): PoolError {
  return new PoolError('drained', `${name} is drained: it is ready after an undrain`, { replica: name });
}
