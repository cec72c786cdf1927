// Owns the access log of one lane: which requests are in it, and when the main thread hears that there are some. A request never waits
// for it: its line is put into the ring (access-ring.ts) once the request is over, and access-lines.ts writes it down on the main thread.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { plainAddress } from '../../config/networks.js';
import type { AccessLogSettings } from '../../routing/link/messages.js';
import { answerLength } from '../answers/answers.js';
import { type Cause, causes } from '../answers/causes.js';
import { AccessEntry, type Sender } from './access-entry.js';
import { AccessRing } from './access-ring.js';
import { CombinedFormat } from './combined-line.js';
import { JsonFormat } from './json-line.js';
import type { LineFormat } from './line-format.js';
import { LineWriter } from './line-writer.js';
import { compileTargetMask } from './masked-target.js';

/**
 * Bytes of lines after which the main thread is told at once: some four hundred requests. Where it shares a core with the lane, each turn of
 * it leaves the lane a cold cache.
 */
const POKE_SIZE = 256 * 1024;
/**
 * Requests whose lines are made at a time: between two requests all that a line is made with is gone from the caches, and to bring it back would
 * cost as much as the line.
 */
const MOST_HELD = 32;
/** Milliseconds after which it is in any case. */
const POKE_TIME = 100;

export interface AccessLogOptions {
  readonly settings: Pick<AccessLogSettings, 'part' | 'format' | 'mask'>;
  /** Tells the main thread that there are lines. */
  readonly poke: () => void;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

export class AccessLog {
  readonly #ring = AccessRing.create();
  readonly #line = new LineWriter(this.#ring.bytes);
  readonly #format: LineFormat;
  /** Of requests that are over and have no line yet. */
  readonly #held: (AccessEntry | undefined)[] = new Array<undefined>(MOST_HELD).fill(undefined);
  #heldCount = 0;
  /** Bytes that the main thread was not told of. */
  #untold = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @returns undefined where nothing is to be logged: then a request pays nothing for it */
  static of(options: AccessLogOptions): AccessLog | undefined {
    return options.settings.part > 0 ? new AccessLog(options) : undefined;
  }

  private constructor(private readonly options: AccessLogOptions) {
    const { format, mask } = options.settings;
    this.#format =
      format === 'json' ? new JsonFormat(compileTargetMask(mask)) : new CombinedFormat(compileTargetMask(mask));
  }

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
    return this.chooses() ? entryOf(request, requestId, client) : undefined;
  }

  /** Whether the next request is logged; to be asked once for each. */
  chooses(): boolean {
    const { settings, random } = this.options;
    const { part } = settings;
    return part === 1 || random() < part;
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
    const sender = { peer: address, peerPort, client: address };
    const entry = new AccessEntry(performance.now(), sender, undefined, undefined, requestId);
    [entry.cause, entry.status, entry.sent] = [cause, causes[cause].status, answerLength(cause)];
    this.write(entry);
  }

  /** For `Sender.repeated` of further requests of the same one. */
  repeated(sender: Sender): Uint8Array {
    return this.#format.repeated(sender);
  }

  /** @param ended monotonic milliseconds */
  write(entry: AccessEntry, ended = performance.now()): void {
    entry.ended = ended;
    this.#held[this.#heldCount++] = entry;
    if (this.#heldCount === MOST_HELD) this.#writeLines();
    if (this.#untold >= POKE_SIZE) this.#tell();
    else if (this.#timer === undefined) this.#timer = setTimeout(() => this.#onTimer(), POKE_TIME).unref();
  }

  /** Has what there is written down. */
  flush(): void {
    this.#writeLines();
    this.#tell();
  }

  #writeLines(): void {
    const count = this.#heldCount;
    if (count === 0) return;
    this.#heldCount = 0;
    // One look at the other clock is enough for all of them.
    const wallClock = Date.now() - performance.now();
    for (let index = 0; index < count; index++) {
      const entry = this.#held[index] as AccessEntry;
      this.#held[index] = undefined;
      const begin = this.#ring.reserve(this.#format.roomFor(entry));
      if (begin < 0) continue;
      const line = this.#line;
      line.at = begin;
      this.#format.write(line, entry, Math.floor(wallClock + entry.ended));
      this.#ring.commit(line.at - begin);
      this.#untold += line.at - begin;
    }
  }

  #tell(): void {
    if (this.#untold === 0) return;
    this.#untold = 0;
    this.options.poke();
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.flush();
  }
}

/** Field by field: no other header gets near the log. */
function entryOf(request: IncomingMessage, requestId: string | undefined, client: string | undefined): AccessEntry {
  const { headers, socket } = request;
  const peer = plainAddress(socket.remoteAddress ?? '');
  const sender = {
    httpVersion: request.httpVersion,
    host: headers.host,
    peer,
    peerPort: socket.remotePort,
    client: client ?? peer,
    userAgent: headers['user-agent'],
    referer: headers.referer,
  };
  const id = requestId ?? headers['x-request-id']?.toString();
  return new AccessEntry(performance.now(), sender, request.method, request.url, id);
}
