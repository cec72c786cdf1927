// Owns whether this thread could run lately. What fails right after it slept or starved failed because of that: answers lie
// unread in sockets whose time is over, so nobody is blamed for it. Time comes in; the lane sees to the beat.

/** Milliseconds between two beats. */
export const BEAT = 250;
/** By which the beat of a thread that runs may be late. */
const LATENESS = 500;
/** What fails so soon after a sleep fails because of it. */
const WAKING = 1000;

export class Wakefulness {
  #lastBeat: number;
  #sleptAt = -Infinity;

  constructor(now: number) {
    this.#lastBeat = now;
  }

  beat(now: number): void {
    if (now - this.#lastBeat > BEAT + LATENESS) this.#sleptAt = now;
    this.#lastBeat = now;
  }

  /** It could run, also in the time since the last beat, which may be about to come late. */
  isAwake(now: number): boolean {
    return now - this.#lastBeat <= BEAT + LATENESS && now - this.#sleptAt > WAKING;
  }
}
