// Owns one request from its head to its last byte: key, candidates, claim, try, elsewhere or answer, release. How a try
// goes over the wire is forwarder.ts's and attempt.ts's, what a failure means retry-policy.ts's.
import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { answerCause, bodyArriving, linger } from './answers.js';
import { Attempt } from './attempt.js';
import { BodyGate } from './body-gate.js';
import type { Candidates } from './candidates.js';
import { type Cause, causes, type End, SILENT_ENDS } from './causes.js';
import { candidatesFor, type Client, clientOf } from './client.js';
import { hostOf, requestFields } from './fields.js';
import type { Forwarder, Party } from './forwarder.js';
import type { RequestHead } from './head.js';
import type { LaneContext } from './lane-context.js';
import { relayEarlyHints, relayResponse } from './response-relay.js';
import { type FailedTry, causeOf, mayRetry } from './retry-policy.js';

export class Exchange implements Party {
  readonly #client: Client;
  #candidates: Candidates | undefined;
  #attempt: Attempt | undefined;
  #tries = 0;
  #bodyTaken = false;
  #over = false;

  constructor(
    private readonly context: LaneContext,
    private readonly forwarder: Forwarder,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    private readonly head: RequestHead,
    /** The client waits for 100 Continue before it sends the body. */
    private readonly expectsContinue: boolean,
  ) {
    this.#client = clientOf(request, context);
  }

  begin(): void {
    const { context, head, response } = this;
    response.once('close', () => this.#onClientClosed());
    response.once('finish', () => {
      this.#attempt?.body?.abandon();
      // The replica answered without reading the body to its end.
      if (!this.#attempt?.responded || !bodyArriving(this.request)) return;
      linger(this.request, () => {
        if (!this.request.complete) this.request.socket.destroySoon();
      });
    });
    if (context.settings.maxBody > 0 && head.length > context.settings.maxBody) return this.refuse('body_too_large');
    const table = context.tables.current;
    if (!table) return this.refuse('no_replica');
    this.#candidates = candidatesFor(context, table, this.request, head, this.#client);
    this.#tryNext('no_replica').catch((error: Error) => this.#onOwnFault(error));
  }

  get destination(): { host: string; port: number; agent: Agent } {
    const { id, host, port } = this.#current.target.instance;
    return { host, port, agent: this.context.upstreams.agentOf(id) };
  }

  get body(): BodyGate | undefined {
    return this.#current.body;
  }

  onRequest(proxyRequest: ClientRequest): void {
    // The library writes a path of its own making for the one target that is no path.
    if (this.head.target === '*') proxyRequest.path = '*';
    proxyRequest.on('information', (information) => relayEarlyHints(information, this.request, this.response));
    this.#current.bind(proxyRequest);
  }

  onResponse(upstream: IncomingMessage): void {
    const attempt = this.#current;
    attempt.respond();
    if (this.#over) return attempt.drop();
    this.context.answered(attempt.target, upstream.statusCode ?? 0);
    const { replica } = attempt.target.instance;
    try {
      relayResponse(upstream, this.response, this.context.settings.exposeReplica ? replica : undefined, () =>
        this.#end('mid_stream'),
      );
    } catch {
      this.refuse('upstream_protocol');
    }
  }

  onError(error: Error): void {
    const attempt = this.#attempt;
    if (attempt) this.#onFailedTry(causeOf(error, attempt.connected));
  }

  /** Answers by itself instead of a replica, or cuts the answer that is under way. */
  refuse(cause: Cause): void {
    if (this.#over) return;
    this.#attempt?.drop();
    this.#end(cause);
    if (this.response.headersSent) this.response.socket?.resetAndDestroy();
    else answerCause(this.request, this.response, cause);
  }

  get #current(): Attempt {
    if (!this.#attempt) throw new Error('the exchange has no attempt under way');
    return this.#attempt;
  }

  async #tryNext(otherwise: Cause): Promise<void> {
    const target = await this.#candidates?.nextOrNewer();
    if (this.#over) return this.#candidates?.release();
    if (!target) return this.refuse(otherwise);
    this.#tries++;
    const attempt: Attempt = new Attempt(target, this.#gate(), {
      connectTimeout: this.context.settings.connectTimeout,
      responseTimeout: this.context.settings.responseTimeout,
      onConnected: () => this.#onConnected(),
      onClosed: () => this.#onAttemptClosed(attempt),
    });
    this.#attempt = attempt;
    const { request, head, context } = this;
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
      replica: target.instance.replica,
    });
    this.forwarder.forward(this);
  }

  #gate(): BodyGate | undefined {
    if (this.head.body === 'none') return undefined;
    return new BodyGate(this.request, {
      maxBody: this.context.settings.maxBody,
      stallTimeout: this.context.settings.idleTimeout,
      onTooLarge: () => this.refuse('body_too_large'),
      onStalled: (slow) => {
        // Once the answer has begun, both sides may take their time.
        if (this.#current.responded) return;
        if (slow === 'client') this.refuse('request_timeout');
        else this.#onFailedTry('response_timeout');
      },
    });
  }

  #onConnected(): void {
    if (this.head.body === 'none') return;
    this.#bodyTaken = true;
    if (this.expectsContinue) this.response.writeContinue();
  }

  #onFailedTry(cause: FailedTry): void {
    const attempt = this.#current;
    // After the head of the answer its own stream tells how it ends.
    if (this.#over || attempt.dropped || attempt.responded) return;
    // Refused by a replica that just began to leave: nothing to blame it for.
    if (this.#candidates?.heldIsReady) this.context.report(attempt.target, cause);
    attempt.drop();
    const again = mayRetry(cause, {
      method: this.head.method,
      bodyTaken: this.#bodyTaken,
      responseStarted: this.response.headersSent,
      tries: this.#tries,
      maxTries: this.context.settings.retryAttempts,
    });
    if (!again) return this.refuse(cause);
    // The library adds listeners to the same request with every try.
    this.request.setMaxListeners(0);
    this.response.setMaxListeners(0);
    // The next claim is taken before the old try reports its close: that must not release it.
    this.#attempt = undefined;
    this.#tryNext(cause).catch((error: Error) => this.#onOwnFault(error));
  }

  #onAttemptClosed(attempt: Attempt): void {
    if (attempt !== this.#attempt) return;
    // Closed without a word, or without an error that came up here.
    this.#onFailedTry('upstream_closed');
    if (attempt === this.#attempt) this.#candidates?.release();
  }

  #onClientClosed(): void {
    if (!this.response.writableFinished) {
      this.#attempt?.drop();
      this.#end('client_gone');
    }
    this.#over = true;
  }

  /** A fault of ours ends this request, and not the thread with all the others. */
  #onOwnFault(error: Error): void {
    this.context.log.error({ reason: error.stack }, 'a request failed inside the balancer');
    this.refuse('internal_error');
  }

  #end(end: End): void {
    if (this.#over) return;
    this.#over = true;
    this.#candidates?.release();
    const status = end in SILENT_ENDS ? SILENT_ENDS[end as keyof typeof SILENT_ENDS] : causes[end as Cause].status;
    this.context.log.debug(
      { cause: end, status, replica: this.#attempt?.target.instance.replica, tries: this.#tries },
      'not answered by a replica',
    );
  }
}
