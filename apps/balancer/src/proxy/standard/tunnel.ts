// Owns a WebSocket of the standard lane on the wire: its handshake on the way to a replica, driven by the attempt machine, and
// the tunnel after it. The replica is dialled first, so that a refused connection costs the next candidate and not the client.
// A tunnel counts apart from requests: it would never end for a drain to wait for.
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Target } from '../../routing/table.js';
import type { AccessEntry } from '../access-log/access-entry.js';
import { isOurAnswer, MOST_INFORMATION } from '../message/answer-limits.js';
import { answerLength, answerOnSocket } from '../answers/answers.js';
import { AttemptMachine, type Step } from '../attempts/attempt-machine.js';
import type { TableWaiter } from '../attempts/candidates.js';
import { type Cause, causes, type End } from '../answers/causes.js';
import { candidatesFor, type Client, clientOf, IncomingKey, isLoop, requestIdOf } from '../lane/client.js';
import { takenBy, unsentTo } from '../lane/client-intake.js';
import { fieldValue, hostOf, requestFields, switchingFields, type Told } from '../message/fields.js';
import type { Forwarder, Party } from './forwarder.js';
import type { RequestHead } from '../message/head.js';
import type { LaneContext } from '../lane/lane-context.js';
import type { QueueWaiter } from '../limits/request-queue.js';
import { writeInformation } from './response-relay.js';
import { causeOf } from '../attempts/retry-policy.js';
import { TimedEntry } from '../lane/timer-wheel.js';
import { type Trace, traceOf } from '../message/trace-context.js';
import { DialledAgent } from './upstreams.js';

const SWITCHING = 101;

/** What goes to node's upgrade path; every other Upgrade field is ignored, as HTTP allows, and the request served as usual. */
export function isWebSocket({ method, httpVersion, headers }: IncomingMessage): boolean {
  return method === 'GET' && httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket';
}

export class Tunnel extends TimedEntry implements Party, QueueWaiter, TableWaiter {
  readonly body = undefined;
  readonly #client: Client;
  /** undefined: it has none of ours. */
  readonly #requestId: string | undefined;
  /** undefined: it is not logged. */
  readonly #entry: AccessEntry | undefined;
  /** undefined: the client's stays as it is. */
  readonly #trace: Trace | undefined;
  readonly #machine: AttemptMachine;
  /** The connection to the replica, from its dial on. */
  #upstream: Socket | undefined;
  #outgoing: ClientRequest | undefined;
  #established = false;
  #queued = false;
  /** Bytes of the connection that belong to what came before. */
  readonly #before: { readonly read: number; readonly written: number };
  #beganAt = 0;
  /** Of the replica's answer to the handshake. */
  #status = 0;
  #information = 0;
  #counted = false;

  constructor(
    private readonly context: LaneContext,
    private readonly forwarder: Forwarder,
    readonly request: IncomingMessage,
    private readonly socket: Socket,
    /** What came after the head in the same packet. */
    private readonly surplus: Buffer,
    private readonly head: RequestHead,
    private readonly onClosed: () => void,
  ) {
    super();
    this.#client = clientOf(request, context);
    this.#requestId = requestIdOf(request, context);
    this.#entry = context.accessLog?.entry(request, this.#requestId, this.#client.address);
    this.#trace = context.traces && traceOf(context.traces.line(), request.headers.traceparent?.toString());
    if (this.#entry) this.#entry.trace = this.#trace;
    // Fields are read as latin1, and the library writes the head of a 101 in whatever is the connection's own.
    socket.setDefaultEncoding('latin1');
    this.#before = { read: socket.bytesRead - surplus.length, written: socket.bytesWritten };
    const table = context.tables.current;
    this.#machine = new AttemptMachine(
      context,
      // A handshake that was sent is not sent again: what came on the heels of it went with it.
      { idempotent: false, hasBody: false, collects: false },
      table && candidatesFor(context, table, new IncomingKey(request, head, this.#client), this.#entry),
    );
  }

  begin(): void {
    this.socket.on('error', () => {});
    this.socket.once('close', () => this.#onClientClosed());
    this.#beganAt = performance.now();
    const looped = isLoop(this.request, this.context);
    this.#obey(looped ? this.#machine.refuse('loop_detected') : this.#machine.begin(this.#beganAt));
  }

  /** Ends it, whatever it is at. */
  destroy(): void {
    this.socket.destroy();
  }

  get deadline(): number {
    return this.#machine.deadline;
  }

  onDeadline(now: number): void {
    const awaited = unsentTo(this.socket) > 0 ? 'client' : 'replica_sends';
    this.#obey(this.#machine.expired(now, awaited, takenBy(this.socket)));
  }

  onTable(): void {
    this.#obey(this.#machine.tableCame(performance.now()));
  }

  onVacancy(): boolean {
    this.#obey(this.#machine.roomCame(performance.now()));
    return !this.#machine.queued || this.#machine.choosy;
  }

  // Party

  get destination(): { host: string; port: number; agent: Agent } {
    if (!this.#upstream) throw new Error('the tunnel has no replica yet');
    const { host, port } = this.#target.instance;
    return { host, port, agent: new DialledAgent(this.#upstream) };
  }

  onRequest(outgoing: ClientRequest): void {
    this.#outgoing = outgoing;
    const { attempt } = this.#machine;
    // Before the library's own listeners, so that what it copies to the client is what we leave.
    const onHead = ({ statusCode = 0 }: IncomingMessage) => {
      const now = performance.now();
      this.#status = statusCode;
      if (this.#entry) [this.#entry.headCame, this.#entry.status] = [now, statusCode];
      this.#obey(this.#machine.head(attempt, statusCode, now));
    };
    outgoing.on('information', (information) => {
      if (++this.#information > MOST_INFORMATION) this.#refuseAnswer(attempt);
      else writeInformation(information, this.socket);
    });
    outgoing.once('response', (response) => {
      if (!isOurAnswer(response)) return this.#refuseAnswer(attempt);
      onHead(response);
      const { headers } = response;
      const { replica, requestId } = this.#told;
      for (const name of Object.keys(headers)) if (name.startsWith('x-hashflow-')) delete headers[name];
      if (requestId !== undefined) headers['x-request-id'] = requestId;
      if (replica !== undefined) headers['x-hashflow-replica'] = fieldValue(replica);
      response.httpVersion = '1.1';
      // No tunnel then: what the client still says is for nobody, and only who listens hears it leave.
      this.socket.once('end', () => this.socket.destroySoon()).resume();
    });
    outgoing.once('upgrade', (response, upstream) => {
      onHead(response);
      response.headers = switchingFields(response.rawHeaders, 'websocket', this.#told);
      this.#establish(upstream);
    });
    outgoing.once('close', () => {
      // The handshake was answered with an ordinary response, or failed.
      if (!this.#established) this.#obey(this.#machine.closed(attempt, performance.now()));
    });
  }

  onError(error: Error): void {
    if (!this.#established)
      this.#obey(this.#machine.failed(this.#machine.attempt, causeOf(error, true), performance.now()));
  }

  // Private

  /** Beside what the replica says. */
  get #told(): Told {
    const { exposeReplica, requestId } = this.context.settings;
    return {
      replica: exposeReplica ? this.#target.instance.replica : undefined,
      requestId: requestId === 'echo' ? this.#requestId : undefined,
    };
  }

  get #target(): Target {
    const { target } = this.#machine;
    if (!target) throw new Error('the tunnel has no replica yet');
    return target;
  }

  #obey(step: Step): void {
    if (this.#queued && !this.#machine.queued) {
      this.#queued = false;
      this.context.queue.leave(this, performance.now());
    }
    switch (step) {
      case 'try':
        this.#upstream?.destroy();
        this.#dial(this.#machine.attempt, this.#target);
        break;
      case 'wait':
        this.#upstream?.destroy();
        this.context.tables.wait(this);
        break;
      case 'queue':
        this.#upstream?.destroy();
        this.#queued = true;
        this.context.queue.enter(this, performance.now());
        break;
      case 'answer':
        this.#refuse(this.#machine.cause);
        break;
      case 'cut':
        this.socket.resetAndDestroy();
        break;
      case 'end':
        this.#count('client_gone');
        // What was sent to the replica still goes there: a WebSocket says why it closes.
        this.#upstream?.destroySoon();
        break;
      case 'relay':
        this.#count('answered');
        break;
      case 'none':
      case 'collect':
        break;
    }
    this.context.deadlines.follow(this);
  }

  #dial(attempt: number, target: Target): void {
    this.#entry?.tried(target.instance.replica, performance.now());
    const upstream = this.context.upstreams.dial(target.instance);
    this.#upstream = upstream;
    const failed = (error: Error) =>
      this.#obey(this.#machine.failed(attempt, causeOf(error, false), performance.now()));
    upstream.once('error', failed);
    upstream.once('connect', () => {
      if (upstream !== this.#upstream || upstream.destroyed) return;
      const now = performance.now();
      if (this.#entry) this.#entry.connected = now;
      this.#obey(this.#machine.connected(attempt, false, now));
      this.#forward(target);
      // From here on the library listens, and tells of errors by itself; one listener must stay.
      upstream.off('error', failed).on('error', () => {});
    });
  }

  #forward({ instance }: Target): void {
    const { request, head, context } = this;
    request.url = head.target;
    request.headers = requestFields({
      rawHeaders: request.rawHeaders,
      httpVersion: request.httpVersion,
      host: context.settings.preserveHost ? head.host : hostOf(instance),
      clientHost: head.host,
      body: 'none',
      length: 0,
      peer: this.#client.peer,
      peerTrusted: this.#client.peerTrusted,
      forwarding: context.forwarding,
      pseudonym: context.tables.current?.pseudonym,
      replica: instance.replica,
      requestId: this.#requestId,
      trace: this.#trace,
      upgrade: 'websocket',
    });
    this.forwarder.upgrade(this, this.socket, this.surplus);
  }

  #establish(upstream: Socket): void {
    this.#established = true;
    this.#machine.tunnelled();
    // Each end goes with the other, but only after what was sent to it: a WebSocket says why it closes.
    upstream.once('close', () => this.socket.destroySoon());
    this.socket.once('close', () => upstream.destroySoon());
    // The library switches timeouts off as it ties the two together, right after this event.
    process.nextTick(() => this.socket.setTimeout(this.context.settings.tunnelTimeout, () => this.socket.destroy()));
  }

  /** It is none that can be passed on. */
  #refuseAnswer(attempt: number): void {
    this.#obey(this.#machine.failed(attempt, 'upstream_protocol', performance.now()));
  }

  /** Once, as soon as its handshake is decided: how long a tunnel then lives says nothing about anybody. */
  #count(outcome: End | 'answered'): void {
    if (this.#counted) return;
    this.#counted = true;
    const [{ method }, status, ref] = [this.head, this.#status, this.#machine.target?.ref];
    const seconds = status === SWITCHING ? undefined : (performance.now() - this.#beganAt) / 1000;
    this.context.meter.request({ method, outcome, status, ref }, this.socket, seconds);
  }

  #refuse(cause: Cause): void {
    this.#count(cause);
    this.context.tables.forget(this);
    this.context.log.debug({ cause, status: causes[cause].status }, 'a WebSocket was not tunnelled');
    answerOnSocket(this.socket, cause, this.#requestId);
    this.#outgoing?.destroy();
    this.#upstream?.destroy();
  }

  #onClientClosed(): void {
    this.context.tables.forget(this);
    this.#obey(this.#machine.clientGone());
    this.onClosed();
    if (this.#entry) this.#log(this.#entry);
  }

  /** A tunnel ends when somebody leaves: that is no failure. Its bytes are those of the client's connection. */
  #log(entry: AccessEntry): void {
    const { outcome } = this.#machine;
    if (outcome !== undefined && outcome in causes) {
      const cause = outcome as Cause;
      [entry.cause, entry.status, entry.sent] = [cause, causes[cause].status, answerLength(cause)];
    } else if (entry.headCame > 0) {
      entry.received = this.socket.bytesRead - this.#before.read;
      entry.sent = this.socket.bytesWritten - this.#before.written;
    } else entry.cause = 'client_gone';
    entry.queued = this.#machine.queuedFor;
    this.context.accessLog?.write(entry);
  }
}
