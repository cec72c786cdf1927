// Owns the way into a pool's STATE_DIR: the lock first, then who the pool is, then what is wanted of it; and the state that a
// first start begins with. What is done with it is the manager's.
import { randomBytes } from 'node:crypto';
import type { Settings } from '../../config/config.module.js';
import type { ObservedInstance, RuntimeKind, Workload } from '../../runtime/replica-runtime.js';
import { recipeOf } from '../../routing/ring-recipe.js';
import { parseStaticReplica } from '../../runtime/static/static-replica.js';
import type { Logger } from '../../telemetry/logger.js';
import type { WriteFile } from './durable-file.js';
import { type AddRules, initialMembers, isMemberName } from '../members.js';
import { StartError } from '../pool-error.js';
import { FIRST_GENERATION, generationOf, type Identity, type PoolState, type StoredMember } from './pool-state.js';
import { StateLock } from './state-lock.js';
import { type Found, StateStore } from './state-store.js';

export interface PoolHome {
  readonly lock: StateLock;
  readonly store: StateStore;
  readonly identity: Identity;
  /** undefined at a first start, or when the file was damaged. */
  readonly state: PoolState | undefined;
}

/** Takes the lock before anything else is touched. @throws StartError, and the lock is free again */
export async function openHome(
  settings: Settings,
  kind: RuntimeKind,
  log: Logger,
  write?: WriteFile,
): Promise<PoolHome> {
  const store = new StateStore(settings.stateDir, write);
  await store.prepareFolder();
  const lock = await StateLock.acquire(settings.stateDir, settings.pool);
  try {
    const identity = await openIdentity(store, settings, log);
    const found = await store.readState();
    warnAbout(found, log, 'the replicas that run become the pool’s members, or N new ones are made');
    const state = found.value;
    if (state && !state.ended && state.runtime !== kind) {
      throw new StartError(
        'runtime_changed',
        `Pool ${settings.pool} lives on the ${state.runtime} runtime, but this start chose ${kind}. ` +
          `Set RUNTIME=${state.runtime} (and see that it answers), or end the pool with \`npm run clean\` first.`,
      );
    }
    return { lock, store, identity, state };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** @throws StartError when the folder belongs to another pool */
async function openIdentity(store: StateStore, settings: Settings, log: Logger): Promise<Identity> {
  const found = await store.readIdentity();
  if (found.value && found.value.pool !== settings.pool) {
    throw new StartError(
      'state_dir',
      `STATE_DIR ${settings.stateDir} belongs to pool ${found.value.pool}: choose another one for pool ${settings.pool}.`,
    );
  }
  warnAbout(found, log, 'the pool gets a new identity; unless HASH_SEED gives the old seed, keys move');
  if (found.value) return found.value;
  const identity: Identity = {
    schema: 1,
    pool: settings.pool,
    poolId: randomBytes(8).toString('hex'),
    seed: settings.hashSeed ?? randomBytes(8).toString('hex'),
    ring: recipeOf(settings),
    createdAt: new Date().toISOString(),
  };
  await store.writeIdentity(identity);
  return identity;
}

function warnAbout({ setAside }: Found<unknown>, log: Logger, consequence: string): void {
  if (setAside)
    log.error(
      { file: setAside.path },
      `a state file was damaged (${setAside.reason}) and is set aside: ${consequence}`,
    );
}

/**
 * The state of a pool that has none. Where instances of it run all the same (the file was damaged or lost), their names are
 * the members: running replicas are worth more than a number in the settings. A pool that was being ended begins anew.
 */
export function firstState(
  settings: Settings,
  kind: RuntimeKind,
  workload: Workload,
  running: readonly ObservedInstance[],
  previous: PoolState | undefined,
): PoolState {
  const generations: Record<string, number> = { ...previous?.generations };
  const live = previous?.ended ? [] : running.filter(({ slot, state }) => state !== 'exited' && isMemberName(slot));
  for (const { slot, generation } of running) {
    if (isMemberName(slot))
      generations[slot] = Math.max(generationOf({ generations }, slot), generation, FIRST_GENERATION);
  }
  const adopted = [...new Set(live.map(({ slot }) => slot))].sort(new Intl.Collator('en', { numeric: true }).compare);
  const members: StoredMember[] =
    adopted.length > 0 && kind !== 'static'
      ? adopted.map((name) => ({ name, weight: 1, firstGeneration: FIRST_GENERATION }))
      : initialMembers(settings.n, settings.replicas, addRules(settings, kind)).map((member) => ({
          ...member,
          firstGeneration: generationOf({ generations }, member.name) + 1,
        }));
  return {
    schema: 1,
    runtime: kind,
    members,
    workload: { ...workload, env: { ...workload.env } },
    hashKey: settings.hashKey,
    createdWith: { n: settings.n, replicas: [...settings.replicas] },
    generations,
    ringHistory: previous?.ringHistory ?? [],
    ended: false,
    savedAt: '',
  };
}

export function addRules(settings: Settings, kind: RuntimeKind): AddRules {
  return { maxReplicas: settings.maxReplicas, parseStatic: kind === 'static' ? parseStaticReplica : undefined };
}
