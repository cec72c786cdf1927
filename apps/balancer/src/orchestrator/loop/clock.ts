// Owns time as the orchestrator knows it: a monotonic clock that decides, a wall clock that is only shown, and timers.
// A setting of the machine's clock changes nothing but what is displayed.

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Epoch milliseconds; for display only. */
  wall(): number;
  /** Calls back once after `ms`, unless the returned function is called first. */
  after(ms: number, callback: () => void): () => void;
}

/** The longest delay a Node timer holds; whoever asked for more looks again earlier, which costs nothing. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
};
