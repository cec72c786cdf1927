// Owns how a process group is ended: asked first, killed after the grace. Each replica leads a group of its own, so that
// what it forked goes with it and a Ctrl-C in our terminal does not reach it. Which group may be ended is the caller's.
import { RuntimeError } from '../runtime-error.js';
import { isAlive, type ProcessIdentity } from '../../platform/process-identity.js';

/** A killed process is gone within milliseconds, unless the kernel holds it (a dead disk, a debugger). */
const KILL_DEADLINE_MS = 5_000;
const POLL_MS = 20;

/** Waits up to `ms`; true once the leader is dead. */
export type WaitUntilDead = (ms: number) => Promise<boolean>;

/** A group that nobody is left in counts as signalled; so does one of zombies, for which macOS says EPERM. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/**
 * SIGTERM, then SIGKILL after `graceMs`. The caller has just made sure that `leader` is who it thinks.
 * @throws RuntimeError code `timeout` when even SIGKILL does not end it
 */
export async function endGroup(leader: number, graceMs: number, dead: WaitUntilDead): Promise<void> {
  signalGroup(leader, 'SIGTERM');
  // A frozen process takes SIGTERM only once it runs again.
  signalGroup(leader, 'SIGCONT');
  if (await dead(graceMs)) return;
  signalGroup(leader, 'SIGKILL');
  if (await dead(KILL_DEADLINE_MS)) return;
  throw new RuntimeError('timeout', `process ${leader} did not die within ${KILL_DEADLINE_MS} ms of SIGKILL`);
}

/** For processes that are not our children: nobody tells of their death, so it is looked for. */
export function pollUntilDead(leader: ProcessIdentity): WaitUntilDead {
  return async (ms) => {
    const deadline = performance.now() + ms;
    while (await isAlive(leader)) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, left)));
    }
    return true;
  };
}
