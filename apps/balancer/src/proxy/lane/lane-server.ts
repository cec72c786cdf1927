// Owns the listener of both lanes: who may connect, and who is handed to the express lane. What comes to the standard lane, node:http with its
// limits set, it sorts into exchanges, tunnels, classic routes and refusals. Nothing here looks at a replica.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { KeyRequest } from '../../routing/hash-key.js';
import { answerCause, answerOnSocket, bodyArriving, sendAnswer } from '../answers/answers.js';
import { plainAddress } from '../../config/networks.js';
import { maskAddress } from '../../routing/ip-mask.js';
import type { Cause } from '../answers/causes.js';
import { ClientLimits, PREFIX6 } from '../limits/client-limits.js';
import { classicRoute, type ClassicRoutes } from '../answers/classic-routes.js';
import { Exchange } from '../standard/exchange.js';
import { requestIdOf } from './client.js';
import { ExpressLane, type StandardLane } from '../express/express-lane.js';
import type { ExpressUpstreams } from '../express/express-upstreams.js';
import type { Forwarder } from '../standard/forwarder.js';
import { type CheckedHead, checkHead, type RequestHead } from '../message/head.js';
import { hopsLeft, traceOfRequest } from '../message/max-forwards.js';
import type { LaneContext } from './lane-context.js';
import type { Endpoint } from './lane-messages.js';
import { isWebSocket, Tunnel } from '../standard/tunnel.js';

/** A request that is not answered yet. */
interface Open {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  refuse(cause: Cause): void;
}

/** Connections that were refused and are not closed yet. */
const MOST_PARTING = 64;

export class LaneServer implements StandardLane {
  readonly #server: Server;
  /** In the order of arrival, by connection: a client may send the next request before the answer to the last. */
  readonly #open = new Map<Duplex, Open[]>();
  readonly #tunnels = new Set<Tunnel>();
  readonly #refused = new WeakSet<Duplex>();
  /** Plain requests go there first; undefined: there is none. */
  readonly #express: ExpressLane | undefined;
  /** What node does with a new connection. */
  readonly #toStandard: (this: Server, socket: Socket) => void;
  readonly #clients: ClientLimits;
  /** Connections that were refused, and whose clients may still read why. */
  #parting = 0;
  #closing = false;
  /** Idle connections are not closed yet. */
  #idleLeft = true;
  #onIdle: (() => void) | undefined;

  constructor(
    private readonly context: LaneContext,
    private readonly forwarder: Forwarder,
    /** undefined: the classic routes are paths like any other. */
    private readonly classics: ClassicRoutes | undefined,
  ) {
    const { settings } = context;
    const server = createServer({
      maxHeaderSize: settings.maxHead,
      headersTimeout: settings.headTimeout,
      // A body may take as long as it makes progress: the attempt machine sees to that.
      requestTimeout: 0,
      keepAliveTimeout: settings.idleTimeout,
      connectionsCheckingInterval: Math.max(50, Math.min(1000, settings.headTimeout / 4)),
      // head.ts does it, and answers as we do.
      requireHostHeader: false,
      noDelay: true,
      // A handshake takes the connection over at once: behind a request that is not answered yet it is a request like any other.
      shouldUpgradeCallback: (request) => isWebSocket(request) && !this.#open.has(request.socket),
    });
    // With a limit, node drops the surplus fields and says nothing; head.ts refuses instead.
    server.maxHeadersCount = 0;
    server.timeout = 0;
    server.on('request', (request, response) => this.#serve(request, response, false));
    server.on('checkContinue', (request, response) => this.#serve(request, response, true));
    server.on('checkExpectation', (request, response) => {
      if (!this.#isSurplus(request)) this.#refuse(request, response, 'expectation_failed');
    });
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    server.on('connect', (_request, socket) => {
      socket.on('error', () => {});
      this.#refuseInTurn(socket, 'not_implemented');
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#onClientError(error, socket));
    this.#server = server;
    const [toStandard] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
    this.#toStandard = toStandard;
    server.removeListener('connection', toStandard);
    this.#clients = new ClientLimits({ ...settings, addressOf: (peer) => clientNetwork(peer, context.trusts) });
    if (settings.express) this.#express = new ExpressLane(context, this);
    server.on('connection', (socket: Socket) => this.#accept(socket));
  }

  /** Connections of the express lane to replicas; undefined: there is no such lane. */
  get expressUpstreams(): ExpressUpstreams | undefined {
    return this.#express?.upstreams;
  }

  /** @param shared other lanes listen on the same port @throws the error of the listener */
  listen({ host, port }: Endpoint, shared: boolean): Promise<Endpoint> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, reusePort: shared }, () => {
        this.#server.off('error', reject);
        const { log } = this.context;
        this.#server.on('error', ({ message }) => log.error({ reason: message }, 'the data port has trouble'));
        const { address, port: bound } = this.#server.address() as AddressInfo;
        resolve({ host: address, port: bound });
      });
    });
  }

  /** Stops accepting; idle connections are closed, busy ones after their answer. */
  close(): void {
    this.#closing = true;
    // Only the listener: node takes a connection for idle whose answer is not all out, and would cut that.
    NetServer.prototype.close.call(this.#server);
    this.#closeIdle();
    this.#express?.close();
    for (const list of this.#open.values()) for (const { response } of list) response.shouldKeepAlive = false;
  }

  /** Resolves when no request is in flight; tunnels are not waited for, they have no end of their own. */
  async idle(): Promise<void> {
    await this.#express?.idle();
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }

  /** Cuts what is left. */
  destroy(): void {
    for (const tunnel of [...this.#tunnels]) tunnel.destroy();
    this.#server.closeAllConnections();
    // The listener is closed; node's own looks at connections end here.
    this.#server.close();
    this.#express?.destroy();
  }

  // StandardLane, for the express lane

  adopt(socket: Socket, unread: number): void {
    this.context.meter.follow(socket, unread);
    this.#toStandard.call(this.#server, socket);
  }

  claims(request: Pick<RequestHead, 'method' | 'target'> & Pick<KeyRequest, 'field'>): boolean {
    if (request.method === 'OPTIONS' && request.field('max-forwards') !== undefined) return true;
    return this.classics !== undefined && classicRoute(request) !== undefined;
  }

  #accept(socket: Socket): void {
    const peer = plainAddress(socket.remoteAddress ?? '');
    if (!this.#clients.admit(peer)) return this.#refuseConnection(socket);
    socket.once('close', () => this.#clients.leave(peer));
    if (this.#express) {
      this.#express.accept(socket);
      return;
    }
    this.context.meter.connected();
    this.adopt(socket, 0);
  }

  /** Nobody waits to read what it asks: the answer may come before the question. With too many of them there is none. */
  #refuseConnection(socket: Socket): void {
    const { meter, requestIds } = this.context;
    meter.refusedConnection();
    socket.on('error', () => {});
    if (this.#parting >= MOST_PARTING) {
      socket.resetAndDestroy();
      return;
    }
    this.#parting++;
    socket.once('close', () => this.#parting--);
    answerOnSocket(socket, 'overload', requestIds?.make());
  }

  #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    if (this.#isSurplus(request)) return;
    const { expect, upgrade } = request.headers;
    // An Upgrade that is ignored has cost what came with it in one packet: the parser has thrown it away.
    if (this.#closing || upgrade !== undefined) response.shouldKeepAlive = false;
    const checked = this.#check(request);
    if (checked.refusal) return this.#refuse(request, response, checked.refusal);
    // Node takes this for one of several expectations; nobody knows the others.
    if (expectsContinue && expect?.toLowerCase() !== '100-continue')
      return this.#refuse(request, response, 'expectation_failed');
    const { head } = checked;
    // With nothing to continue, 100 is not sent, and without it node closes.
    if (expectsContinue && head.body === 'none') response.shouldKeepAlive = false;
    const route = this.classics && classicRoute(head);
    if (route && this.classics) {
      const requestId = requestIdOf(request, this.context);
      this.context.accessLog?.ownAnswer(request, response, requestId, undefined);
      const refuse = (cause: Cause) => answerCause(request, response, cause, requestId);
      this.#track({ request, response, refuse });
      this.classics.serve(route, request, response, head, expectsContinue, requestId).catch((error: Error) => {
        this.context.log.error({ reason: error.stack }, 'a classic request failed inside the balancer');
        refuse('internal_error');
      });
      return;
    }
    if (hopsLeft(request) === 0) return this.#answerAsLast(request, response);
    const exchange = new Exchange(this.context, this.forwarder, request, response, head, expectsContinue);
    this.#track(exchange);
    exchange.begin();
  }

  #upgrade(request: IncomingMessage, socket: Socket, surplus: Buffer): void {
    const checked = this.#check(request);
    if (checked.refusal || checked.head.body !== 'none') {
      const cause = checked.refusal ?? 'bad_request';
      socket.on('error', () => {});
      return this.#refuseOnSocket(socket, cause, request);
    }
    const tunnel: Tunnel = new Tunnel(this.context, this.forwarder, request, socket, surplus, checked.head, () =>
      this.#tunnels.delete(tunnel),
    );
    this.#tunnels.add(tunnel);
    tunnel.begin();
  }

  /** The request may go no further, and like a classic route it is ours to answer. */
  #answerAsLast(request: IncomingMessage, response: ServerResponse): void {
    const requestId = requestIdOf(request, this.context);
    this.context.accessLog?.ownAnswer(request, response, requestId, undefined);
    const refuse = (cause: Cause) => answerCause(request, response, cause, requestId);
    this.#track({ request, response, refuse });
    const isTrace = request.method === 'TRACE';
    const fields = isTrace ? ['Content-Type', 'message/http'] : [];
    const body = isTrace ? traceOfRequest(request) : '';
    sendAnswer(request, response, { status: 200, fields, body }, false);
  }

  /** What never becomes an exchange: no replica is looked for, and it takes no time. */
  #refuse(request: IncomingMessage, response: ServerResponse, cause: Cause): void {
    // Its answer closes the connection: what the parser still finds there, good or bad, gets none.
    this.#refused.add(request.socket);
    const requestId = requestIdOf(request, this.context);
    this.#countRefusal(request.method, cause, request.socket);
    this.context.accessLog?.ownAnswer(request, response, requestId, cause);
    answerCause(request, response, cause, requestId);
  }

  /** @param request undefined: what came is none */
  #refuseOnSocket(socket: Duplex, cause: Cause, request?: IncomingMessage): void {
    const { remoteAddress, remotePort } = socket as Socket;
    const requestId = request ? requestIdOf(request, this.context) : this.context.requestIds?.make();
    if (!answerOnSocket(socket, cause, requestId)) return;
    this.#countRefusal(request?.method, cause, socket);
    this.context.accessLog?.refusedConnection(remoteAddress, remotePort, requestId, cause);
  }

  #countRefusal(method: string | undefined, outcome: Cause, socket: Duplex): void {
    this.context.meter.request({ method, outcome, status: 0, ref: undefined }, socket as Socket, undefined);
  }

  /** It follows what was the last request of its connection, and would go to a replica without ever being answered. */
  #isSurplus({ socket }: IncomingMessage): boolean {
    return this.#refused.has(socket) || this.#open.get(socket)?.at(-1)?.response.shouldKeepAlive === false;
  }

  #check(request: IncomingMessage): CheckedHead {
    const { method = '', url = '', httpVersion, rawHeaders } = request;
    return checkHead({ method, url, httpVersion, rawHeaders }, this.context.settings);
  }

  #track(open: Open): void {
    const { socket } = open.request;
    const list = this.#open.get(socket) ?? [];
    list.push(open);
    this.#open.set(socket, list);
    open.response.once('close', () => {
      list.splice(list.indexOf(open), 1);
      if (list.length > 0) return;
      this.#open.delete(socket);
      // An answer that had begun before could not say that it is the last one.
      if (this.#closing) {
        socket.destroySoon();
        if (this.#idleLeft) this.#closeIdle();
      }
      if (this.#open.size === 0) this.#onIdle?.();
    });
  }

  /** Connections of the standard lane on which nothing is under way; later, while node cannot tell them from others. */
  #closeIdle(): void {
    for (const list of this.#open.values())
      for (const { response } of list) if (response.writableEnded && !response.writableFinished) return;
    this.#idleLeft = false;
    this.#server.closeIdleConnections();
  }

  /** The parser gave up on a connection: garbage, a head too large, or one that does not end. */
  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const cause = clientErrorCause(error);
    if (!cause) {
      socket.destroy();
      return;
    }
    // What else arrives there is garbage as well.
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    const last = this.#open.get(socket)?.at(-1);
    // It is about the body of a request that has been begun: that request gets the answer.
    if (last && bodyArriving(last.request)) return last.refuse(cause);
    this.#refuseInTurn(socket, cause);
  }

  /** While a request before is not answered, an answer would be taken for the answer to that one. */
  #refuseInTurn(socket: Duplex, cause: Cause): void {
    const last = this.#open.get(socket)?.at(-1);
    if (last) last.response.once('finish', () => this.#refuseOnSocket(socket, cause));
    else this.#refuseOnSocket(socket, cause);
  }
}

/** What counts as one client; undefined: it speaks for many. */
function clientNetwork(peer: string, trusts: LaneContext['trusts']): string | undefined {
  return trusts(peer) ? undefined : maskAddress(peer, 32, PREFIX6);
}

function clientErrorCause({ code }: NodeJS.ErrnoException): Cause | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return 'head_too_large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_timeout';
  return code?.startsWith('HPE_') ? 'bad_request' : undefined;
}
