// Owns one request of the standard lane on the wire, from its head to its last byte: it tells the attempt machine what
// happens and does what that says. Decisions are the machine's, one try attempt.ts's, the body request-body.ts's.
import type { IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import type { AccessEntry } from '../access-log/access-entry.js';
import { answerCause, answerLength, bodyArriving, linger } from '../answers/answers.js';
import { Attempt, type AttemptOwner } from './attempt.js';
import { AttemptMachine, type Step } from '../attempts/attempt-machine.js';
import type { TableWaiter } from '../attempts/candidates.js';
import { type Cause, SILENT_ENDS, statusFor } from '../answers/causes.js';
import { candidatesFor, type Client, clientOf, IncomingKey, isLoop, requestIdOf } from '../lane/client.js';
import { takenBy, unsentTo } from '../lane/client-intake.js';
import { hostOf, requestFields } from '../message/fields.js';
import type { Forwarder } from './forwarder.js';
import type { RequestHead } from '../message/head.js';
import { hopsLeft } from '../message/max-forwards.js';
import type { LaneContext } from '../lane/lane-context.js';
import { type BodyOwner, RequestBody } from './request-body.js';
import { cutAnswer, relayInformation, relayResponse } from './response-relay.js';
import type { Awaited } from '../attempts/relay-watch.js';
import type { QueueWaiter } from '../limits/request-queue.js';
import { type FailedTry, isIdempotent } from '../attempts/retry-policy.js';
import { TimedEntry } from '../lane/timer-wheel.js';
import { type Trace, traceOf } from '../message/trace-context.js';

export class Exchange extends TimedEntry implements AttemptOwner, BodyOwner, QueueWaiter, TableWaiter {
  readonly #client: Client;
  /** undefined: it has none of ours. */
  readonly #requestId: string | undefined;
  /** undefined: this request is not logged. */
  readonly #entry: AccessEntry | undefined;
  /** undefined: the client's stays as it is. */
  readonly #trace: Trace | undefined;
  /** Before this one; undefined: any number. */
  readonly #hopsLeft: number | undefined;
  readonly #machine: AttemptMachine;
  readonly #body: RequestBody | undefined;
  #attempt: Attempt | undefined;
  /** Of the answer whose head came last. */
  #upstream: IncomingMessage | undefined;
  #continued = false;
  #queued = false;
  #beganAt = 0;
  /** Since when nothing of it matters any more, though an answer of ours may still be on its way. */
  #endedAt: number | undefined;

  constructor(
    private readonly context: LaneContext,
    private readonly forwarder: Forwarder,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    private readonly head: RequestHead,
    /** The client waits for 100 Continue before it sends the body. */
    private readonly expectsContinue: boolean,
  ) {
    super();
    const { settings, tables } = context;
    this.#client = clientOf(request, context);
    this.#requestId = requestIdOf(request, context);
    this.#entry = context.accessLog?.entry(request, this.#requestId, this.#client.address);
    this.#trace = context.traces && traceOf(context.traces.line(), request.headers.traceparent?.toString());
    if (this.#entry) this.#entry.trace = this.#trace;
    this.#hopsLeft = hopsLeft(request);
    const hasBody = head.body !== 'none';
    if (hasBody) this.#body = new RequestBody(request, settings, this);
    const table = tables.current;
    this.#machine = new AttemptMachine(
      context,
      {
        idempotent: isIdempotent(head.method),
        hasBody,
        // Who waits for 100 Continue gets it when a connection stands, and sends nothing before.
        collects: hasBody && !expectsContinue && settings.retryBuffer > 0,
      },
      table && candidatesFor(context, table, new IncomingKey(request, head, this.#client), this.#entry),
    );
  }

  begin(): void {
    const { head, response } = this;
    const { maxBody } = this.context.settings;
    this.#beganAt = performance.now();
    response.once('close', () => this.#onClientClosed());
    if (this.#body) response.once('finish', () => this.#onDelivered());
    if (maxBody > 0 && head.length > maxBody) this.#obey(this.#machine.refuse('body_too_large'));
    else if (isLoop(this.request, this.context)) this.#obey(this.#machine.refuse('loop_detected'));
    else this.#obey(this.#machine.begin(this.#beganAt));
  }

  /** Answers by itself instead of a replica, or cuts the answer that is under way. */
  refuse(cause: Cause): void {
    this.#obey(this.#machine.refuse(cause));
  }

  // AttemptOwner

  onConnected(attempt: Attempt, reused: boolean): void {
    const now = performance.now();
    if (this.#entry) this.#entry.connected = now;
    this.#obey(this.#machine.connected(attempt.number, reused, now));
    if (!this.#body || !this.expectsContinue || this.#continued) return;
    this.#continued = true;
    this.response.writeContinue();
  }

  onSent(attempt: Attempt): void {
    this.#obey(this.#machine.sent(attempt.number, performance.now()));
  }

  onInformation(_attempt: Attempt, information: InformationEvent): void {
    relayInformation(information, this.request, this.response);
  }

  onHead(attempt: Attempt, upstream: IncomingMessage): void {
    const now = performance.now();
    if (this.#entry) this.#entry.headCame = now;
    this.#upstream = upstream;
    this.#obey(this.#machine.head(attempt.number, upstream.statusCode ?? 0, now));
  }

  onFailed(attempt: Attempt, cause: FailedTry): void {
    this.#obey(this.#machine.failed(attempt.number, cause, performance.now()));
  }

  onClosed(attempt: Attempt): void {
    this.#obey(this.#machine.closed(attempt.number, performance.now()));
  }

  // BodyOwner

  onBodyCollected(): void {
    this.#obey(this.#machine.collected(performance.now()));
  }

  onBodyProgress(): void {
    this.#obey(this.#machine.progress(performance.now()));
  }

  onBodyLost(): void {
    this.#machine.bodyLost();
  }

  onBodyTooLarge(): void {
    this.refuse('body_too_large');
  }

  // TableWaiter

  onTable(): void {
    this.#obey(this.#machine.tableCame(performance.now()));
  }

  // QueueWaiter

  onVacancy(): boolean {
    this.#obey(this.#machine.roomCame(performance.now()));
    return !this.#machine.queued || this.#machine.choosy;
  }

  // TimedEntry

  get deadline(): number {
    return this.#machine.deadline;
  }

  onDeadline(now: number): void {
    const moved = takenBy(this.request.socket) + (this.#body?.moved ?? 0);
    this.#obey(this.#machine.expired(now, this.#awaited, moved));
  }

  // Private

  get #awaited(): Awaited {
    // One that waits for the answer to an earlier request has no connection yet: that one's is what counts.
    const { socket } = this.response;
    if (this.response.headersSent && socket && unsentTo(socket) > 0) return 'client';
    if (this.#body && !this.#attempt?.sent) return this.#body.backlogged ? 'replica_takes' : 'client';
    return 'replica_sends';
  }

  #obey(step: Step): void {
    if (this.#queued && !this.#machine.queued) {
      this.#queued = false;
      this.context.queue.leave(this, performance.now());
    }
    switch (step) {
      case 'none':
        break;
      case 'collect':
        this.#body?.start();
        break;
      case 'wait':
        this.#drop();
        this.context.tables.wait(this);
        break;
      case 'queue':
        this.#drop();
        this.#queued = true;
        this.context.queue.enter(this, performance.now());
        break;
      case 'try':
        this.#drop();
        try {
          this.#try();
        } catch (error) {
          this.#onOwnFault(error as Error);
        }
        break;
      case 'relay':
        this.#relay();
        break;
      case 'answer':
        this.#giveUp();
        answerCause(this.request, this.response, this.#machine.cause, this.#requestId);
        break;
      case 'cut':
        this.#giveUp();
        cutAnswer(this.response);
        break;
      case 'end':
        // After a whole answer the connection belongs to the next request.
        if (this.#machine.outcome !== 'answered') this.#giveUp();
        break;
    }
    this.context.deadlines.follow(this);
  }

  #try(): void {
    const { target, attempt, maxIdle } = this.#machine;
    if (!target) throw new Error('a try without a target');
    const { request, head, context } = this;
    this.#entry?.tried(target.instance.replica, performance.now());
    // The library adds listeners to the same request with every try.
    if (attempt > 1) {
      request.setMaxListeners(0);
      this.response.setMaxListeners(0);
    }
    const agent = context.upstreams.agentOf(target.instance.id, maxIdle);
    this.#attempt = new Attempt(attempt, request, target, agent, this.#body?.reader(), this);
    request.url = head.target;
    request.headers = requestFields({
      rawHeaders: request.rawHeaders,
      httpVersion: request.httpVersion,
      host: context.settings.preserveHost ? head.host : hostOf(target.instance),
      clientHost: head.host,
      body: head.body,
      length: head.length,
      peer: this.#client.peer,
      peerTrusted: this.#client.peerTrusted,
      forwarding: context.forwarding,
      pseudonym: context.tables.current?.pseudonym,
      replica: target.instance.replica,
      requestId: this.#requestId,
      trace: this.#trace,
      hopsLeft: this.#hopsLeft,
    });
    this.forwarder.forward(this.#attempt, this.response);
  }

  #relay(): void {
    const [upstream, attempt] = [this.#upstream, this.#attempt];
    if (!upstream || !attempt) throw new Error('an answer without a head');
    const { exposeReplica, requestId } = this.context.settings;
    const told = {
      replica: exposeReplica ? attempt.target.instance.replica : undefined,
      requestId: requestId === 'echo' ? this.#requestId : undefined,
    };
    try {
      relayResponse(upstream, this.response, told, () =>
        this.#obey(this.#machine.failed(attempt.number, 'upstream_closed', performance.now())),
      );
    } catch {
      this.#obey(this.#machine.notRelayed());
      return;
    }
    const entry = this.#entry;
    if (entry) upstream.on('data', (chunk: Buffer) => (entry.sent += chunk.length));
  }

  /** Of the try under way nothing is wanted any more. */
  #drop(): void {
    this.#attempt?.drop();
    this.#attempt = undefined;
  }

  #onDelivered(): void {
    this.#body?.stop();
    // The replica answered without reading the body to its end.
    if (!this.#upstream || !bodyArriving(this.request)) return;
    linger(this.request, () => {
      if (!this.request.complete) this.request.socket.destroySoon();
    });
  }

  #onClientClosed(): void {
    if (this.response.writableFinished) this.#obey(this.#machine.delivered());
    else this.#obey(this.#machine.clientGone());
    this.#count();
    if (this.#entry) this.#log(this.#entry);
  }

  #log(entry: AccessEntry): void {
    const { outcome } = this.#machine;
    if (outcome !== undefined && outcome !== 'answered') {
      entry.cause = outcome;
      // An answer of ours, and not the part of one that a replica began.
      const own = !(outcome in SILENT_ENDS) && entry.sent === 0 && this.head.method !== 'HEAD';
      if (own) entry.sent = answerLength(outcome as Cause);
    }
    if (this.response.headersSent) entry.status = this.response.statusCode;
    entry.received = this.#body?.taken ?? 0;
    entry.queued = this.#machine.queuedFor;
    this.context.accessLog?.write(entry);
  }

  #count(): void {
    const { outcome, target } = this.#machine;
    if (outcome === undefined) return;
    const status = this.#upstream?.statusCode ?? 0;
    const took = (this.#endedAt ?? performance.now()) - this.#beganAt;
    const { method } = this.head;
    this.context.meter.request({ method, outcome, status, ref: target?.ref }, this.request.socket, took / 1000);
  }

  /** A fault of ours ends this request, and not the thread with all the others. */
  #onOwnFault(error: Error): void {
    this.context.log.error({ reason: error.stack }, 'a request failed inside the balancer');
    this.refuse('internal_error');
  }

  #giveUp(): void {
    const { outcome, target, attempt } = this.#machine;
    this.#endedAt = performance.now();
    this.context.tables.forget(this);
    this.#drop();
    this.#body?.stop();
    if (outcome === undefined || outcome === 'answered') return;
    this.context.log.debug(
      { cause: outcome, status: statusFor(outcome), replica: target?.instance.replica, tries: attempt },
      'not answered by a replica',
    );
  }
}
