// Owns the access log of one lane: which requests are in it, and when the main thread hears that there are some. A request never waits
// for it, and the lane makes no line: it leaves a record in the ring (access-ring.ts), of which access-lines.ts makes one on the main
// thread.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { plainAddress } from '../../config/networks.js';
import { answerLength } from '../answers/answers.js';
import { type Cause, causes } from '../answers/causes.js';
import { AccessEntry, type EntryFacts } from './access-entry.js';
import { AccessRing } from './access-ring.js';

/**
 * Bytes of records after which the main thread is told at once: some seven hundred requests. Where it shares a core with the lane, each turn of
 * it leaves the lane a cold cache, which is what a line costs most.
 */
const POKE_SIZE = 256 * 1024;
/** Milliseconds after which it is in any case. */
const POKE_TIME = 100;

export interface AccessLogOptions {
  /** Of the requests that is logged, 0 to 1. */
  readonly part: number;
  /** Tells the main thread that there are records. */
  readonly poke: () => void;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

export class AccessLog {
  readonly #ring = AccessRing.create();
  /** Milliseconds from the monotonic clock's zero to that of 1970. */
  #wallClock = 0;
  /** Bytes that the main thread was not told of. */
  #untold = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @returns undefined where nothing is to be logged: then a request pays nothing for it */
  static of(options: AccessLogOptions): AccessLog | undefined {
    return options.part > 0 ? new AccessLog(options) : undefined;
  }

  private constructor(private readonly options: AccessLogOptions) {}

  /** For the main thread, which reads it. */
  get ring(): SharedArrayBuffer {
    return this.#ring.buffer;
  }

  /**
   * An entry to fill and to `write`; undefined: this request is not logged. Must run before its fields are rewritten.
   *
   * @param requestId undefined: it has none of ours
   * @param client its address; left out: the peer's
   */
  entry(request: IncomingMessage, requestId: string | undefined, client?: string): AccessEntry | undefined {
    return this.chooses() ? this.begin(factsOf(request, requestId, client)) : undefined;
  }

  /** Whether the next request is logged; to be asked once for each. */
  chooses(): boolean {
    const { part, random } = this.options;
    return part === 1 || random() < part;
  }

  begin(facts: EntryFacts, now = performance.now()): AccessEntry {
    return new AccessEntry(now, facts);
  }

  /** A request that goes to no replica: logged when its answer is out. */
  ownAnswer(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string | undefined,
    cause: Cause | undefined,
  ): void {
    const entry = this.entry(request, requestId);
    if (!entry) return;
    entry.cause = cause;
    response.once('close', () => {
      if (response.headersSent) {
        entry.status = response.statusCode;
        entry.sent = request.method === 'HEAD' ? 0 : Number(response.getHeader('content-length') ?? 0);
      }
      if (!response.writableFinished) entry.cause = 'client_gone';
      this.write(entry);
    });
  }

  /** What the parser found no request in, or what was refused on the bare connection. */
  refusedConnection(
    peer: string | undefined,
    peerPort: number | undefined,
    requestId: string | undefined,
    cause: Cause,
  ): void {
    if (!this.chooses()) return;
    const address = peer && plainAddress(peer);
    const entry = new AccessEntry(performance.now(), {
      ...NO_FACTS,
      peer: address,
      peerPort,
      client: address,
      requestId,
    });
    [entry.cause, entry.status, entry.sent] = [cause, causes[cause].status, answerLength(cause)];
    this.write(entry);
  }

  /** @param ended monotonic milliseconds */
  write(entry: AccessEntry, ended = performance.now()): void {
    // One look at the other clock is enough for a batch.
    if (this.#untold === 0) this.#wallClock = Date.now() - performance.now();
    this.#untold += this.#ring.write(entry, Math.floor(this.#wallClock + ended), ended);
    if (this.#untold >= POKE_SIZE) this.flush();
    else if (this.#timer === undefined) this.#timer = setTimeout(() => this.#onTimer(), POKE_TIME).unref();
  }

  /** Has what there is written down. */
  flush(): void {
    if (this.#untold === 0) return;
    this.#untold = 0;
    this.options.poke();
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.flush();
  }
}

const NO_FACTS: EntryFacts = {
  method: undefined,
  target: undefined,
  httpVersion: undefined,
  host: undefined,
  peer: undefined,
  peerPort: undefined,
  client: undefined,
  userAgent: undefined,
  referer: undefined,
  requestId: undefined,
};

/** Field by field: no other header gets near the log. */
function factsOf(request: IncomingMessage, requestId: string | undefined, client: string | undefined): EntryFacts {
  const { headers, socket } = request;
  const peer = plainAddress(socket.remoteAddress ?? '');
  return {
    method: request.method,
    target: request.url,
    httpVersion: request.httpVersion,
    host: headers.host,
    peer,
    peerPort: socket.remotePort,
    client: client ?? peer,
    userAgent: headers['user-agent'],
    referer: headers.referer,
    requestId: requestId ?? headers['x-request-id']?.toString(),
  };
}
