// Owns how long the orchestrator waits for anything that may hang: an engine call, a data process.
import { RuntimeError } from '../../runtime/runtime-error.js';
import type { Clock } from './clock.js';

/**
 * The promise's outcome, or RuntimeError `timeout` when it takes longer than `ms`. What the call does later is not undone:
 * the next list shows it.
 */
export function withDeadline<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () =>
      reject(new RuntimeError('timeout', `${what} took longer than ${Math.round(ms / 1000)} s`)),
    );
    promise.then(resolve, reject).finally(cancel);
  });
}
