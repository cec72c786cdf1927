// Owns how far newcomers to the ring are in their slow start: which part of its own keys each takes, and when that changes.
// Pure: time comes in. Which keys those are is routing/key-ramp.ts's.

/** A replica as the ring knows it: a name that was removed and added again is another one. */
export interface RingMembership {
  readonly name: string;
  readonly firstGeneration: number;
}

/** A ramp goes up in steps, since each is a routing table of its own: 5 % of the keys, or what comes in 250 ms. */
const MOST_PARTS = 20;
const SHORTEST_STEP = 250;
const ROUNDING = 1e-6;

/**
 * The part of its keys (above 0, at most 1) that a newcomer takes `elapsed` milliseconds after it first was ready, and when the
 * next step comes; Infinity: never, it takes all.
 */
export function rampAfter(elapsed: number, duration: number): { readonly ramp: number; readonly nextAfter: number } {
  const parts = Math.max(2, Math.min(MOST_PARTS, Math.floor(duration / SHORTEST_STEP) + 1));
  const step = duration / (parts - 1);
  // A timer that fires on the dot must find its step taken, however the sums have been rounded.
  const taken = Math.floor(elapsed / step + ROUNDING) + 1;
  return taken < parts ? { ramp: taken / parts, nextAfter: taken * step } : { ramp: 1, nextAfter: Infinity };
}

export class SlowStart {
  /** Part of its own keys that each newcomer takes, by name; who is not in it takes all, or has not been ready yet. */
  ramps: ReadonlyMap<string, number> = new Map();
  /** When a ramp rises next, in monotonic milliseconds; Infinity: none does. */
  wakeAt = Infinity;
  private members: ReadonlySet<string> | undefined;
  /** When it first was ready, by member; null: it has not been yet. */
  private readonly newcomers = new Map<string, number | null>();

  /** @param duration in milliseconds; 0 = no slow start */
  constructor(private readonly duration: number) {}

  /**
   * Who is a member at the first call was there when the balancer started, and is no newcomer.
   * @param ready names of the replicas that may get requests now
   */
  advance(members: readonly RingMembership[], ready: ReadonlySet<string>, now: number): void {
    if (this.duration === 0) return;
    this.meet(members);
    const ramps = new Map<string, number>();
    this.wakeAt = Infinity;
    for (const member of members) {
      const id = identity(member);
      let since = this.newcomers.get(id);
      if (since === null && ready.has(member.name)) this.newcomers.set(id, (since = now));
      if (since === undefined || since === null) continue;
      const { ramp, nextAfter } = rampAfter(now - since, this.duration);
      if (ramp === 1) this.newcomers.delete(id);
      else {
        ramps.set(member.name, ramp);
        this.wakeAt = Math.min(this.wakeAt, since + nextAfter);
      }
    }
    this.ramps = ramps;
  }

  private meet(members: readonly RingMembership[]): void {
    const met = new Set(members.map(identity));
    for (const id of met) if (this.members && !this.members.has(id)) this.newcomers.set(id, null);
    for (const id of this.newcomers.keys()) if (!met.has(id)) this.newcomers.delete(id);
    this.members = met;
  }
}

const identity = ({ name, firstGeneration }: RingMembership) => `${firstGeneration} ${name}`;
