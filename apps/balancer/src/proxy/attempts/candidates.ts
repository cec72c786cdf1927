// Owns one request's walk over its candidates: it takes the next one of the key's own order that can be claimed and holds
// at most one claim at a time. The order is the table's, the claim the claim table's, whether to go on the attempt machine's.
import type { ClaimLimits, ClaimTable } from '../../routing/claims.js';
import type { InFlight, RoutingTable, Target } from '../../routing/table.js';

export interface TableWaiter {
  onTable(): void;
}

/** The newest table, and how to hear of the one after it. */
export interface Tables {
  /** undefined until control has published one. */
  readonly current: RoutingTable | undefined;
  /** Tells the waiter once, of the next table. */
  wait(waiter: TableWaiter): void;
  /** Who waits now. */
  readonly waiting: number;
  forget(waiter: TableWaiter): void;
}

/** What the walks of all requests of a lane share. */
export interface CandidateScope {
  readonly claims: ClaimTable;
  /** Index of this lane's block of counters. */
  readonly worker: number;
  readonly tables: Tables;
  readonly inFlight: InFlight;
  /** Of each replica. */
  readonly limits: ClaimLimits;
  readonly queue: Queue;
}

/** Requests of this lane that wait because every replica is at its limit. */
export interface Queue {
  readonly length: number;
  readonly hasRoom: boolean;
  /** A replica was let go of. */
  look(): void;
}

const NONE: readonly Target[] = [];

/** Of requests of one lane: a pool that is away must not fill the memory with whoever comes. */
export const MOST_WAITING = 1000;

export class Candidates {
  #held: Target | undefined;
  #tunnel = false;
  #tried: readonly Target[] = NONE;
  #stale = false;
  #full = false;

  constructor(
    private readonly scope: CandidateScope,
    private table: RoutingTable,
    private readonly hash: number,
  ) {}

  /**
   * Releases the candidate before and claims the next, from a newer table if nobody is left in this request's own; undefined
   * when nobody is left there either.
   * @param itsTurn false: those in the queue come first
   */
  next(itsTurn: boolean): Target | undefined {
    this.release();
    this.#full = !itsTurn && this.scope.queue.length > 0;
    if (this.#full) return undefined;
    const target = this.#claimNext();
    return target || !this.#renew() ? target : this.#claimNext();
  }

  /** Claims a candidate that was tried before, in place of the one held; false when it takes no requests any more. */
  again(target: Target): boolean {
    this.release();
    const { claims, worker, limits } = this.scope;
    if (!claims.claim(worker, target.ref, limits)) return false;
    this.#held = target;
    return true;
  }

  /** Somebody not tried yet would get the request now. Promises nothing: a claim may still be refused. */
  get another(): boolean {
    const { claims, worker, limits, inFlight, queue } = this.scope;
    if (queue.length > 0) return false;
    const seen = [...this.#tried];
    for (;;) {
      const target = this.table.pick(this.hash, inFlight, seen);
      if (!target) return false;
      if (claims.isReady(target.ref) && claims.hasRoom(worker, target.ref, limits)) return true;
      seen.push(target);
    }
  }

  /** Of those that take requests and were not tried, each is at its limit, as far as others do not come first anyway. */
  get full(): boolean {
    return this.#full;
  }

  get roomInQueue(): boolean {
    return this.scope.queue.hasRoom;
  }

  /** Some replicas were tried already: there may be room that is none for this request. */
  get choosy(): boolean {
    return this.#tried.length > 0;
  }

  /**
   * The state words are ahead of this request's table: whoever succeeds a replica that just began to drain stands in the
   * next one, which must be on its way.
   */
  get stale(): boolean {
    return this.#stale;
  }

  /**
   * The pool has members, and none of them takes requests: they all start, or their engine is away. Somebody may soon, so it is
   * worth waiting, unless too many do already.
   */
  get deserted(): boolean {
    const { targets, ring } = this.table;
    return targets.length === 0 && ring.placement.members.length > 0 && this.roomToWait;
  }

  get roomToWait(): boolean {
    return this.scope.tables.waiting < MOST_WAITING;
  }

  /** The held candidate still takes requests: what happens to it now is no drain. */
  get heldIsReady(): boolean {
    if (this.#held && this.scope.claims.isReady(this.#held.ref)) return true;
    this.#stale = true;
    return false;
  }

  /** Each claim is released once; more often does nothing. */
  release(): void {
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    const { claims, worker } = this.scope;
    if (this.#tunnel) claims.closeTunnel(worker, held.ref);
    else claims.release(worker, held.ref);
    this.scope.queue.look();
  }

  /** From now on the claim counts as a tunnel. */
  becomeTunnel(): void {
    if (!this.#held) return;
    this.#tunnel = true;
    this.scope.claims.openTunnel(this.scope.worker, this.#held.ref);
    this.scope.queue.look();
  }

  #claimNext(): Target | undefined {
    const { claims, worker, inFlight, limits } = this.scope;
    let passed: Target[] | undefined;
    for (;;) {
      const target = this.table.pick(this.hash, inFlight, this.#tried);
      if (!target) break;
      // Nearly always it is the first: an array that grows would be three times as large.
      this.#tried = this.#tried === NONE ? [target] : [...this.#tried, target];
      if (claims.claim(worker, target.ref, limits)) {
        this.#held = target;
        break;
      }
      // Refused for its limit it is passed over this time only, like one over its bound.
      if (claims.isReady(target.ref)) (passed ??= []).push(target);
      else this.#stale = true;
    }
    if (passed) this.#tried = this.#tried.filter((target) => !passed.includes(target));
    this.#full = passed !== undefined && this.#held === undefined;
    return this.#held;
  }

  #renew(): boolean {
    const newest = this.scope.tables.current;
    if (!newest || newest.epoch <= this.table.epoch) return false;
    const triedInstances = new Set(this.#tried.map(({ instance }) => instance.id));
    this.table = newest;
    this.#stale = false;
    this.#tried = newest.targets.filter(({ instance }) => triedInstances.has(instance.id));
    return true;
  }
}
