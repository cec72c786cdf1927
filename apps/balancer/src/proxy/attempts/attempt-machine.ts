// Owns the life of one request between its head and its end: which replica it is sent to, when it goes to another, what it
// is answered when none will do, and how long all of that may take. Pure: a lane tells it what happened and when, and does
// the one step that it returns; the wire, the timers and the bodies are the lane's. docs/data-plane.md has the diagram.
//
// Every lane drives this same machine, so it knows no sockets and no streams. It holds at most one claim at a time and gives
// it back exactly once, whatever happens. Events of a try carry its number: those of a try that was given up are ignored,
// and after the end so is everything.
import type { Target } from '../../routing/table.js';
import type { AttemptScope, RequestFacts } from './attempt-scope.js';
import type { Candidates } from './candidates.js';
import type { Cause, End } from '../answers/causes.js';
import { type Awaited, lookInterval, RelayWatch } from './relay-watch.js';
import { againAfter, type FailedTry, type RetryReason } from './retry-policy.js';

/**
 * What the lane does next. Each but `none` gives up the try before, if one is under way, except `relay`.
 *
 * - `collect`: take the body as far as it can be kept, tell when it is whole or there is no more room
 * - `wait`: tell when a new table is here
 * - `queue`: wait in the queue, and tell when there may be room at a replica
 * - `try`: send the request to `target`, on a connection that was idle for less than `maxIdle`, or on a new one
 * - `relay`: pass on the answer whose head just came
 * - `answer`: answer `cause`
 * - `cut`: the answer is under way and cannot be finished: reset the client's connection
 * - `end`: nothing more; `outcome` says how it ended
 */
export type Step = 'none' | 'collect' | 'wait' | 'queue' | 'try' | 'relay' | 'answer' | 'cut' | 'end';

type State = 'idle' | 'collecting' | 'waiting' | 'queued' | 'connecting' | 'sending' | 'awaiting' | 'relaying' | 'over';

/** So long a body may keep a request from its replica: who drips occupies none before. */
export const COLLECT_TIMEOUT = 50;
/** A table that is on its way takes this long at most: words are set, then tables are sent. */
export const TABLE_TIMEOUT = 500;
/** A replica may close an idle connection at the very moment a request leaves on it, and what may not be sent twice is lost. */
export const FRESH_ENOUGH = 1000;

const UNAVAILABLE = 503;

export class AttemptMachine {
  #state: State = 'idle';
  #target: Target | undefined;
  #attempt = 0;
  #tries = 0;
  #maxIdle = Infinity;
  #triedAt = 0;
  /** Why the next try may be made, if it is not the first. */
  #reason: RetryReason | undefined;
  #reused = false;
  /** Failed on a connection that had been idle: that says nothing about the replica, which may be tried again. */
  #benign: Target | undefined;
  #bodyLost = false;
  #paid = false;
  #lastFailure: FailedTry | undefined;
  #outcome: End | 'answered' | undefined;
  #cause: Cause = 'internal_error';
  #waitingSince = 0;
  #queuedSince = 0;
  #queuedFor = 0;
  /** From the first look at an answer under way on: most are over before. */
  #watch: RelayWatch | undefined;
  #phaseDeadline = Infinity;
  #totalDeadline = Infinity;

  /** @param candidates undefined: there is no table yet */
  constructor(
    private readonly scope: AttemptScope,
    private readonly facts: RequestFacts,
    private readonly candidates: Candidates | undefined,
  ) {
    scope.budget.enter();
  }

  /** Whom `try` is about; stays that of the last try. */
  get target(): Target | undefined {
    return this.#target;
  }

  /** Number of the last try, from 1 on; its events carry it. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Longest time that the connection of this try may have been idle; 0 = it must be new. */
  get maxIdle(): number {
    return this.#maxIdle;
  }

  /** What `answer` is about. */
  get cause(): Cause {
    return this.#cause;
  }

  /** How it ended; undefined before. */
  get outcome(): End | 'answered' | undefined {
    return this.#outcome;
  }

  /** It is in the queue. */
  get queued(): boolean {
    return this.#state === 'queued';
  }

  /** Milliseconds that it spent in the queue, once it has left it. */
  get queuedFor(): number {
    return this.#queuedFor;
  }

  /** There may be room that is none for this request, but for others. */
  get choosy(): boolean {
    return this.candidates?.choosy ?? false;
  }

  /** When to call `expired` unless something happens before; Infinity = never. Moves with every event. */
  get deadline(): number {
    return Math.min(this.#phaseDeadline, this.#totalDeadline);
  }

  begin(now: number): Step {
    if (this.#state !== 'idle') return 'none';
    const { totalTimeout } = this.scope.settings;
    if (totalTimeout > 0) this.#totalDeadline = now + totalTimeout;
    if (this.scope.shedder.shedding) return this.#answer('overload');
    if (!this.candidates) return this.#answer('no_replica');
    if (!this.facts.collects) return this.#next(now);
    this.#enter('collecting', now + COLLECT_TIMEOUT);
    return 'collect';
  }

  /** The body is whole, or there is no more room to keep it. */
  collected(now: number): Step {
    return this.#state === 'collecting' ? this.#next(now) : 'none';
  }

  /** A table came. */
  tableCame(now: number): Step {
    return this.#state === 'waiting' ? this.#next(now) : 'none';
  }

  /** In the queue, and there may be room: it takes it, or stays (`none`). */
  roomCame(now: number): Step {
    return this.#state === 'queued' ? this.#next(now) : 'none';
  }

  /** The connection stands: from now on the replica may act on the request. @param reused it carried a request before */
  connected(attempt: number, reused: boolean, now: number): Step {
    if (attempt !== this.#attempt || this.#state !== 'connecting') return 'none';
    const { idleTimeout, responseTimeout } = this.scope.settings;
    this.#reused = reused;
    if (this.facts.hasBody) this.#enter('sending', now + idleTimeout);
    else this.#enter('awaiting', now + responseTimeout);
    return 'none';
  }

  /** Bytes of the body moved. */
  progress(now: number): Step {
    if (this.#state === 'sending') this.#phaseDeadline = now + this.scope.settings.idleTimeout;
    return 'none';
  }

  /** Bytes of the body went out that are not kept: they can be sent to nobody else. */
  bodyLost(): void {
    this.#bodyLost = true;
  }

  /** The last byte of the request is out. */
  sent(attempt: number, now: number): Step {
    if (attempt === this.#attempt && this.#state === 'sending')
      this.#enter('awaiting', now + this.scope.settings.responseTimeout);
    return 'none';
  }

  /** The head of the final answer came. */
  head(attempt: number, status: number, now: number): Step {
    if (attempt !== this.#attempt || !this.#trying || !this.#target || !this.candidates) return 'none';
    this.scope.answered(this.#target, status, now - this.#triedAt);
    if (status === UNAVAILABLE && this.candidates.another && this.#mayGoOn('unavailable', now)) return this.#next(now);
    this.#enter('relaying', now + lookInterval(this.scope.settings));
    this.#totalDeadline = Infinity;
    return 'relay';
  }

  /** The head cannot be written as HTTP; nothing of it is out. */
  notRelayed(): Step {
    return this.#state === 'relaying' ? this.#answer('upstream_protocol') : 'none';
  }

  /** The connection of the handshake just relayed became a tunnel, which drains do not wait for, and which may be silent. */
  tunnelled(): void {
    if (this.#state !== 'relaying') return;
    this.#phaseDeadline = Infinity;
    this.candidates?.becomeTunnel();
  }

  /** The try failed, or the answer that is relayed broke off. */
  failed(attempt: number, cause: FailedTry, now: number): Step {
    if (attempt !== this.#attempt) return 'none';
    if (this.#trying) return this.#fail(cause, now);
    if (this.#state !== 'relaying') return 'none';
    return this.#over('mid_stream', 'cut');
  }

  /** The try is over on the wire, and nothing else will come of it. */
  closed(attempt: number, now: number): Step {
    if (attempt !== this.#attempt) return 'none';
    if (this.#trying) return this.#fail('upstream_closed', now);
    // The client may take its time with the rest: that is no load on the replica.
    if (this.#state === 'relaying') this.candidates?.release();
    return 'none';
  }

  /**
   * `deadline` has passed.
   * @param awaited who has to act before bytes can move; asked where a body or an answer is under way
   * @param moved any number that changes as bytes of them move, to the replica or to the client
   */
  expired(now: number, awaited: Awaited, moved: number): Step {
    if (now < this.deadline) return 'none';
    const inTime = now < this.#totalDeadline;
    const phaseOver = now >= this.#phaseDeadline;
    switch (this.#state) {
      case 'collecting':
        return inTime ? this.#next(now) : this.#answer('request_timeout');
      case 'waiting':
        return this.#answer(this.#nobodyLeft);
      case 'queued':
        this.#leaveQueue(now);
        return this.#answer(this.#lastFailure ?? 'overload');
      case 'connecting':
        return phaseOver ? this.#fail('connect_timeout', now) : this.#answer('connect_timeout');
      case 'sending':
        if (awaited === 'client') return this.#answer('request_timeout');
        return phaseOver ? this.#fail('response_timeout', now) : this.#answer('response_timeout');
      case 'awaiting':
        return phaseOver ? this.#fail('response_timeout', now) : this.#answer('response_timeout');
      case 'relaying':
        return this.#look(now, awaited, moved);
      case 'idle':
      case 'over':
        return 'none';
    }
  }

  /** The lane ends the request: it is too large, malformed, too slow, or the lane itself failed. */
  refuse(cause: Cause): Step {
    if (this.#state === 'over') return 'none';
    return this.#state === 'relaying' ? this.#over(cause, 'cut') : this.#answer(cause);
  }

  /** The client has all of the answer. */
  delivered(): Step {
    return this.#state === 'relaying' ? this.#over('answered', 'end') : 'none';
  }

  /** Nobody is there to read an answer; no replica is to blame. */
  clientGone(): Step {
    return this.#state === 'over' ? 'none' : this.#over('client_gone', 'end');
  }

  get #trying(): boolean {
    return this.#state === 'connecting' || this.#state === 'sending' || this.#state === 'awaiting';
  }

  #look(now: number, awaited: Awaited, moved: number): Step {
    const { settings } = this.scope;
    this.#watch ??= new RelayWatch(settings);
    const end = this.#watch.look(now, awaited, moved);
    if (end) return this.#over(end, 'cut');
    this.#phaseDeadline = now + lookInterval(settings);
    return 'none';
  }

  #enter(state: State, phaseDeadline: number): void {
    this.#state = state;
    this.#phaseDeadline = phaseDeadline;
  }

  #next(now: number): Step {
    const { candidates } = this;
    if (!candidates) return this.#answer('no_replica');
    if (now >= this.#totalDeadline) return this.#answer(this.#lastFailure ?? 'response_timeout');
    const inQueue = this.#state === 'queued';
    const target = candidates.next(inQueue);
    if (inQueue && !target && candidates.full) return 'none';
    if (inQueue) this.#leaveQueue(now);
    if (target) return this.#try(target, this.facts.idempotent ? Infinity : FRESH_ENOUGH, now);
    const benign = this.#benign;
    this.#benign = undefined;
    if (benign && candidates.again(benign)) return this.#try(benign, 0, now);
    if (candidates.full && candidates.roomInQueue && this.#queuedFor < this.scope.settings.queueTimeout) {
      this.#queuedSince = now;
      this.#enter('queued', now + this.scope.settings.queueTimeout - this.#queuedFor);
      return 'queue';
    }
    const patience = this.#patienceWith(candidates);
    // One table more does not mean more patience.
    if (this.#state !== 'waiting') this.#waitingSince = now;
    const until = this.#waitingSince + patience;
    if (now >= until) return this.#answer(this.#nobodyLeft);
    this.#enter('waiting', until);
    return 'wait';
  }

  #leaveQueue(now: number): void {
    this.#queuedFor += now - this.#queuedSince;
  }

  get #nobodyLeft(): Cause {
    return this.#lastFailure ?? (this.candidates?.full ? 'overload' : 'no_replica');
  }

  /** How long it is worth waiting for somebody who takes the request, now that nobody is left. */
  #patienceWith({ stale, full, deserted, roomToWait }: Candidates): number {
    const { noReplicaWait } = this.scope.settings;
    if (stale) return TABLE_TIMEOUT;
    if (deserted) return noReplicaWait;
    if (full) return 0;
    // The last one refused or broke off: it is dead, most likely, and the table without it is on its way.
    const gone = this.#lastFailure === 'connect_failed' || this.#lastFailure === 'upstream_closed';
    return gone && roomToWait ? Math.min(TABLE_TIMEOUT, noReplicaWait) : 0;
  }

  #try(target: Target, maxIdle: number, now: number): Step {
    this.#target = target;
    this.#maxIdle = maxIdle;
    this.#reused = false;
    this.#attempt++;
    this.#tries++;
    this.#triedAt = now;
    if (this.#reason) this.scope.retried(this.#reason);
    this.#enter('connecting', now + this.scope.settings.connectTimeout);
    return 'try';
  }

  #fail(cause: FailedTry, now: number): Step {
    const { candidates } = this;
    const target = this.#target;
    if (!candidates || !target) return this.#answer(cause);
    const leaving = !candidates.heldIsReady;
    const idleClose = this.#reused && cause === 'upstream_closed';
    if (idleClose) this.#benign = target;
    // Blamed is neither who just began to leave, nor who closed a connection that had nothing to do, nor whom we had no
    // descriptor for.
    if (!leaving && !idleClose && cause !== 'overload') this.scope.report(target, cause);
    // Drained between claim and connect: as if the claim had been refused.
    if (leaving && this.#state === 'connecting') this.#tries--;
    this.#lastFailure = cause;
    return this.#mayGoOn(cause, now, leaving) ? this.#next(now) : this.#answer(cause);
  }

  /** Pays for it, where that is asked for. @param leaving the replica is out already: to go on spreads no overload */
  #mayGoOn(cause: FailedTry | 'unavailable', now: number, leaving = false): boolean {
    if (this.#bodyLost || now >= this.#totalDeadline || this.#tries >= this.scope.settings.retryAttempts) return false;
    // There is none for another either.
    if (cause === 'overload') return false;
    const again = againAfter(cause, this.#state !== 'connecting', this.facts.idempotent);
    if (again === 'never') return false;
    if (again === 'paid' && !leaving) this.#paid ||= this.scope.budget.take();
    this.#reason = cause;
    return again === 'free' || leaving || this.#paid;
  }

  #answer(cause: Cause): Step {
    this.#cause = cause;
    return this.#over(cause, 'answer');
  }

  #over(outcome: End | 'answered', step: Step): Step {
    this.#outcome = outcome;
    this.#enter('over', Infinity);
    this.#totalDeadline = Infinity;
    this.candidates?.release();
    this.scope.budget.leave(this.#paid);
    return step;
  }
}
