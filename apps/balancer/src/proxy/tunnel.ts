// Owns a WebSocket: its handshake on the way to a replica, and the tunnel after it. The replica is dialled first, so that a
// refused connection costs the next candidate and not the client. A tunnel counts apart from requests: it would never end
// for a drain to wait for.
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { answerOnSocket } from './answers.js';
import type { Candidates } from './candidates.js';
import { type Cause, causes } from './causes.js';
import { candidatesFor, type Client, clientOf } from './client.js';
import { hostOf, requestFields } from './fields.js';
import type { Forwarder, Party } from './forwarder.js';
import type { RequestHead } from './head.js';
import type { LaneContext } from './lane-context.js';
import { causeOf, type FailedTry, mayRetry } from './retry-policy.js';
import { DialledAgent } from './upstreams.js';
import type { Target } from '../routing/table.js';

/** What goes to node's upgrade path; every other Upgrade field is ignored, as HTTP allows, and the request served as usual. */
export function isWebSocket({ method, httpVersion, headers }: IncomingMessage): boolean {
  return method === 'GET' && httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket';
}

export class Tunnel implements Party {
  readonly body = undefined;
  readonly #client: Client;
  #candidates: Candidates | undefined;
  #target: Target | undefined;
  #upstream: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #established = false;
  #over = false;

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
    this.#client = clientOf(request, context);
  }

  begin(): void {
    const { context, socket } = this;
    socket.on('error', () => {});
    socket.once('close', () => this.#onClientClosed());
    const table = context.tables.current;
    if (!table) return this.#refuse('no_replica');
    this.#candidates = candidatesFor(context, table, this.request, this.head, this.#client);
    this.#dialAndForward(this.#candidates).catch((error: Error) => {
      context.log.error({ reason: error.stack }, 'a WebSocket failed inside the balancer');
      this.#refuse('internal_error');
    });
  }

  /** Ends it, whatever it is at. */
  destroy(): void {
    this.socket.destroy();
  }

  get destination(): { host: string; port: number; agent: Agent } {
    if (!this.#target || !this.#upstream) throw new Error('the tunnel has no replica yet');
    const { host, port } = this.#target.instance;
    return { host, port, agent: new DialledAgent(this.#upstream) };
  }

  onRequest(proxyRequest: ClientRequest): void {
    const { responseTimeout, exposeReplica } = this.context.settings;
    this.#timer = setTimeout(() => {
      this.#fail('response_timeout');
      proxyRequest.destroy();
    }, responseTimeout);
    // Before the library's own listeners, so that what it copies to the client is what we leave.
    const tidy = ({ headers, statusCode = 0 }: IncomingMessage) => {
      clearTimeout(this.#timer);
      if (this.#target) this.context.answered(this.#target, statusCode);
      for (const name of Object.keys(headers)) if (name.startsWith('x-hashflow-')) delete headers[name];
      if (exposeReplica && this.#target) headers['x-hashflow-replica'] = this.#target.instance.replica;
    };
    proxyRequest.once('response', tidy);
    proxyRequest.once('upgrade', (response, upstream) => {
      tidy(response);
      this.#establish(upstream);
    });
    proxyRequest.once('close', () => {
      clearTimeout(this.#timer);
      // The handshake was answered with an ordinary response, or failed.
      if (!this.#established) this.#release();
    });
  }

  onError(error: Error): void {
    if (!this.#established) this.#fail(causeOf(error, true));
  }

  async #dialAndForward(candidates: Candidates): Promise<void> {
    let cause: Cause = 'no_replica';
    for (let tries = 1; ; tries++) {
      const target = await candidates.nextOrNewer();
      if (this.#over) return candidates.release();
      if (!target) return this.#refuse(cause);
      this.#target = target;
      try {
        this.#upstream = await this.context.upstreams.dial(target.instance);
        break;
      } catch (error) {
        const failure = causeOf(error as Error, false);
        if (candidates.heldIsReady) this.context.report(target, failure);
        const facts = { method: 'GET', bodyTaken: false, responseStarted: false };
        if (!mayRetry(failure, { ...facts, tries, maxTries: this.context.settings.retryAttempts }))
          return this.#refuse(failure);
        cause = failure;
      }
    }
    if (this.#over) {
      this.#upstream.destroy();
      return candidates.release();
    }
    this.#forward(this.#target);
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
      replica: instance.replica,
      upgrade: 'websocket',
    });
    this.forwarder.upgrade(this, this.socket, this.surplus);
  }

  #establish(upstream: Socket): void {
    this.#established = true;
    this.#candidates?.becomeTunnel();
    // Each end goes with the other, but only after what was sent to it: a WebSocket says why it closes.
    upstream.once('close', () => this.socket.destroySoon());
    this.socket.once('close', () => upstream.destroySoon());
    // The library switches timeouts off as it ties the two together, right after this event.
    process.nextTick(() => this.socket.setTimeout(this.context.settings.tunnelTimeout, () => this.socket.destroy()));
  }

  #fail(cause: FailedTry): void {
    if (this.#over) return;
    if (this.#target && this.#candidates?.heldIsReady) this.context.report(this.#target, cause);
    this.#refuse(cause);
  }

  #refuse(cause: Cause): void {
    if (this.#over) return;
    this.#over = true;
    this.context.log.debug({ cause, status: causes[cause].status }, 'a WebSocket was not tunnelled');
    answerOnSocket(this.socket, cause);
    this.#release();
  }

  #onClientClosed(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#upstream?.destroySoon();
    this.#release();
    this.onClosed();
  }

  #release(): void {
    this.#candidates?.release();
  }
}
