// Owns one client of the load generator: a socket without anything on top, one request after the other, each answer checked. When it
// begins and ends is load-process.ts's.
import { connect, type Socket } from 'node:net';
import { AnswerReader } from '../answer-reader.ts';
import { renewSpan } from '../requests.ts';

/** What arrives is read before the next thing arrives: one buffer is enough for all. */
const RECEIVED = Buffer.allocUnsafe(256 * 1024);
/** Addresses that clients come from in turns: one has 28,000 ports, and a closed connection keeps its port for a minute. */
const ADDRESSES = 16;

export interface ClientOptions {
  readonly port: number;
  readonly number: number;
  readonly request: Uint8Array;
  /** It may be part of a trace, and each request is another part. */
  readonly traced: boolean;
  /** Bytes of the body of an answer. */
  readonly expected: number;
  /** A connection per request. */
  readonly close: boolean;
  /** After each answer. @returns whether to send again */
  readonly onAnswer: (nanoseconds: number) => boolean;
  readonly onError: (error: Error) => void;
}

export class Client {
  readonly #options: ClientOptions;
  #socket: Socket | undefined;
  #reader: AnswerReader;
  #sentAt = 0;
  #sent = 0;
  #whole = true;
  #ended = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#reader = new AnswerReader(options.expected);
  }

  send(): void {
    this.#sentAt = performance.now();
    this.#whole = false;
    if (this.#options.traced) renewSpan(this.#options.request, ++this.#sent);
    if (!this.#socket) this.#connect();
    this.#socket?.write(this.#options.request);
  }

  end(): void {
    this.#ended = true;
    this.#socket?.destroy();
  }

  #connect(): void {
    const { port, number, expected } = this.#options;
    this.#reader = new AnswerReader(expected);
    const socket = connect({
      host: '127.0.0.1',
      port,
      localAddress: `127.0.0.${2 + (number % ADDRESSES)}`,
      noDelay: true,
      onread: { buffer: RECEIVED, callback: (length) => this.#receive(length) },
    });
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#closed());
    this.#socket = socket;
  }

  #receive(length: number): boolean {
    try {
      if (this.#whole) throw new Error('answered without being asked');
      if (!this.#reader.read(RECEIVED, length)) return true;
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
    this.#whole = true;
    // With a connection per request its end is part of the answer.
    if (!this.#options.close) this.#answered();
    return true;
  }

  #closed(): void {
    this.#socket = undefined;
    if (this.#ended) return;
    if (this.#options.close && this.#whole) this.#answered();
    else this.#fail(new Error(this.#whole ? 'an idle connection was closed' : 'closed before the end of an answer'));
  }

  #answered(): void {
    if (this.#options.onAnswer((performance.now() - this.#sentAt) * 1e6)) this.send();
  }

  #fail(error: Error): void {
    if (this.#ended) return;
    this.end();
    this.#options.onError(error);
  }
}
