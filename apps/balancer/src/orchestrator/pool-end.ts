// Owns the end of a pool in the one safe order: time to be told, no more plans, requests finished, instances ended, state, lock. Each step is
// bounded, and cut short when somebody is in a hurry. When it ends is main's.
import type { ObservedInstance, ReplicaRuntime } from '../runtime/replica-runtime.js';
import type { Logger } from '../telemetry/logger.js';
import type { Clock } from './loop/clock.js';
import { withDeadline } from './loop/deadline.js';
import type { Pool, PoolParts } from './pool.js';

export type EndMode = 'end' | 'leave';

const MOST_TRIES = 3;
const LIST_DEADLINE = 5000;
/** Of an engine call, beyond the grace that is given to the instance itself. */
const CALL_MARGIN = 15_000;

/** Never rejects. @param pool undefined when it never came up */
export async function endPool(
  parts: PoolParts,
  pool: Pool | undefined,
  mode: EndMode,
  hurry: AbortSignal,
): Promise<void> {
  const { settings, runtime, link, log } = parts;
  if (!pool) return runtime.close().catch(logged(log, 'the runtime could not be closed'));
  const { reconciler, store, lock } = pool;
  // Who asks /readyz has to learn of the end before the port closes. Until then the pool is cared for as ever.
  if (mode === 'leave') await pause(parts.options.clock, settings.shutdownDelay, hurry);
  if (mode === 'end') {
    // From here on a crash leads to a next start that begins anew and clears away what is left.
    const refused = await store.updateAnyway((state) => ({ ...state, ended: true }));
    if (refused) log.error({ error: refused.message }, 'the end of the pool could not be stored');
  }
  const stopped = reconciler.stop();
  // Replicas live on until the last request is answered.
  const endData = (deadlineMs: number) =>
    link.shutdown(deadlineMs).catch(logged(log, 'the data process did not end cleanly'));
  await unlessHurried(hurry, () => endData(settings.drainTimeout));
  if (hurry.aborted) await endData(0);
  await unlessHurried(hurry, () => stopped);

  const keeps = mode === 'leave' && runtime.adopts && !settings.stopReplicas;
  const leavers = new Set(
    [...reconciler.memory.instances.values()].filter(({ retired }) => retired).map(({ id }) => id),
  );
  const which = ({ id }: ObservedInstance) => !keeps || leavers.has(id);
  const polite = await unlessHurried(hurry, () => endInstances(parts, which, pool.stopGrace));
  const left = polite ?? (await endInstances(parts, which, () => 0));

  if (mode === 'end' && left === 0) {
    await runtime.cleanup().catch(logged(log, 'what the pool used could not be removed'));
    await store.forget();
  }
  await runtime.close().catch(logged(log, 'the runtime could not be closed'));
  await lock.release();
}

interface EndParts {
  readonly runtime: ReplicaRuntime;
  readonly log: Logger;
  readonly options: { readonly clock: Clock };
}

/** All at once, from fresh lists, until none is left or it has been tried often enough. @returns how many are left */
async function endInstances(
  parts: EndParts,
  which: (instance: ObservedInstance) => boolean,
  graceOf: Pool['stopGrace'],
): Promise<number> {
  const { runtime, log } = parts;
  const list = async () =>
    (await withDeadline(parts.options.clock, LIST_DEADLINE, 'listing the instances', runtime.list())).filter(which);
  let left: ObservedInstance[] = [];
  try {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      left = await list();
      if (left.length === 0) return 0;
      await Promise.all(left.map((instance) => endInstance(parts, instance, graceOf(instance))));
    }
    left = await list();
    if (left.length > 0) log.error({ instances: left.map(({ id }) => id) }, 'some instances could not be stopped');
  } catch (error) {
    log.error({ error: (error as Error).message }, 'the engine does not answer: instances may be left');
    return Math.max(1, left.length);
  }
  return left.length;
}

async function endInstance(
  { runtime, log, options: { clock } }: EndParts,
  { id, slot }: ObservedInstance,
  graceMs: number,
): Promise<void> {
  try {
    if (graceMs > 0)
      await withDeadline(clock, graceMs + CALL_MARGIN, 'stopping an instance', runtime.stop(id, graceMs));
    await withDeadline(clock, CALL_MARGIN, 'removing an instance', runtime.remove(id));
  } catch (error) {
    log.warn({ replica: slot, instance: id, error: (error as Error).message }, 'an instance could not be stopped');
  }
}

/** The job's outcome; undefined when somebody was or got in a hurry before it had one. The job is not undone. */
export async function unlessHurried<T>(hurry: AbortSignal, job: () => Promise<T>): Promise<T | undefined> {
  if (hurry.aborted) return undefined;
  return new Promise((resolve, reject) => {
    const hurried = () => resolve(undefined);
    hurry.addEventListener('abort', hurried, { once: true });
    job()
      .then(resolve, reject)
      .finally(() => hurry.removeEventListener('abort', hurried));
  });
}

/** Resolves after `ms`, or when somebody gets in a hurry; leaves no timer. */
function pause(clock: Clock, ms: number, hurry: AbortSignal): Promise<void> {
  if (ms === 0 || hurry.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = () => {
      cancel();
      hurry.removeEventListener('abort', over);
      resolve();
    };
    const cancel = clock.after(ms, over);
    hurry.addEventListener('abort', over, { once: true });
  });
}

function logged(log: Logger, message: string): (error: Error) => void {
  return (error) => log.warn({ error: error.message }, message);
}
