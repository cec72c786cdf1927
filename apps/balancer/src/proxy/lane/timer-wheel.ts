// Owns the deadlines of a lane: one coarse hashed wheel of intrusive lists, so that a deadline costs a request two assignments
// and no timer. Pure: time comes in, and who turns the wheel is deadlines.ts. What a deadline means is its entry's.
//
// It is lazy. A deadline that moves later is left where it is, and looked at again when its old time comes; only one that
// moves earlier is linked anew. So who has a deadline all along, each later than the last, pays for one look per old deadline.
//
//     slots  0   1   2   3   …   1023        an entry is in slot (its tick mod 1024); those of later turns stay as it passes
//            ▲ each 20 ms wide

/** Milliseconds. A deadline strikes up to so much late, and never early; a thread that is busy adds to that. */
export const GRANULARITY = 20;

/** A power of two. Together they are 20 s: of longer deadlines one look per turn is wasted. */
const SLOTS = 1024;
const MASK = SLOTS - 1;
const UNLINKED = Infinity;

export interface WheelEntry {
  /** Monotonic milliseconds, Infinity = none. It may move later by itself; where it moves earlier, `schedule` has to be called. */
  readonly deadline: number;
  /** The deadline has passed. The entry is out of the wheel by now and may schedule itself anew. */
  onDeadline(now: number): void;

  // The wheel's alone.
  /** When it is looked at; Infinity = it is in no wheel. */
  wheelTick: number;
  wheelNext: WheelEntry | undefined;
  wheelPrevious: WheelEntry | undefined;
}

/** For those who would rather inherit the fields of the wheel. */
export abstract class TimedEntry implements WheelEntry {
  abstract readonly deadline: number;
  abstract onDeadline(now: number): void;

  wheelTick = UNLINKED;
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
}

/** Begin and end of a list: linking and unlinking know no special case. */
class Anchor extends TimedEntry {
  readonly deadline = Infinity;
  override wheelNext: WheelEntry = this;
  override wheelPrevious: WheelEntry = this;

  onDeadline(): void {}

  get empty(): boolean {
    return this.wheelNext === this;
  }
}

export class TimerWheel {
  readonly #slots = Array.from({ length: SLOTS }, () => new Anchor());
  /** Taken out of their slots, and not yet told. */
  readonly #due = new Anchor();
  #size = 0;
  /** All slots up to this tick have been looked at. */
  #tick: number;

  /** @param now monotonic milliseconds */
  constructor(now: number) {
    this.#tick = tickBefore(now);
  }

  /** Entries that are in it. */
  get size(): number {
    return this.#size;
  }

  /**
   * Sees to it that the entry is told of its deadline, or no longer if it has none. Costs a comparison where it is looked at
   * early enough anyway. @returns the time at which it is looked at, if that is new; else Infinity
   */
  schedule(entry: WheelEntry): number {
    const wanted = Math.ceil(entry.deadline / GRANULARITY);
    if (wanted === Infinity) this.cancel(entry);
    if (wanted >= entry.wheelTick) return Infinity;
    if (entry.wheelTick === UNLINKED) this.#size++;
    else unlink(entry);
    const tick = Math.max(wanted, this.#tick + 1);
    entry.wheelTick = tick;
    append(this.#slots[tick & MASK], entry);
    return tick * GRANULARITY;
  }

  /** The entry is told nothing any more. Does nothing where it is in no wheel. */
  cancel(entry: WheelEntry): void {
    if (entry.wheelTick === UNLINKED) return;
    unlink(entry);
    entry.wheelTick = UNLINKED;
    this.#size--;
  }

  /** Tells those whose deadline has passed; they may schedule and cancel whom they like. */
  advance(now: number): void {
    const until = tickBefore(now);
    // After a long sleep each slot is looked at once.
    const from = this.#size > 0 ? Math.max(this.#tick, until - SLOTS) : until;
    for (let tick = from + 1; tick <= until; tick++) this.#collect(this.#slots[tick & MASK], until);
    // Before anybody is told: what they schedule must not get into a slot that has passed.
    if (until > this.#tick) this.#tick = until;
    while (!this.#due.empty) {
      const entry = this.#due.wheelNext;
      unlink(entry);
      entry.wheelTick = UNLINKED;
      this.#size--;
      if (entry.deadline > now) this.schedule(entry);
      else entry.onDeadline(now);
    }
  }

  /** When to call `advance` next, Infinity where nothing is to come. Early for entries of a later turn. */
  get next(): number {
    if (this.#size === 0) return Infinity;
    for (let tick = this.#tick + 1; tick <= this.#tick + SLOTS; tick++)
      if (!this.#slots[tick & MASK].empty) return tick * GRANULARITY;
    return Infinity;
  }

  #collect(slot: Anchor, until: number): void {
    for (let entry = slot.wheelNext; entry !== slot;) {
      const { wheelNext: next } = entry as Linked;
      if (entry.wheelTick <= until) {
        unlink(entry);
        append(this.#due, entry);
      }
      entry = next;
    }
  }
}

/** An entry that is in a list. */
interface Linked extends WheelEntry {
  wheelNext: WheelEntry;
  wheelPrevious: WheelEntry;
}

const tickBefore = (now: number): number => Math.floor(now / GRANULARITY);

function append(anchor: Anchor, entry: WheelEntry): void {
  const last = anchor.wheelPrevious;
  entry.wheelPrevious = last;
  entry.wheelNext = anchor;
  last.wheelNext = entry;
  anchor.wheelPrevious = entry;
}

function unlink(entry: WheelEntry): void {
  const { wheelNext: next, wheelPrevious: previous } = entry as Linked;
  previous.wheelNext = next;
  next.wheelPrevious = previous;
  // Or a long-lived entry would keep what was once beside it.
  entry.wheelNext = entry.wheelPrevious = undefined;
}
