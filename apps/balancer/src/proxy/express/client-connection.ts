// Owns one connection of a client to the express lane: it reads what comes, request after request, gives each to an exchange, hands
// over to the standard lane what is not plain, and ends when it is time. One request at a time: what was sent ahead waits, so
// answers keep their order. What becomes of a request is express-exchange.ts's.
import { performance } from 'node:perf_hooks';
import type { Socket } from 'node:net';
import { plainAddress } from '../../config/networks.js';
import { answerText, LINGER_BYTES, LINGER_MS } from '../answers/answers.js';
import type { Cause } from '../answers/causes.js';
import { takenBy, unsentTo } from '../lane/client-intake.js';
import { TimedEntry } from '../lane/timer-wheel.js';
import { leave, listenTo, type SocketListener } from './client-socket.js';
import { dateLine } from './date-line.js';
import { ExpressBody } from './express-body.js';
import type { ExpressContext } from './express-context.js';
import type { EndedRequest, ExpressClient } from './express-client.js';
import { ExpressExchange } from './express-exchange.js';
import { OriginLines } from './forwarded-lines.js';
import { LF } from './grammar.js';
import { LentBuffers } from './lent-buffers.js';
import { entryOf } from './logged-head.js';
import { logEnd } from './logged-request.js';
import { RepeatedFields } from './repeated-fields.js';
import type { RequestHeadReader } from './request-head.js';
import type { WriteBuffer } from './write-buffer.js';

/** The lane that the connection belongs to. */
export interface ConnectionHome {
  /** Answers are the last on their connections. */
  readonly closing: boolean;
  /** It is a request for the standard lane, though it is plain. */
  claims(request: RequestHeadReader): boolean;
  /** The connection is the standard lane's from now on. */
  handOver(connection: ClientConnection, socket: Socket, unread: number): void;
  /** A request began (1), or is over (-1). */
  onRequests(change: 1 | -1): void;
  /** It is no more. */
  onClosed(connection: ClientConnection): void;
}

/**
 * idle: no byte of a request has come · head: some have · busy: a request is under way · lingering: the last answer is out, what
 * still comes is thrown away · over: nothing is done here any more.
 */
type State = 'idle' | 'head' | 'busy' | 'lingering' | 'over';

/** Bytes that may be sent ahead of an answer. */
const MOST_AHEAD = 64 * 1024;

export class ClientConnection extends TimedEntry implements ExpressClient, SocketListener {
  readonly peer: string;
  readonly peerPort: number | undefined;
  readonly peerTrusted: boolean;
  readonly origin: OriginLines;
  received = 0;
  sent = 0;

  #state: State = 'idle';
  #exchange: ExpressExchange | undefined;
  /** What came and is not dealt with. */
  #input: Buffer | undefined;
  /** Of the state, but for `busy`, where the exchange has its own. */
  #due: number;
  #serving = false;
  /** No request was made on it yet. */
  #fresh = true;
  #lingered = 0;
  /** From the second request on. */
  #repeated: RepeatedFields | undefined;
  /** From the first long answer on. */
  #lent: LentBuffers | undefined;

  constructor(
    private readonly context: ExpressContext,
    private readonly home: ConnectionHome,
    private readonly socket: Socket,
  ) {
    super();
    const { lane } = context;
    this.peer = plainAddress(socket.remoteAddress ?? '');
    this.peerPort = socket.remotePort;
    this.peerTrusted = lane.trusts(this.peer);
    this.origin = new OriginLines(this.peer, this.peerTrusted, lane.forwarding);
    this.#due = performance.now() + lane.settings.headTimeout;
    listenTo(socket, lane.readBuffers.shared, this);
    lane.meter.connected();
    lane.deadlines.follow(this);
  }

  /** No request is under way on it. */
  get resting(): boolean {
    return this.#state === 'idle' || this.#state === 'head';
  }

  /** Ends it, whatever it is at. */
  destroy(): void {
    this.socket.destroy();
  }

  // TimedEntry

  get deadline(): number {
    return this.#exchange ? this.#exchange.deadline : this.#due;
  }

  onDeadline(now: number): void {
    if (this.#exchange) this.#exchange.onDeadline(now);
    else if (this.#state === 'head' || (this.#state === 'idle' && this.#fresh)) this.#refuse('request_timeout');
    else this.socket.destroy();
    this.follow();
  }

  // ExpressClient

  get wants(): boolean {
    return !this.socket.writableNeedDrain;
  }

  get flushed(): boolean {
    return this.socket.writableLength === 0;
  }

  get closing(): boolean {
    return this.home.closing;
  }

  get unsent(): number {
    return unsentTo(this.socket);
  }

  get taken(): number {
    return takenBy(this.socket);
  }

  writeText(text: string): void {
    this.sent += text.length;
    this.socket.write(text, 'latin1');
  }

  writeOut(message: WriteBuffer): void {
    this.sent += message.length;
    message.writeTo(this.socket);
  }

  writeBytes(bytes: Buffer): void {
    this.sent += bytes.length;
    this.socket.write(bytes);
  }

  writeLent(bytes: Buffer, whole: Buffer): void {
    this.sent += bytes.length;
    (this.#lent ??= new LentBuffers(this.context.lane.readBuffers)).write(this.socket, bytes, whole);
  }

  read(more: boolean): void {
    if (this.#state !== 'busy') return;
    if (more === !this.socket.isPaused()) return;
    if (more) this.socket.resume();
    else this.socket.pause();
  }

  follow(): void {
    if (this.#state !== 'over') this.context.lane.deadlines.follow(this);
  }

  answer(cause: Cause, requestId: string | undefined, toHead: boolean): void {
    const exchange = this.#exchange;
    const last = this.closing || exchange === undefined || exchange.last || !exchange.bodyEnded;
    this.writeText(answerText(cause, requestId, last, toHead, dateLine()));
  }

  awaitFlush(): void {
    // Node tells by itself where there was more than it likes to keep.
    if (!this.socket.writableNeedDrain) this.socket.write('', () => this.#exchange?.onClientDrain());
  }

  reset(): void {
    // What was sent ahead would still reach a replica, for nobody: the close comes a turn later.
    this.#state = 'lingering';
    this.#input = undefined;
    this.socket.resetAndDestroy();
  }

  onOver(exchange: EndedRequest): void {
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    this.received = this.sent = 0;
    this.home.onRequests(-1);
    if (this.#state !== 'busy') return;
    if (exchange.last || this.closing || !exchange.bodyEnded) return this.#linger();
    this.#await(exchange.endedAt);
    if (this.#input) this.#serve(this.#input, this.#input.length);
    else if (!this.#serving) this.follow();
  }

  // SocketListener

  onRead(bytes: Buffer, count: number): void {
    this.received += count;
    switch (this.#state) {
      case 'idle':
      case 'head':
        if (this.#input) this.#onMore(this.#input, bytes.subarray(0, count));
        else this.#serve(bytes, count);
        break;
      case 'busy':
        this.#onBusyRead(bytes, count);
        break;
      case 'lingering':
        this.#lingered += count;
        if (this.#lingered > LINGER_BYTES) this.socket.destroy();
        break;
      case 'over':
        break;
    }
    this.context.lane.readBuffers.dealtWith(bytes, count);
  }

  onDrain(): void {
    this.#exchange?.onClientDrain();
  }

  /** The client sends no more: it is taken for gone, as in the standard lane. */
  onEnd(): void {
    this.#state = 'lingering';
    this.#due = performance.now() + LINGER_MS;
    this.#exchange?.onClientGone();
    this.socket.destroySoon();
    this.follow();
  }

  /** Ends this request, or this connection, and not the thread with all the others. */
  onFault(error: Error): void {
    this.context.out.drop();
    this.#serving = false;
    if (this.#exchange) return this.#exchange.onFault(error);
    this.context.lane.log.error({ reason: error.stack }, 'a connection failed inside the balancer');
    if (this.resting) this.#refuse('internal_error');
    else this.socket.destroy();
  }

  onClose(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    const { lane } = this.context;
    lane.deadlines.cancel(this);
    this.#exchange?.onClientGone();
    lane.meter.moved(this.received, this.sent);
    lane.meter.disconnected();
    this.home.onClosed(this);
  }

  // Private

  /** More of a head that began before. */
  #onMore(input: Buffer, more: Buffer): void {
    const joined = (this.#input = Buffer.concat([input, more]));
    // One that drips in is looked at again only where a line may have ended.
    if (more.includes(LF) || joined.length > this.context.lane.settings.maxHead) this.#serve(joined, joined.length);
  }

  /**
   * Takes the requests that have come, one after the other, until one is under way or more has to come.
   * @param bytes the input, or what was just read and is overwritten later: of that, what is left becomes the input
   */
  #serve(bytes: Buffer, end: number): void {
    // An exchange may be over before this knows that it began.
    if (this.#serving) return;
    this.#serving = true;
    let more = this.#next(bytes, end);
    while (more && this.#input && this.resting) more = this.#next(this.#input, this.#input.length);
    this.#serving = false;
    this.follow();
  }

  /** @returns false: more has to come */
  #next(bytes: Buffer, end: number): boolean {
    const { requests, lane } = this.context;
    switch (requests.read(bytes, this.peerTrusted, this.#repeated?.fields, end)) {
      case 'incomplete':
        this.#input = this.#rest(bytes, 0, end);
        if (this.#state === 'idle') this.#due = performance.now() + lane.settings.headTimeout;
        this.#state = 'head';
        return false;
      case 'refused':
        this.#refuse(requests.cause, requests);
        break;
      case 'other':
        this.#handOver(bytes, end);
        break;
      case 'plain':
        if (this.home.claims(requests)) this.#handOver(bytes, end);
        else this.#begin(bytes, end);
        break;
    }
    return true;
  }

  /** What of these bytes is to be dealt with later, in memory that stays; undefined: nothing. */
  #rest(bytes: Buffer, begin: number, end: number): Buffer | undefined {
    if (begin === end) return undefined;
    const rest = bytes.subarray(begin, end);
    return bytes === this.#input ? rest : Buffer.from(rest);
  }

  #begin(bytes: Buffer, end: number): void {
    const { requests, lane, bodyBlocks } = this.context;
    let ahead = requests.size;
    let body: ExpressBody | undefined;
    if (requests.body !== 'none') {
      body = new ExpressBody(requests.body === 'length' ? requests.length : undefined, lane.settings, bodyBlocks);
      ahead = body.take(bytes, ahead, end);
    }
    const exchange = new ExpressExchange(this.context, this, body);
    this.#input = this.#rest(bytes, ahead, end);
    this.#state = 'busy';
    // Not for the first request: for many connections it is the only one.
    if (!this.#fresh) (this.#repeated ??= new RepeatedFields()).note(requests);
    this.#fresh = false;
    this.home.onRequests(1);
    this.#exchange = exchange;
    exchange.begin();
  }

  #onBusyRead(bytes: Buffer, count: number): void {
    const exchange = this.#exchange;
    const ahead = exchange?.body?.state === 'open' ? exchange.onBody(bytes, count) : 0;
    // A body that was refused has taken the connection with it.
    if (ahead === count || this.#state === 'lingering' || this.#state === 'over') return;
    const rest = bytes.subarray(ahead, count);
    const input = (this.#input = this.#input ? Buffer.concat([this.#input, rest]) : Buffer.from(rest));
    if (this.resting) this.#serve(input, input.length);
    else if (input.length > MOST_AHEAD) this.socket.pause();
  }

  #await(now: number): void {
    this.#state = 'idle';
    this.#due = now + this.context.lane.settings.idleTimeout;
    if (this.socket.isPaused()) this.socket.resume();
  }

  /** What follows on the connection cannot be told apart from what was refused. @param head as far as it could be read */
  #refuse(cause: Cause, head?: RequestHeadReader): void {
    const { accessLog, meter, requestIds } = this.context.lane;
    meter.refused(head?.method, cause);
    const requestId = requestIds?.of(head?.hasRequestId ? head.field('x-request-id') : undefined);
    if (!head?.sentTarget) accessLog?.refusedConnection(this.peer, this.peerPort, requestId, cause);
    else if (accessLog?.chooses()) {
      const { peer, peerPort } = this;
      const entry = entryOf(head, { peer, peerPort, client: peer }, requestId, accessLog, performance.now());
      const nothing = { status: 0, sent: undefined, received: 0, queued: 0, ended: undefined };
      logEnd(accessLog, entry, cause, false, nothing);
    }
    this.writeText(answerText(cause, requestId, true, head?.method === 'HEAD', dateLine()));
    this.#linger();
  }

  /** The last answer is out. To close with unread bytes would reset the connection, and the client might lose the answer. */
  #linger(): void {
    this.#state = 'lingering';
    this.#input = undefined;
    this.#due = performance.now() + LINGER_MS;
    this.socket.end();
    if (this.socket.isPaused()) this.socket.resume();
    this.follow();
  }

  #handOver(bytes: Buffer, end: number): void {
    const { socket, context } = this;
    const input = Buffer.from(bytes.subarray(0, end));
    const { lane } = context;
    this.#state = 'over';
    this.#input = undefined;
    lane.deadlines.cancel(this);
    lane.meter.moved(this.received - input.length, this.sent);
    leave(socket);
    socket.pause();
    socket.unshift(input);
    this.home.handOver(this, socket, input.length);
    process.nextTick(() => socket.resume());
  }
}
