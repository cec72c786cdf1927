// Owns one request of the express lane on the wire, from its head to its last byte: it tells the attempt machine what happens and
// does what that says. Decisions are the machine's, the client's connection client-connection.ts's, one try express-try.ts's, the
// body express-body.ts's.
import { performance } from 'node:perf_hooks';
import type { AccessEntry } from '../access-log/access-entry.js';
import { AttemptMachine, type Step } from '../attempts/attempt-machine.js';
import type { TableWaiter } from '../attempts/candidates.js';
import { type Cause, causes, statusFor } from '../answers/causes.js';
import { candidatesFor } from '../lane/client.js';
import { clientAddress } from '../lane/client-address.js';
import type { Awaited } from '../attempts/relay-watch.js';
import { type FailedTry, isIdempotent } from '../attempts/retry-policy.js';
import type { QueueWaiter } from '../limits/request-queue.js';
import { requestIdLine } from '../message/request-id.js';
import { hasPassed } from '../message/via.js';
import type { ExpressBody } from './express-body.js';
import type { EndedRequest, ExpressClient } from './express-client.js';
import type { ExpressContext } from './express-context.js';
import { ExpressTry, type TryOwner } from './express-try.js';
import { ForwardedHead } from './forwarded-lines.js';
import { entryOf } from './logged-head.js';
import { logEnd } from './logged-request.js';
import type { WriteBuffer } from './write-buffer.js';

export class ExpressExchange implements EndedRequest, TryOwner, QueueWaiter, TableWaiter {
  readonly method: string;
  /** The client wants its connection closed after the answer. */
  readonly close: boolean;
  readonly #machine: AttemptMachine;
  /** undefined: it has none of ours. */
  readonly #requestId: string | undefined;
  readonly #entry: AccessEntry | undefined;
  /** The head as it goes on, but for the lines of the replica that it goes to. */
  readonly #head: ForwardedHead;
  readonly #loops: boolean;
  readonly #toHead: boolean;
  #try: ExpressTry | undefined;
  #collecting = false;
  #queued = false;
  #status = 0;
  readonly #beganAt: number;
  #endedAt: number | undefined;

  /** Must run before the head that was just read is overwritten by the next. */
  constructor(
    private readonly context: ExpressContext,
    readonly client: ExpressClient,
    readonly body: ExpressBody | undefined,
  ) {
    const { lane, requests } = context;
    this.#beganAt = performance.now();
    const { tables, forwarding } = lane;
    const { current: table } = tables;
    this.method = requests.method;
    this.close = requests.close;
    this.#toHead = this.method === 'HEAD';
    requests.ip = client.peerTrusted
      ? clientAddress(client.peer, requests.field('x-forwarded-for'), lane.trusts)
      : client.peer;
    this.#loops =
      requests.hasVia &&
      forwarding.via &&
      table !== undefined &&
      hasPassed(requests.field('via') ?? '', table.pseudonym);
    this.#requestId = lane.requestIds?.of(requests.hasRequestId ? requests.field('x-request-id') : undefined);
    if (lane.accessLog?.chooses()) {
      const known = { peer: client.peer, peerPort: client.peerPort, client: requests.ip };
      this.#entry = entryOf(requests, known, this.#requestId, lane.accessLog, this.#beganAt);
    }
    const origin = client.origin.of(requests, table?.pseudonym);
    this.#head = new ForwardedHead(requests, origin, this.#requestId, lane.traces, this.#entry);
    const hasBody = body !== undefined;
    this.#machine = new AttemptMachine(
      lane,
      { idempotent: isIdempotent(this.method), hasBody, collects: hasBody && lane.settings.retryBuffer > 0 },
      table && candidatesFor(lane, table, requests, this.#entry),
    );
  }

  get deadline(): number {
    return this.#machine.deadline;
  }

  /** Its answer is the last on the connection. */
  get last(): boolean {
    const { outcome } = this.#machine;
    return this.close || (outcome !== undefined && outcome in causes && causes[outcome as Cause].close === true);
  }

  /** The body came to its end. */
  get bodyEnded(): boolean {
    return this.body === undefined || this.body.state === 'ended';
  }

  /** When nothing of it mattered any more. Monotonic milliseconds. */
  get endedAt(): number {
    return this.#endedAt ?? 0;
  }

  begin(): void {
    if (this.body?.state === 'too_large') this.#obey(this.#machine.refuse('body_too_large'), performance.now());
    else if (this.body?.state === 'malformed') this.#obey(this.#machine.refuse('bad_request'), performance.now());
    else if (this.#loops) this.#obey(this.#machine.refuse('loop_detected'), performance.now());
    else this.#obey(this.#machine.begin(this.#beganAt), this.#beganAt);
  }

  // What the client does

  /** @param bytes are overwritten when this returns @returns the offset behind what belongs to the body */
  onBody(bytes: Buffer, count: number): number {
    const { body } = this;
    if (!body || this.#over) return 0;
    const end = body.take(bytes, 0, count);
    if (body.state === 'malformed') this.#obey(this.#machine.refuse('bad_request'), performance.now());
    else if (body.state === 'too_large') this.#obey(this.#machine.refuse('body_too_large'), performance.now());
    else {
      const now = performance.now();
      this.#obey(this.#machine.progress(now), now);
      this.#advance();
    }
    return end;
  }

  onClientDrain(): void {
    if (this.#try?.answer?.state === 'whole') this.#obey(this.#machine.delivered(), performance.now());
    else this.#try?.resume();
  }

  onClientGone(): void {
    this.#obey(this.#machine.clientGone(), performance.now());
  }

  onDeadline(now: number): void {
    const moved = this.client.taken + (this.body?.moved ?? 0);
    this.#obey(this.#machine.expired(now, this.#awaited, moved), now);
  }

  onVacancy(): boolean {
    const now = performance.now();
    this.#obey(this.#machine.roomCame(now), now);
    return !this.#machine.queued || this.#machine.choosy;
  }

  onTable(): void {
    const now = performance.now();
    this.#obey(this.#machine.tableCame(now), now);
  }

  // TryOwner

  putHead(message: WriteBuffer): void {
    this.#head.putInto(message);
  }

  onConnected(attempt: number, reused: boolean, now: number): void {
    if (this.#entry) this.#entry.connected = now;
    this.#obey(this.#machine.connected(attempt, reused, now), now);
  }

  onSent(attempt: number, now: number): void {
    if (this.body?.kept === false) this.#machine.bodyLost();
    this.#obey(this.#machine.sent(attempt, now), now);
  }

  onRoom(): void {
    this.#advance();
  }

  onHead(attempt: number, now: number): void {
    if (this.#entry) this.#entry.headCame = now;
    this.#status = this.context.answers.status;
    this.#obey(this.#machine.head(attempt, this.#status, now), now);
  }

  onFailed(attempt: number, cause: FailedTry): void {
    const now = performance.now();
    this.#obey(this.#machine.failed(attempt, cause, now), now);
  }

  onAnswered(attempt: number, now: number): void {
    this.#obey(this.#machine.closed(attempt, now), now);
    if (this.client.flushed) this.#obey(this.#machine.delivered(), now);
    else this.client.awaitFlush();
  }

  /** Ends this request, and not the thread with all the others. */
  onFault(error: Error): void {
    // A message that was half put together would go out in front of somebody else's.
    this.context.out.drop();
    this.context.lane.log.error({ reason: error.stack }, 'a request failed inside the balancer');
    this.#obey(this.#machine.refuse('internal_error'), performance.now());
  }

  // Private

  get #over(): boolean {
    return this.#machine.outcome !== undefined;
  }

  get #awaited(): Awaited {
    const { body } = this;
    const current = this.#try;
    if (current?.answer && this.client.unsent > 0) return 'client';
    if (!body || (current?.connected && !current.sending)) return 'replica_sends';
    if (!current?.sending) return 'client';
    return body.state === 'ended' || !current.wants ? 'replica_takes' : 'client';
  }

  #obey(step: Step, now: number): void {
    if (this.#queued && !this.#machine.queued) {
      this.#queued = false;
      this.context.lane.queue.leave(this, now);
    }
    switch (step) {
      case 'none':
        break;
      case 'collect':
        this.#collecting = true;
        this.#advance();
        break;
      case 'wait':
        this.#collecting = false;
        this.#drop();
        this.context.lane.tables.wait(this);
        break;
      case 'queue':
        this.#collecting = false;
        this.#drop();
        this.#queued = true;
        this.context.lane.queue.enter(this, now);
        break;
      case 'try':
        this.#collecting = false;
        this.#drop();
        try {
          this.#begin(now);
        } catch (error) {
          this.onFault(error as Error);
        }
        break;
      case 'relay':
        this.#relay();
        break;
      case 'answer':
        this.#giveUp(now);
        this.client.answer(this.#machine.cause, this.#requestId, this.#toHead);
        this.#end(now);
        return;
      case 'cut':
        this.#giveUp(now);
        this.client.reset();
        this.#end(now);
        return;
      case 'end':
        if (this.#machine.outcome !== 'answered') this.#giveUp(now);
        this.#end(now);
        return;
    }
    this.client.follow();
  }

  #begin(now: number): void {
    const { target, attempt, maxIdle } = this.#machine;
    if (!target) throw new Error('a try without a target');
    this.#entry?.tried(target.instance.replica, now);
    this.body?.rewind();
    this.#try = new ExpressTry(attempt, target, this.context, this, this.#toHead);
    this.#try.begin(maxIdle, now);
  }

  /** Moves the body, as far as it goes. */
  #advance(): void {
    const { body } = this;
    if (!body || this.#over) return;
    if (this.#collecting) {
      if (body.state === 'ended' || body.full) {
        this.#collecting = false;
        const now = performance.now();
        this.#obey(this.#machine.collected(now), now);
        return;
      }
    }
    const current = this.#try;
    if (current?.sending) {
      current.flow(body);
      if (!body.kept) this.#machine.bodyLost();
      const now = performance.now();
      this.#obey(this.#machine.progress(now), now);
    }
    if (!this.#over) this.client.read(body.state !== 'open' || !body.full || current?.wants === true);
  }

  #relay(): void {
    const { answers, answerLines, lane } = this.context;
    const { exposeReplica, requestId } = lane.settings;
    const told =
      (exposeReplica ? (this.#try?.replicaLine ?? '') : '') +
      (requestId === 'echo' && this.#requestId !== undefined ? requestIdLine(this.#requestId) : '');
    this.#try?.relay(answerLines.of(answers, told, this.close || this.client.closing));
  }

  /** Of the try under way nothing is wanted any more. */
  #drop(): void {
    this.#try?.drop();
  }

  #giveUp(now: number): void {
    this.#endedAt = now;
    this.context.lane.tables.forget(this);
    this.#drop();
    // The connection that it went out on is closed.
    this.body?.forget(true);
    const { outcome, target, attempt } = this.#machine;
    if (outcome === undefined || outcome === 'answered') return;
    this.context.lane.log.debug(
      { cause: outcome, status: statusFor(outcome), replica: target?.instance.replica, tries: attempt },
      'not answered by a replica',
    );
  }

  #end(now: number): void {
    const { client } = this;
    const { lane } = this.context;
    const { outcome, target } = this.#machine;
    if (outcome === undefined) return;
    const took = (this.#endedAt ??= now) - this.#beganAt;
    lane.meter.over(this.method, outcome, this.#status, target?.ref, took / 1000, client.received, client.sent);
    if (this.#entry)
      logEnd(lane.accessLog, this.#entry, outcome, this.#toHead, {
        status: this.#status,
        sent: this.#try?.answer?.sent,
        received: this.body?.taken ?? 0,
        queued: this.#machine.queuedFor,
        ended: this.#endedAt,
      });
    client.onOver(this);
  }
}
