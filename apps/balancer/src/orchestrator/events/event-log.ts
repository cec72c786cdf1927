// Owns the last events of a pool, in order and numbered, for readers who come, go and come back: a ring buffer in memory. A
// restart of the balancer begins a new one, and the ids tell. What happens is pool-event.ts's, who reads it the admin room's.
import { type PoolEvent, type PoolEventFacts, presentable } from './pool-event.js';

/** Enough for hours of ordinary life and minutes of a pool that crashes without end. */
export const MOST_EVENTS = 2000;

/** Where a reader stands. */
export type Reading =
  | { readonly events: readonly PoolEvent[]; readonly gap: null }
  /** What the reader lacks is not here any more, or never was: `gap` says why, in words. */
  | { readonly events: readonly []; readonly gap: string };

/** Fields whose words are not ours. */
const WORDS = new Set(['reason', 'lines', 'path']);

export interface EventLogOptions {
  readonly capacity?: number;
  /** A listener has thrown. */
  readonly onFailure?: (error: Error) => void;
}

export class EventLog {
  readonly capacity: number;
  private readonly onFailure: (error: Error) => void;
  private readonly events: (PoolEvent | undefined)[];
  /** Of the newest event; 0: there is none yet. */
  private last = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    /** Another one for each run of the balancer; letters and digits. */
    readonly boot: string,
    /** Epoch milliseconds. */
    private readonly wall: () => number,
    { capacity = MOST_EVENTS, onFailure = () => {} }: EventLogOptions = {},
  ) {
    this.capacity = capacity;
    this.onFailure = onFailure;
    this.events = new Array<PoolEvent | undefined>(capacity);
  }

  /** Id of the newest event; `BOOT-0` before there is one. */
  get position(): string {
    return this.idOf(this.last);
  }

  /** Id of the oldest event that is still here; null: there is none. */
  get oldest(): string | null {
    return this.last === 0 ? null : this.idOf(this.first);
  }

  record(facts: PoolEventFacts): void {
    const { type, ...fields } = facts;
    const shown = Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      WORDS.has(name) ? presentable(value) : value,
    ]);
    const head = { id: this.idOf(++this.last), at: new Date(this.wall()).toISOString(), type };
    this.events[this.last % this.capacity] = { ...head, ...Object.fromEntries(shown) } as PoolEvent;
    for (const listener of [...this.listeners]) {
      try {
        listener();
      } catch (error) {
        this.onFailure(error as Error);
      }
    }
  }

  /** Everything after the event with that id, oldest first. */
  since(id: string): Reading {
    if (!isEventId(id)) return missed('that is the id of no event');
    const dash = id.lastIndexOf('-');
    const number = Number(id.slice(dash + 1));
    if (id.slice(0, dash) !== this.boot) return missed('the balancer has started anew since');
    if (number > this.last) return missed('there is no such event yet');
    if (number < this.first - 1) return missed(`only the last ${this.capacity} events are kept`);
    return { events: this.range(number + 1), gap: null };
  }

  /** The newest `limit` events, oldest first. */
  latest(limit: number): readonly PoolEvent[] {
    return this.range(Math.max(this.first, this.last - limit + 1));
  }

  /** Told after each event; returns the subscription's end. */
  onRecord(listener: () => void): () => void {
    const own = () => listener();
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  private get first(): number {
    return Math.max(1, this.last - this.capacity + 1);
  }

  private range(from: number): PoolEvent[] {
    const events: PoolEvent[] = [];
    for (let number = from; number <= this.last; number++) {
      const event = this.events[number % this.capacity];
      if (event) events.push(event);
    }
    return events;
  }

  private idOf(number: number): string {
    return `${this.boot}-${number}`;
  }
}

/** What an id looks like, wherever it comes from. */
export function isEventId(text: string): boolean {
  return /^[a-z0-9]{1,32}-(?:0|[1-9]\d{0,14})$/.test(text);
}

function missed(gap: string): Reading {
  return { events: [], gap };
}
