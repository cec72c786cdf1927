// Owns the requests of a lane that wait because every replica is at its limit: in the order in which they came, bounded in
// number. Whoever leaves a replica lets the first of them look for room. Pure: time and turns come in. How long one waits, and
// what it takes, is its attempt machine's.
import { TimedEntry, type WheelEntry } from '../lane/timer-wheel.js';

export interface QueueWaiter {
  /**
   * A replica may have room: takes it, and leaves the queue, or stays where it is.
   * @returns whether there may be room for who comes after
   */
  onVacancy(): boolean;
}

export interface QueueOptions {
  /** Most that may wait. */
  readonly capacity: number;
  /** Runs it once what happens now is through: whoever gives up a replica gives up its connection, too, before others have it. */
  readonly defer: (serve: () => void) => void;
  readonly deadlines: { follow(entry: WheelEntry): void };
  /** One left the queue, whatever came of it. @param waited milliseconds */
  readonly onLeft: (waited: number) => void;
}

/** Other workers release replicas, too, and tell nobody: so often a queue looks by itself. Milliseconds. */
export const RECHECK = 20;

export class RequestQueue extends TimedEntry {
  deadline = Infinity;
  /** When each came; in that order. */
  readonly #waiting = new Map<QueueWaiter, number>();
  #serving = false;

  constructor(private readonly options: QueueOptions) {
    super();
  }

  get length(): number {
    return this.#waiting.size;
  }

  get hasRoom(): boolean {
    return this.#waiting.size < this.options.capacity;
  }

  enter(waiter: QueueWaiter, now: number): void {
    // Who comes to others has not looked for room itself.
    this.look();
    this.#waiting.set(waiter, now);
    if (this.deadline === Infinity) this.#lookAgain(now);
  }

  leave(waiter: QueueWaiter, now: number): void {
    const came = this.#waiting.get(waiter);
    if (came === undefined) return;
    this.#waiting.delete(waiter);
    this.options.onLeft(now - came);
  }

  /** There may be room: a request let go of its replica, or a table came. */
  look(): void {
    if (this.#waiting.size === 0 || this.#serving) return;
    this.#serving = true;
    this.options.defer(this.#serve);
  }

  onDeadline(now: number): void {
    this.#serve();
    this.#lookAgain(now);
  }

  readonly #serve = (): void => {
    this.#serving = false;
    for (const waiter of this.#waiting.keys()) if (!waiter.onVacancy()) return;
  };

  #lookAgain(now: number): void {
    this.deadline = this.#waiting.size > 0 ? now + RECHECK : Infinity;
    this.options.deadlines.follow(this);
  }
}
