// Owns the access log of one lane: which requests are in it, and their lines until they are handed over in batches. A request never
// waits for it: when what was handed over is not written yet, lines are dropped and counted. Writing is access-log-file.ts's,
// on the main thread.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { plainAddress } from '../../config/networks.js';
import type { AccessLogSettings } from '../../routing/link/messages.js';
import { answerLength } from '../answers.js';
import { type Cause, causes } from '../causes.js';
import { AccessEntry, type EntryFacts } from './access-entry.js';
import { combinedLine } from './combined-line.js';
import { jsonLine } from './json-line.js';
import { compileTargetMask, type TargetMask } from './masked-target.js';

export interface AccessBatch {
  /** Whole lines, in UTF-8. */
  readonly bytes: Uint8Array;
  readonly lines: number;
  /** Lines before these that had no room. */
  readonly dropped: number;
}

/** Bytes after which a batch is handed over at once. */
const BATCH_SIZE = 64 * 1024;
/** Most that a line can have: five texts of a client, each shortened and every character of it escaped. */
const LONGEST_LINE = 64 * 1024;
/** Milliseconds after which it is in any case. */
const BATCH_TIME = 100;
/** Batches that may be on their way to the file at a time: 1 MiB or a little more. */
const MOST_UNDERWAY = 16;

export interface AccessLogOptions {
  readonly settings: AccessLogSettings;
  /** Takes a batch away; `written` is called once it is dealt with. */
  readonly deliver: (batch: AccessBatch) => void;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

export class AccessLog {
  readonly #mask: TargetMask;
  /** Written at once, and not added up as text: the pieces of a hundred lines would be moved about by each collection. */
  readonly #buffer = Buffer.allocUnsafeSlow(BATCH_SIZE + LONGEST_LINE);
  #used = 0;
  #lines = 0;
  #dropped = 0;
  #underway = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @returns undefined where nothing is to be logged: then a request pays nothing for it */
  static of(options: AccessLogOptions): AccessLog | undefined {
    return options.settings.part > 0 ? new AccessLog(options) : undefined;
  }

  private constructor(private readonly options: AccessLogOptions) {
    this.#mask = compileTargetMask(options.settings.mask);
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
    const { settings, random } = this.options;
    return settings.part === 1 || random() < settings.part;
  }

  begin(facts: EntryFacts): AccessEntry {
    return new AccessEntry(performance.now(), facts);
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

  write(entry: AccessEntry): void {
    if (this.#used >= BATCH_SIZE) {
      this.#dropped++;
      return;
    }
    const now = performance.now();
    const line =
      this.options.settings.format === 'json'
        ? jsonLine(entry, this.#mask, Date.now(), now)
        : combinedLine(entry, this.#mask, Date.now());
    this.#used += this.#buffer.write(line, this.#used);
    this.#lines++;
    if (this.#used >= BATCH_SIZE) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BATCH_TIME).unref();
  }

  /** The oldest batch is dealt with. */
  written(): void {
    this.#underway--;
    if (this.#used >= BATCH_SIZE) this.flush();
  }

  /** Hands over what there is, where there is room for it. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === 0) return;
    if (this.#underway >= MOST_UNDERWAY) {
      this.#timer = setTimeout(() => this.flush(), BATCH_TIME).unref();
      return;
    }
    const batch = {
      bytes: Uint8Array.prototype.slice.call(this.#buffer, 0, this.#used),
      lines: this.#lines,
      dropped: this.#dropped,
    };
    [this.#used, this.#lines, this.#dropped] = [0, 0, 0];
    this.#underway++;
    this.options.deliver(batch);
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
