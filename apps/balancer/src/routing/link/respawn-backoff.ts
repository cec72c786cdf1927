// Owns how long a data process that died waits for its successor. Pure: monotonic milliseconds come in, a wait goes out.

const FIRST = 100;
const LAST = 5000;
/** A process that served for so long starts a new count. */
const STABLE_AFTER = 10_000;

/** The first start is free; then the wait doubles with every process that died young. */
export class RespawnBackoff {
  #startedAt = -Infinity;
  #deaths = 0;

  /** @returns milliseconds to wait before the start that is wanted at `now` */
  next(now: number): number {
    if (now - this.#startedAt > STABLE_AFTER) this.#deaths = 0;
    const wait = this.#deaths === 0 ? 0 : Math.min(LAST, FIRST * 2 ** (this.#deaths - 1));
    this.#deaths++;
    this.#startedAt = now + wait;
    return wait;
  }
}
