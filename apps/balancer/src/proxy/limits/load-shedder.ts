// Owns whether this worker has more to do than it can: then new requests are refused before they cost anything, so that those under
// way come to an end. Pure; it is told what was seen at each pulse.

export interface ShedRules {
  /** Milliseconds by which the thread may be late; 0 = any. */
  readonly maxLag: number;
  /** Bytes of heap and buffers of the worker; 0 = any. */
  readonly maxMemory: number;
}

/** Once it sheds, it does so for so long at least. Milliseconds. */
export const SHED_FOR = 1000;
/** Below so much of a limit it is over. */
const OVER_BELOW = { lag: 0.5, memory: 0.9 };

export class LoadShedder {
  #shedding = false;
  #until = 0;
  #wasLate = false;

  constructor(private readonly rules: ShedRules) {}

  get shedding(): boolean {
    return this.#shedding;
  }

  /**
   * One late look says nothing: the machine may have slept. A thread that has too much to do is late again.
   * @param now monotonic milliseconds @param lag milliseconds by which this look was late @param memory bytes in use
   */
  look(now: number, lag: number, memory: number): void {
    const { maxLag, maxMemory } = this.rules;
    const late = maxLag > 0 && lag > maxLag;
    const full = maxMemory > 0 && memory > maxMemory;
    if ((late && this.#wasLate) || full) {
      this.#shedding = true;
      this.#until = now + SHED_FOR;
    } else if (this.#shedding && now >= this.#until) {
      const over =
        (maxLag === 0 || lag < maxLag * OVER_BELOW.lag) && (maxMemory === 0 || memory < maxMemory * OVER_BELOW.memory);
      if (over) this.#shedding = false;
    }
    this.#wasLate = late;
  }
}
