// Owns the use of http-proxy-middleware: one instance of it, told per request where to go, and its events led back to the
// request they belong to. It only carries requests; it decides, answers and logs nothing.
//
// Its default plugins are left out: they write an answer and log lines of their own. In return this file must listen for
// the errors that they listen for, because an 'error' without a listener ends the process.
import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';

/** One try of a request, as the library's events need it. */
export interface Party {
  readonly request: IncomingMessage;
  readonly destination: { readonly host: string; readonly port: number; readonly agent: Agent };
  /** What is sent as the body instead of the request's own stream. */
  readonly body: Readable | undefined;
  /** The outgoing request has been given a socket; nothing is sent yet. What comes of it, it tells itself. */
  onRequest(proxyRequest: ClientRequest): void;
  onError(error: Error): void;
}

/** The library's options, copied for each try, and whose try it is. */
interface TryOptions {
  party?: Party;
}

type Middleware = RequestHandler<IncomingMessage, ServerResponse>;
type ProxyServer = Parameters<NonNullable<Parameters<typeof createProxyMiddleware>[0]['plugins']>[number]>[0];

const ignore = () => {};

export class Forwarder {
  readonly #parties = new WeakMap<IncomingMessage, Party>();
  readonly #middleware: Middleware;

  constructor() {
    this.#middleware = createProxyMiddleware<IncomingMessage, ServerResponse>({
      router: (request, _response, options) => {
        const party = this.#parties.get(request);
        if (!party) throw new Error('a request that was never handed over');
        const { host, port, agent } = party.destination;
        // The options are a copy made for this request.
        options.agent = agent;
        (options as TryOptions).party = party;
        options.buffer = party.body;
        return { protocol: 'http:', host, port };
      },
      // The answer is relayed by response-relay.ts: the library would pass on what Connection names, and lose trailers.
      selfHandleResponse: true,
      ejectPlugins: true,
      plugins: [(proxy) => this.#listen(proxy)],
    });
  }

  /** One try of a request; called again for the next. */
  forward(party: Party, response: ServerResponse): void {
    this.#parties.set(party.request, party);
    // Failures on the way come as 'error' events, and not to `next`; that gets only what the router throws.
    void this.#middleware(party.request, response, (error) => {
      if (error instanceof Error) party.onError(error);
    });
  }

  /** A WebSocket handshake. */
  upgrade(party: Party, socket: Socket, head: Buffer): void {
    this.#parties.set(party.request, party);
    this.#middleware.upgrade(party.request, socket, head);
  }

  #listen(proxy: ProxyServer): void {
    // By the options and not by the request: a try that was given up may be told only after the next was handed over.
    proxy.on('proxyReq', (proxyRequest, request, _response, options) => {
      keepEmptyHost(proxyRequest, request);
      (options as TryOptions).party?.onRequest(proxyRequest);
    });
    proxy.on('proxyReqWs', (proxyRequest, request, socket) => {
      keepEmptyHost(proxyRequest, request);
      socket.on('error', ignore);
      this.#parties.get(request)?.onRequest(proxyRequest);
    });
    proxy.on('open', (upstream) => upstream.on('error', ignore));
    // `econnreset` is the client's end of it: the exchange sees its own response close.
    proxy.on('econnreset', ignore);
    proxy.on('error', (error, request) => {
      if (request) this.#parties.get(request)?.onError(error);
    });
  }
}

/** Node takes an empty Host for none, and writes the address of the replica. */
function keepEmptyHost(proxyRequest: ClientRequest, { headers }: IncomingMessage): void {
  if (headers.host === '') proxyRequest.setHeader('Host', '');
}
