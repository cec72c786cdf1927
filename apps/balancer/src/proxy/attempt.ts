// Owns one try of a request on one replica: its connection, its deadlines, its end. What a failure means for the request is
// the exchange's.
import type { ClientRequest } from 'node:http';
import type { Target } from '../routing/table.js';
import type { BodyGate } from './body-gate.js';
import { TryEnded } from './retry-policy.js';

export interface AttemptOptions {
  readonly connectTimeout: number;
  /** From the last byte of the request to the head of the answer. */
  readonly responseTimeout: number;
  /** The connection stands, the request begins to flow. */
  readonly onConnected: () => void;
  /** The try is over in whatever way; comes once, after everything else. */
  readonly onClosed: () => void;
}

export class Attempt {
  #request: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #connected = false;
  #responded = false;
  #dropped = false;

  constructor(
    readonly target: Target,
    /** undefined: the request has no body. */
    readonly body: BodyGate | undefined,
    private readonly options: AttemptOptions,
  ) {}

  get connected(): boolean {
    return this.#connected;
  }

  get responded(): boolean {
    return this.#responded;
  }

  /** Given up, or failed: nothing that still comes of it counts. */
  get dropped(): boolean {
    return this.#dropped;
  }

  /** The outgoing request has its socket, which may still be connecting. */
  bind(request: ClientRequest): void {
    this.#request = request;
    request.once('close', () => {
      clearTimeout(this.#timer);
      this.options.onClosed();
    });
    if (this.#dropped) {
      request.destroy();
      return;
    }
    const { socket } = request;
    if (!socket?.connecting) {
      this.#onConnected(request);
      return;
    }
    this.#limit('connect_timeout', this.options.connectTimeout);
    socket.once('connect', () => this.#onConnected(request));
  }

  /** The head of the answer is here: from now on there is no deadline. */
  respond(): void {
    this.#responded = true;
    clearTimeout(this.#timer);
  }

  /** Ends the try: whatever comes from the replica now is not wanted. */
  drop(): void {
    this.#dropped = true;
    clearTimeout(this.#timer);
    this.body?.abandon();
    this.#request?.destroy();
  }

  #onConnected(request: ClientRequest): void {
    if (this.#dropped) return;
    this.#connected = true;
    clearTimeout(this.#timer);
    this.options.onConnected();
    this.body?.open();
    const sent = () => {
      if (!this.#responded && !this.#dropped) this.#limit('response_timeout', this.options.responseTimeout);
    };
    if (request.writableFinished) sent();
    else request.once('finish', sent);
  }

  #limit(cause: 'connect_timeout' | 'response_timeout', ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#request?.destroy(new TryEnded(cause)), ms);
  }
}
