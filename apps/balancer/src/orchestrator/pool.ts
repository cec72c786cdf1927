// Owns bringing a pool up in the one safe order: lock, identity, state, data process, runtime, ring, loop. What breaks is
// told as a StartError and undone. Running it is the manager's.
import { HashingError, type PlacementDiff } from '@hashflow/hashing';
import type { Settings } from '../config/config.module.js';
import type { DataLink } from '../routing/link/data-link.js';
import { pseudonymOf } from '../routing/pseudonym.js';
import type { Ring } from '../routing/ring-recipe.js';
import type { ObservedInstance, Progress, ReplicaRuntime, Workload } from '../runtime/replica-runtime.js';
import { RuntimeError } from '../runtime/runtime-error.js';
import type { Logger } from '../telemetry/logger.js';
import { DesiredReader } from './loop/desired.js';
import type { EventLog } from './events/event-log.js';
import type { ManagerOptions } from './manager-options.js';
import { NewsDesk } from './events/news-desk.js';
import { PoolError, StartError } from './pool-error.js';
import { firstState, openHome, type PoolHome } from './state/pool-home.js';
import { type PoolRing, toRingMembers } from './ring/pool-ring.js';
import type { PoolState, StoredMember } from './state/pool-state.js';
import type { ProbeDemand } from './probing/probe.js';
import type { ProbeTally } from './probing/probe-tally.js';
import { Reconciler } from './loop/reconciler.js';
import { remembered, ringChange } from './ring/ring-history.js';
import { standbyObstacle } from './standby.js';
import { drift } from './state/workload.js';

/** A pool that runs. */
export interface Pool extends PoolHome {
  readonly reconciler: Reconciler;
  /** Where the settings ask for something else than the stored state as it is now. */
  readonly drift: () => readonly string[];
  /** From the stop signal to SIGKILL, in milliseconds. */
  readonly stopGrace: (instance: Pick<ObservedInstance, 'specHash'>) => number;
}

export interface PoolParts {
  readonly settings: Settings;
  readonly runtime: ReplicaRuntime;
  readonly link: DataLink;
  readonly log: Logger;
  readonly ring: PoolRing;
  readonly events: EventLog;
  readonly probes: ProbeTally;
  readonly options: ManagerOptions;
}

/** Milliseconds. */
const BACKOFF = { base: 100, cap: 10_000, stableAfter: 10_000 };
const DRAIN_POLL = 1000;

/** @param interrupted asked between the steps, since none of them can be cut short. @throws StartError; then nothing is left running that was not before */
export async function startPool(parts: PoolParts, progress: Progress, interrupted: () => boolean): Promise<Pool> {
  const { settings, runtime, link, log, ring, events, options } = parts;
  const home = await openHome(settings, runtime.kind, log, options.writeFile);
  const { lock, store, identity } = home;
  let takenOver = false;
  try {
    await openLink(link);
    takenOver = link.epoch > 0;
    endIf(interrupted());
    const stored = home.state?.ended ? undefined : home.state;
    const resolved = await resolveWorkload(runtime, progress, stored, log);
    endIf(interrupted());
    const state = stored ?? (await firstMembers(parts, home, resolved.workload));
    refuseStandby(settings, state.workload);
    const driftOf = (now: PoolState) => [...drift(settings, identity, now, resolved.workload), ...resolved.drift];
    const lines = driftOf(state);
    for (const line of lines) log.warn({}, line);
    const start = openRing(ring, { recipe: identity.ring, seed: identity.seed, hashKey: state.hashKey }, state.members);
    // Only members that the ring can take are stored, and stored before any of them is made.
    if (!stored) await store.begin(founded(state, start, ring, options));
    if (identity.ring.algorithm === 'classic')
      log.warn(
        {},
        'HASH_ALGORITHM=classic is for comparison only: its shares are uneven, and it is unfit for production',
      );
    const desired = new DesiredReader(store, log, settings.standby);
    const reconciler = new Reconciler({
      runtime,
      link,
      log,
      clock: options.clock,
      random: options.random,
      probe: options.probe,
      probeDemand: demandOf(settings),
      probes: parts.probes,
      timing: {
        interval: settings.healthInterval,
        timeout: settings.healthTimeout,
        suspectProbes: Math.max(settings.healthPass, settings.healthFail),
        stopTimeout: settings.stopTimeout,
      },
      policy: policyOf(settings, runtime),
      snapshotBase: {
        recipe: identity.ring,
        seed: identity.seed,
        pseudonym: pseudonymOf(identity.poolId),
        hashKey: state.hashKey,
        loadFactor: settings.loadFactor,
      },
      slowStart: settings.slowStart,
      desired: () => desired.current,
      specFor: (slot, seen) => desired.nextSpec(slot, seen),
      onTurn: () => news.look(),
    });
    const news = new NewsDesk(events, { reconciler, store, link, clock: options.clock });
    const { members } = store.current;
    events.record({ type: 'started', runtime: runtime.kind, replicas: members.length, digest: ring.current().digest });
    if (lines.length > 0) events.record({ type: 'drift', lines });
    await reconciler.start(takenOver);
    return {
      ...home,
      reconciler,
      drift: () => driftOf(store.current),
      stopGrace: ({ specHash }) => desired.current.termsOf(specHash).stopGraceMs ?? settings.stopTimeout,
    };
  } catch (error) {
    // A data process that we have taken over serves on, as it did before us.
    if (!takenOver) await link.shutdown(0).catch(() => {});
    // What a first start has prepared (a network) serves nobody now; what is in use stays.
    if (!home.state) await runtime.cleanup().catch(() => {});
    await lock.release();
    throw error instanceof PoolError ? new StartError('state_dir', error.message, { cause: error }) : error;
  }
}

/** @returns how it differs from an empty ring @throws StartError when the algorithm cannot place these members */
function openRing(poolRing: PoolRing, ring: Ring, members: readonly StoredMember[]): PlacementDiff {
  try {
    poolRing.open(ring);
    return poolRing.replace(toRingMembers(members));
  } catch (error) {
    if (!(error instanceof HashingError)) throw error;
    throw new StartError('ring', `The ring cannot take these replicas: ${error.message}`, { cause: error });
  }
}

/** @throws StartError when the instances of this workload cannot pass from one slot to another */
function refuseStandby({ standby }: Settings, workload: Workload): void {
  const obstacle = standbyObstacle(workload);
  if (standby > 0 && obstacle !== null)
    throw new StartError('standby', `STANDBY="${standby}" must be 0 for these replicas: ${obstacle}.`);
}

async function openLink(link: DataLink): Promise<void> {
  try {
    await link.open();
  } catch (error) {
    throw new StartError('data_plane', `The data process does not come up: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The first state of a pool, not stored yet. */
async function firstMembers(
  { settings, runtime }: PoolParts,
  { state }: PoolHome,
  workload: Workload | null,
): Promise<PoolState> {
  if (!workload) throw new StartError('runtime', 'the workload is not known');
  const running = await runtime.list().catch((error: Error) => {
    throw new StartError('runtime', `The ${runtime.kind} runtime does not answer: ${error.message}`, { cause: error });
  });
  return firstState(settings, runtime.kind, workload, running, state);
}

/** With the start as the first entry of the ring's history. */
function founded(state: PoolState, diff: PlacementDiff, ring: PoolRing, { clock }: ManagerOptions): PoolState {
  const names = state.members.map(({ name }) => name);
  const start = ringChange({
    wall: clock.wall(),
    cause: 'start',
    affected: names,
    members: names.length,
    diff,
    digest: ring.current().digest,
  });
  return { ...state, ringHistory: remembered(state.ringHistory, start) };
}

/** A pool that has a state can do without: what it runs is stored, and an engine that is away comes back. */
async function resolveWorkload(
  runtime: ReplicaRuntime,
  progress: Progress,
  stored: PoolState | undefined,
  log: Logger,
): Promise<{ workload: Workload | null; drift: string[] }> {
  try {
    return { workload: await runtime.prepare(progress), drift: [] };
  } catch (error) {
    const reason = (error as Error).message;
    if (!stored || !(error instanceof RuntimeError)) {
      throw new StartError('runtime', `The ${runtime.kind} runtime cannot run replicas: ${reason}`, { cause: error });
    }
    log.error({ reason }, 'the runtime cannot be prepared: the pool goes on with what is stored');
    return {
      workload: null,
      drift: [`The settings of the replicas cannot be resolved (${reason}): the pool stays with what it was made with`],
    };
  }
}

function demandOf({ healthProtocol, healthStatus, healthBody }: Settings): ProbeDemand {
  return healthProtocol === 'tcp' ? { protocol: 'tcp' } : { protocol: 'http', status: healthStatus, body: healthBody };
}

function policyOf(settings: Settings, { kind }: ReplicaRuntime): ConstructorParameters<typeof Reconciler>[0]['policy'] {
  const longestGap = settings.healthInterval + 2 * settings.healthTimeout;
  return {
    drainTimeout: settings.drainTimeout,
    // Replicas that we did not make cannot be made anew either: they are only left out while they are unwell.
    restartUnhealthyAfter: kind === 'static' ? Infinity : settings.restartUnhealthyAfter,
    // Naming a replica that runs elsewhere costs the machine nothing.
    spawn: { concurrency: settings.spawnConcurrency, rate: kind === 'static' ? Infinity : settings.spawnRate },
    drainPoll: DRAIN_POLL,
    freshProbe: longestGap,
    health: { pass: settings.healthPass, fail: settings.healthFail, longestGap },
    panicThreshold: settings.panicThreshold,
    outliers: {
      failures: settings.ejectFailures,
      errors: settings.ejectErrors,
      minRequests: settings.ejectMinRequests,
      window: settings.ejectWindow,
      time: settings.ejectTime,
      timeMax: settings.ejectTimeMax,
      maxEjected: settings.maxEjected,
    },
    restart: { ...BACKOFF, crashLoopLimit: settings.crashLoopLimit, crashLoopWindow: settings.crashLoopWindow },
  };
}

function endIf(interrupted: boolean): void {
  if (interrupted) throw new StartError('interrupted', 'The start was interrupted.');
}
