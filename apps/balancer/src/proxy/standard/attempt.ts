// Owns one try of a request on the wire of the standard lane: its outgoing request, and what comes of it, told to the exchange
// by number. What that means is the attempt machine's.
import type { Agent, ClientRequest, IncomingMessage, InformationEvent } from 'node:http';
import type { Target } from '../../routing/table.js';
import { isOurAnswer, MOST_INFORMATION } from '../message/answer-limits.js';
import { trailerFields } from '../message/fields.js';
import type { Party } from './forwarder.js';
import type { BodyReader } from './request-body.js';
import { causeOf, type FailedTry, TryEnded } from '../attempts/retry-policy.js';

export interface AttemptOwner {
  onConnected(attempt: Attempt, reused: boolean): void;
  /** The last byte of a body is out. */
  onSent(attempt: Attempt): void;
  onInformation(attempt: Attempt, information: InformationEvent): void;
  onHead(attempt: Attempt, upstream: IncomingMessage): void;
  onFailed(attempt: Attempt, cause: FailedTry): void;
  /** Comes last, whatever happened. */
  onClosed(attempt: Attempt): void;
}

export class Attempt implements Party {
  #outgoing: ClientRequest | undefined;
  #connected = false;
  #dropped = false;
  #answer: IncomingMessage | undefined;
  #information = 0;

  constructor(
    readonly number: number,
    readonly request: IncomingMessage,
    readonly target: Target,
    private readonly agent: Agent,
    /** undefined: the request has no body. */
    readonly body: BodyReader | undefined,
    private readonly owner: AttemptOwner,
  ) {}

  get destination(): { host: string; port: number; agent: Agent } {
    const { host, port } = this.target.instance;
    return { host, port, agent: this.agent };
  }

  /** All of the request is with the system. */
  get sent(): boolean {
    return this.#outgoing?.writableFinished ?? false;
  }

  onRequest(outgoing: ClientRequest): void {
    this.#outgoing = outgoing;
    outgoing.on('error', (error) => this.#fail(error));
    outgoing.once('close', () => {
      if (!this.#dropped) this.owner.onClosed(this);
    });
    if (this.#dropped) {
      outgoing.destroy();
      return;
    }
    // The library writes a path of its own making for the one target that is no path.
    if (this.request.url === '*') outgoing.path = '*';
    // The library's own listener would end the client's response together with an answer that is not passed on.
    outgoing.removeAllListeners('response');
    outgoing.once('response', (upstream) => this.#onHead(outgoing, upstream));
    outgoing.on('information', (information) => this.#onInformation(information));
    // Nobody asked to change the protocol. Without a listener node would close the connection and say no more than that.
    outgoing.once('upgrade', (_response, socket) => {
      socket.destroy();
      this.#refuse();
    });
    // Before the library's own listener, which ends the request. On one that is not chunked they go nowhere.
    this.body?.once('end', () => outgoing.addTrailers(trailerFields(this.request.rawTrailers)));
    const { socket } = outgoing;
    if (socket?.connecting) socket.once('connect', () => this.#onConnected(outgoing, false));
    else this.#onConnected(outgoing, outgoing.reusedSocket);
  }

  /** What comes up before there is an outgoing request to listen to. */
  onError(error: Error): void {
    if (!this.#outgoing) this.#fail(error);
  }

  /** Gives it up: nothing that still comes of it is told. */
  drop(): void {
    this.#dropped = true;
    this.body?.destroy();
    this.#outgoing?.destroy();
  }

  #onConnected(outgoing: ClientRequest, reused: boolean): void {
    if (this.#dropped) return;
    this.#connected = true;
    if (this.body) outgoing.once('finish', () => !this.#dropped && this.owner.onSent(this));
    this.owner.onConnected(this, reused);
    this.body?.open();
  }

  #onInformation(information: InformationEvent): void {
    if (this.#dropped) return;
    if (++this.#information > MOST_INFORMATION) this.#refuse();
    else this.owner.onInformation(this, information);
  }

  #onHead(outgoing: ClientRequest, upstream: IncomingMessage): void {
    if (this.#dropped || !isOurAnswer(upstream)) {
      upstream.destroy();
      this.#refuse();
      return;
    }
    // Answered without reading the body to its end: neither the rest nor the connection is of use.
    if (!outgoing.writableFinished)
      upstream.once('close', () => {
        if (outgoing.writableFinished) return;
        this.body?.destroy();
        outgoing.destroy();
      });
    this.#answer = upstream;
    this.owner.onHead(this, upstream);
  }

  #refuse(): void {
    this.#fail(new TryEnded('upstream_protocol'));
  }

  #fail(error: Error): void {
    // What stands behind a whole answer is no part of it, and the connection has been given up for it.
    if (!this.#dropped && !this.#answer?.complete) this.owner.onFailed(this, causeOf(error, this.#connected));
  }
}
