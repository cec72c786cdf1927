// Owns one request of the express lane on the wire, from its head to its last byte: it tells the attempt machine what happens and
// does what that says. Decisions are the machine's, the client's connection client-connection.ts's, a replica's
// upstream-connection.ts's, bodies express-body.ts's and answer-relay.ts's.
import type { AccessEntry } from '../access-log/access-entry.js';
import type { RowRef } from '../../routing/claims.js';
import { AttemptMachine, type Step } from '../attempt-machine.js';
import type { TableWaiter } from '../candidates.js';
import { type Cause, causes } from '../causes.js';
import { candidatesFor } from '../client.js';
import { clientAddress } from '../client-address.js';
import type { Awaited } from '../relay-watch.js';
import { type FailedTry, isIdempotent } from '../retry-policy.js';
import { requestIdLine } from '../request-id.js';
import { traceOf } from '../trace-context.js';
import { hasPassed } from '../via.js';
import { AnswerHeads } from './answer-heads.js';
import { AnswerRelay } from './answer-relay.js';
import type { ExpressBody } from './express-body.js';
import type { ExpressClient } from './express-client.js';
import type { ExpressContext } from './express-context.js';
import { addedLines, answerHead } from './forwarded-lines.js';
import { factsOf, logEnd, statusOf } from './logged-request.js';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.js';
import type { UpstreamPool } from './upstream-pool.js';

/** Bodies up to here go out with the head, in one write. */
const SMALL_BODY = 16 * 1024;
export class ExpressExchange implements UpstreamUser, TableWaiter {
  readonly method: string;
  /** The client wants its connection closed after the answer. */
  readonly close: boolean;
  readonly #machine: AttemptMachine;
  /** undefined: it has none of ours. */
  readonly #requestId: string | undefined;
  readonly #entry: AccessEntry | undefined;
  /** The head as it goes on, but for the lines of the replica that it goes to. */
  readonly #head: string;
  readonly #loops: boolean;
  readonly #toHead: boolean;
  #upstream: UpstreamConnection | undefined;
  #pool: UpstreamPool | undefined;
  /** The connection of the try stands, and not all of the body is out. */
  #sending = false;
  #connected = false;
  #collecting = false;
  /** Until the head of the final answer is there. */
  #heads: AnswerHeads | undefined;
  #relay: AnswerRelay | undefined;
  #keepAlive = false;
  #idleLimit = Infinity;
  #status = 0;
  #beganAt = 0;
  #endedAt: number | undefined;

  /** Must run before the head that was just read is overwritten by the next. */
  constructor(
    private readonly context: ExpressContext,
    private readonly client: ExpressClient,
    readonly body: ExpressBody | undefined,
  ) {
    const { lane, requests } = context;
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
    this.#entry = lane.accessLog?.chooses()
      ? lane.accessLog.begin(factsOf(requests, client, this.#requestId))
      : undefined;
    const trace = lane.traceIds && traceOf(requests.field('traceparent'), lane.traceIds);
    if (this.#entry) this.#entry.trace = trace;
    this.#head = requests.forwarded + addedLines(requests, client, lane, this.#requestId, trace);
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

  /** Row of the replica that it was sent to last. */
  get ref(): RowRef | undefined {
    return this.#machine.target?.ref;
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

  begin(): void {
    this.#beganAt = performance.now();
    if (this.body?.state === 'too_large') this.#obey(this.#machine.refuse('body_too_large'));
    else if (this.body?.state === 'malformed') this.#obey(this.#machine.refuse('bad_request'));
    else if (this.#loops) this.#obey(this.#machine.refuse('loop_detected'));
    else this.#obey(this.#machine.begin(this.#beganAt));
  }

  // What the client does

  /** @returns the offset behind what belongs to the body */
  onBody(bytes: Buffer, begin: number): number {
    const { body } = this;
    if (!body || this.#over) return begin;
    const end = body.take(bytes, begin);
    if (body.state === 'malformed') this.#obey(this.#machine.refuse('bad_request'));
    else if (body.state === 'too_large') this.#obey(this.#machine.refuse('body_too_large'));
    else {
      this.#obey(this.#machine.progress(performance.now()));
      this.#advance();
    }
    return end;
  }

  onClientDrain(): void {
    if (this.#relay?.state === 'whole') this.#delivered();
    else this.#upstream?.resume();
  }

  onClientGone(): void {
    this.#obey(this.#machine.clientGone());
  }

  onDeadline(now: number): void {
    const moved = this.client.taken + (this.body?.moved ?? 0);
    this.#obey(this.#machine.expired(now, this.#awaited, moved));
  }

  onTable(): void {
    this.#obey(this.#machine.tableCame(performance.now()));
  }

  // UpstreamUser

  onConnected(): void {
    this.#stands(false, performance.now());
  }

  onBytes(bytes: Buffer, count: number): boolean {
    try {
      return this.#onBytes(bytes, count);
    } catch (error) {
      this.#onOwnFault(error as Error);
      return false;
    }
  }

  onDrain(): void {
    this.#advance();
  }

  onEnd(): void {
    const relay = this.#relay;
    if (!relay) {
      this.#obey(this.#machine.closed(this.#machine.attempt, performance.now()));
      return;
    }
    this.#keepAlive = false;
    relay.end();
    this.#look(relay, false);
  }

  onBroken(): void {
    this.#upstream = undefined;
    this.#fail(this.#connected ? 'upstream_closed' : 'connect_failed');
  }

  // Private

  readonly #pass = (information: string): void => this.client.writeText(information);

  get #over(): boolean {
    return this.#machine.outcome !== undefined;
  }

  get #awaited(): Awaited {
    const { body } = this;
    if (this.#relay && this.client.unsent > 0) return 'client';
    if (!body || (this.#connected && !this.#sending)) return 'replica_sends';
    if (!this.#sending) return 'client';
    return body.state === 'ended' || this.#upstream?.wants === false ? 'replica_takes' : 'client';
  }

  #obey(step: Step): void {
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
      case 'try':
        this.#collecting = false;
        this.#drop();
        try {
          this.#try();
        } catch (error) {
          this.#onOwnFault(error as Error);
        }
        break;
      case 'relay':
        this.#startAnswer();
        break;
      case 'answer':
        this.#giveUp();
        this.client.answer(this.#machine.cause, this.#requestId, this.#toHead);
        this.#end();
        return;
      case 'cut':
        this.#giveUp();
        this.client.reset();
        this.#end();
        return;
      case 'end':
        if (this.#machine.outcome !== 'answered') this.#giveUp();
        this.#end();
        return;
    }
    this.client.follow();
  }

  #try(): void {
    const { target, maxIdle } = this.#machine;
    if (!target) throw new Error('a try without a target');
    const now = performance.now();
    const { pool } = this.context.upstreams.of(target.instance);
    this.#entry?.tried(target.instance.replica, now);
    this.#pool = pool;
    this.#connected = false;
    this.#heads = undefined;
    this.body?.rewind();
    this.#upstream = pool.takeIdle(this, maxIdle, now);
    if (this.#upstream) this.#stands(true, now);
    else this.#upstream = pool.dial(this);
  }

  #stands(reused: boolean, now: number): void {
    const { target, attempt } = this.#machine;
    const upstream = this.#upstream;
    if (!target || !upstream) return;
    this.#connected = true;
    if (this.#entry) this.#entry.connected = now;
    this.#obey(this.#machine.connected(attempt, reused, now));
    const { hostLine, replicaLine } = this.context.upstreams.of(target.instance);
    const host = this.context.lane.settings.preserveHost ? '' : hostLine;
    const head = `${this.#head}${host}${replicaLine}\r\n`;
    const { body } = this;
    if (!body) {
      upstream.writeText(head);
      return;
    }
    const text = body.asText(SMALL_BODY);
    if (text !== undefined) {
      if (!body.kept) this.#machine.bodyLost();
      upstream.writeText(head + text);
      this.#obey(this.#machine.sent(attempt, now));
      return;
    }
    upstream.writeText(head);
    this.#sending = true;
    this.#advance();
  }

  /** Moves the body, as far as it goes. */
  #advance(): void {
    const { body } = this;
    if (!body || this.#over) return;
    if (this.#collecting) {
      if (body.state === 'ended' || body.full) {
        this.#collecting = false;
        this.#obey(this.#machine.collected(performance.now()));
        return;
      }
    }
    const upstream = this.#sending ? this.#upstream : undefined;
    if (upstream) {
      body.flow(upstream);
      if (!body.kept) this.#machine.bodyLost();
      if (body.state === 'ended' && body.allGiven && upstream.wants) {
        this.#sending = false;
        this.#obey(this.#machine.sent(this.#machine.attempt, performance.now()));
      } else this.#obey(this.#machine.progress(performance.now()));
    }
    if (!this.#over) this.client.read(body.state === 'open' && (!body.full || upstream?.wants === true));
  }

  #onBytes(bytes: Buffer, count: number): boolean {
    let source = bytes;
    let [begin, end] = [0, count];
    if (!this.#relay) {
      const heads = (this.#heads ??= new AnswerHeads(this.context.answers, this.#toHead, this.#pass));
      const read = heads.read(bytes, count);
      if (read === 'incomplete') return true;
      if (read === 'broken') this.#fail('upstream_protocol');
      else this.#onHead();
      if (!heads.source) return false;
      ({ source, begin, end } = heads);
    }
    // It is read here as well, where the head has just begun it.
    const relay = this.#relay;
    if (!relay) return false;
    const behind = relay.read(source, begin, end);
    if (relay.state === 'broken') {
      this.#fail('upstream_protocol');
      return false;
    }
    this.#look(relay, behind < end);
    return this.#over || relay.state === 'whole' || this.client.wants;
  }

  #onHead(): void {
    const { answers } = this.context;
    const now = performance.now();
    if (this.#entry) this.#entry.headCame = now;
    this.#status = answers.status;
    this.#keepAlive = answers.keepAlive;
    this.#idleLimit = answers.idleLimit;
    this.#obey(this.#machine.head(this.#machine.attempt, answers.status, now));
  }

  #startAnswer(): void {
    const { answers, upstreams, lane } = this.context;
    const { target } = this.#machine;
    const upstream = this.#upstream;
    if (!target || !upstream) throw new Error('an answer from nobody');
    const { exposeReplica, requestId } = lane.settings;
    const told =
      (exposeReplica ? upstreams.of(target.instance).replicaLine : '') +
      (requestId === 'echo' && this.#requestId !== undefined ? requestIdLine(this.#requestId) : '');
    const head = answerHead(answers, told, this.close || this.client.closing);
    this.#relay = new AnswerRelay(this.client, upstream, head, answers.framing, answers.length);
  }

  /** What has come of the answer by now. @param surplus there was more than the answer */
  #look(relay: AnswerRelay, surplus: boolean): void {
    if (relay.state === 'broken') return this.#fail('upstream_closed');
    if (relay.state !== 'whole') return;
    const now = performance.now();
    const upstream = this.#upstream;
    this.#upstream = undefined;
    // Answered without reading the body to its end: neither the rest nor the connection is of use.
    if (!surplus && this.#keepAlive && !this.#sending && this.bodyEnded && upstream)
      this.#pool?.release(upstream, this.#idleLimit, now);
    else upstream?.destroy();
    this.#obey(this.#machine.closed(this.#machine.attempt, now));
    if (this.client.wants) this.#delivered();
  }

  #delivered(): void {
    this.#obey(this.#machine.delivered());
  }

  #fail(cause: FailedTry): void {
    this.#obey(this.#machine.failed(this.#machine.attempt, cause, performance.now()));
  }

  /** Of the try under way nothing is wanted any more. */
  #drop(): void {
    this.#sending = false;
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.destroy();
  }

  #giveUp(): void {
    this.#endedAt = performance.now();
    this.context.lane.tables.forget(this);
    this.#drop();
    this.body?.forget();
    const { outcome, target, attempt } = this.#machine;
    if (outcome === undefined || outcome === 'answered') return;
    this.context.lane.log.debug(
      { cause: outcome, status: statusOf(outcome), replica: target?.instance.replica, tries: attempt },
      'not answered by a replica',
    );
  }

  #end(): void {
    const { lane } = this.context;
    const { outcome, target } = this.#machine;
    if (outcome === undefined) return;
    const took = (this.#endedAt ?? performance.now()) - this.#beganAt;
    lane.meter.ended(this.method, outcome, this.#status, target?.ref, took / 1000);
    if (this.#entry)
      logEnd(lane.accessLog, this.#entry, outcome, this.#toHead, {
        status: this.#status,
        sent: this.#relay?.sent,
        received: this.body?.taken ?? 0,
      });
    this.client.onOver(this);
  }

  /** A fault of ours ends this request, and not the thread with all the others. */
  #onOwnFault(error: Error): void {
    this.context.lane.log.error({ reason: error.stack }, 'a request failed inside the balancer');
    this.#obey(this.#machine.refuse('internal_error'));
  }
}
