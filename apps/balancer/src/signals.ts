// Owns what a signal means: which stop it asks for, and that the echo of one Ctrl-C is no second one. Stopping is main's.

export type StopRequest = 'end' | 'leave' | 'now';

/** A Ctrl-C in a terminal reaches the balancer twice within about a millisecond: from the terminal and from npm. */
const ECHO_MS = 1000;

/**
 * SIGINT ends the pool, SIGTERM (and SIGHUP: the terminal went away) leaves adoptable replicas running; any later one
 * while stopping asks to stop at once. `now` is monotonic milliseconds.
 */
export class SignalPolicy {
  private first: number | undefined;

  next(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', now: number): StopRequest | undefined {
    if (this.first === undefined) {
      this.first = now;
      return signal === 'SIGINT' ? 'end' : 'leave';
    }
    return now - this.first < ECHO_MS ? undefined : 'now';
  }
}
