// Owns time in the orchestrator's tests: it moves only when told, and lets everything that became due happen on the way.
import type { Clock } from '../loop/clock.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  private time = 1_000_000;
  private offset = Date.UTC(2030, 0, 1);
  private order = 0;
  private readonly timers = new Set<Timer>();

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.offset + this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + Math.max(0, ms), order: this.order++, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.timers.size;
  }

  /** Sets the wall clock, as an operator or NTP does. */
  shiftWall(ms: number): void {
    this.offset += ms;
  }

  /** Time passes without anybody being able to run: a suspended machine. Whatever was due fires at the next `advance`. */
  suspend(ms: number): void {
    this.time += ms;
  }

  /** Runs all that falls due within `ms`, in order, with everything that follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (let next = this.next(end); next; next = this.next(end)) {
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await settle();
    }
    this.time = Math.max(this.time, end);
  }

  private next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.at <= end && (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)))
        first = timer;
    }
    return first;
  }
}

/** Lets every promise that can go on do so: a macrotask comes after all of them. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
