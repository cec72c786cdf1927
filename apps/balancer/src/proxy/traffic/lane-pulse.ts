// Owns what a lane looks at in regular turns instead of at each request: how late its thread is, how busy it was, and what it
// holds open. It runs on the lane's own thread; a thread that is stuck shows by what it finds afterwards.
import { performance } from 'node:perf_hooks';
import type { LaneCells } from './lane-cells.js';

/** Milliseconds between two looks. */
export const PULSE = 50;

export interface PulseSources {
  /** Connections to replicas: all, and those that wait for a request. */
  upstreams(): { readonly open: number; readonly idle: number };
  /** Requests that wait for a replica, or for the next table. */
  waiting(): number;
  /** Requests in the queue. */
  queued(): number;
  /** Told of each look, and asked what came of it. @param lag milliseconds by which it was late */
  readonly shedder: { look(now: number, lag: number, memory: number): void; readonly shedding: boolean };
  /** Bytes in use; only asked where it matters. */
  memory(): number;
  /** Paid retries under way. */
  budgetHeld(): number;
}

export class LanePulse {
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();
  #busy = 0;

  constructor(
    private readonly cells: LaneCells,
    private readonly sources: PulseSources,
  ) {
    this.#timer = setInterval(() => this.look(performance.now()), PULSE).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @param now monotonic milliseconds */
  look(now: number): void {
    const { cells, sources } = this;
    const lag = Math.max(0, now - this.#last - PULSE);
    cells.lag(lag / 1000);
    sources.shedder.look(now, lag, sources.memory());
    cells.set('shedding', sources.shedder.shedding ? 1 : 0);
    this.#last = now;
    const { open, idle } = sources.upstreams();
    cells.set('upstreamOpen', open);
    cells.set('upstreamIdle', idle);
    cells.set('budgetHeld', sources.budgetHeld());
    cells.set('waiting', sources.waiting());
    cells.set('queued', sources.queued());
    // Added and not set: a worker that took the place of a dead one goes on where that one stopped.
    const busy = performance.eventLoopUtilization().active / 1000;
    cells.add('busy', Math.max(0, busy - this.#busy));
    this.#busy = busy;
  }
}
