// Owns waiting for a state of the pool: woken by its changes, ended by time, by the one who asked, or by a state that cannot
// come any more. What "ready" and "gone" mean is the manager's.
import type { Clock } from './loop/clock.js';
import { PoolError } from './pool-error.js';
import type { WaitOptions } from './views/replica-view.js';

export interface Wait {
  readonly clock: Clock;
  readonly onChange: (listener: () => void) => () => void;
  /** The replica that is still waited for, null when there is none. @throws PoolError when waiting is in vain */
  readonly missing: () => { readonly name: string; readonly state: string } | null;
  /** In words: `ready`. */
  readonly goal: string;
}

/** @throws PoolError wait_timeout, wait_aborted, or what `missing` throws */
export function waitUntil(
  wait: Wait,
  { signal, timeoutMs }: WaitOptions & { readonly timeoutMs: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: PoolError | null) => {
      cancel();
      unsubscribe();
      signal?.removeEventListener('abort', aborted);
      if (outcome) reject(outcome);
      else resolve();
    };
    /** @returns who is still waited for, once the wait goes on */
    const look = () => {
      try {
        const missing = wait.missing();
        if (missing === null) settle(null);
        return missing;
      } catch (error) {
        settle(error as PoolError);
        return null;
      }
    };
    const aborted = () =>
      settle(new PoolError('wait_aborted', `Nobody waits any more for replicas to be ${wait.goal}`));
    const expired = () => {
      const missing = look();
      if (!missing) return;
      const message = `${missing.name} is not ${wait.goal} after ${timeoutMs} ms: ${missing.state}`;
      settle(new PoolError('wait_timeout', message, { replica: missing.name }));
    };
    const cancel = wait.clock.after(timeoutMs, expired);
    const unsubscribe = wait.onChange(look);
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted) aborted();
    else look();
  });
}
