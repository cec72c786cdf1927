// Owns the lines that the balancer adds to a head: on the way to a replica where it came from, its id and its trace, on the way to
// the client how the answer is framed. Which of the other side's own lines go on is request-head.ts's and response-head.ts's.
import type { Forwarding } from '../message/fields.js';
import type { FreshTraces } from '../message/fresh-traces.js';
import { requestIdLine } from '../message/request-id.js';
import { continuedTrace, PARENT, Trace, traceOf } from '../message/trace-context.js';
import { viaLine } from '../message/via.js';
import { dateLine } from './date-line.js';
import type { RequestHeadReader } from './request-head.js';
import type { ResponseHeadReader } from './response-head.js';
import { inOnePiece, type WriteBuffer } from './write-buffer.js';

/** The lines that tell replicas where the requests of one connection come from; mostly the same for all of them. */
export class OriginLines {
  /** Of a peer that is no trusted proxy. */
  readonly #ofPeer: string;
  #host: string | undefined;
  #pseudonym: string | undefined;
  /** For the host and the pseudonym above. */
  #made: string | undefined;
  /** From the second time on, because for many connections there is none. */
  #inOnePiece = false;

  /** @param trusted the peer is a trusted proxy: what it says goes on, with the peer added */
  constructor(
    private readonly peer: string,
    private readonly trusted: boolean,
    private readonly forwarding: Forwarding,
  ) {
    this.#ofPeer =
      (forwarding.for ? `X-Forwarded-For: ${peer}\r\n` : '') + (forwarding.proto ? 'X-Forwarded-Proto: http\r\n' : '');
  }

  /** @param head that was just read @param pseudonym name of the pool in Via */
  of(head: RequestHeadReader, pseudonym: string | undefined): string {
    if (this.trusted) return this.#ofTrusted(head) + this.#ofHost(head, pseudonym);
    if (this.#made === undefined || head.host !== this.#host || pseudonym !== this.#pseudonym) {
      [this.#host, this.#pseudonym] = [head.host, pseudonym];
      this.#made = this.#ofPeer + this.#ofHost(head, pseudonym);
      this.#inOnePiece = false;
    } else if (!this.#inOnePiece) {
      this.#made = inOnePiece(this.#made);
      this.#inOnePiece = true;
    }
    return this.#made;
  }

  #ofHost({ host, forwardedHost }: RequestHeadReader, pseudonym: string | undefined): string {
    const { forwarding } = this;
    const lines = forwarding.host && !forwardedHost && host !== undefined ? `X-Forwarded-Host: ${host}\r\n` : '';
    return forwarding.via && pseudonym !== undefined ? lines + viaLine('1.1', pseudonym) : lines;
  }

  #ofTrusted(head: RequestHeadReader): string {
    const { peer, forwarding } = this;
    const before = forwarding.for ? head.field('x-forwarded-for') : undefined;
    const hops = forwarding.for ? `X-Forwarded-For: ${before === undefined ? peer : `${before}, ${peer}`}\r\n` : '';
    return hops + (forwarding.proto && !head.forwardedProto ? 'X-Forwarded-Proto: http\r\n' : '');
  }
}

/** Whose trace is to be known when the request is over. */
export interface TracedEntry {
  trace: Trace | undefined;
}

/**
 * The head of a request as it goes on, but for the lines of the replica that it goes to: with its origin, its id, and the hop of the
 * balancer in its trace. In pieces, because each try copies them into its message, and to join them before would copy them twice.
 */
export class ForwardedHead {
  readonly #requestLine: string;
  readonly #fields: string;
  /** Where, from the request line on, the traceparent of a trace stands that goes on there; -1: there is none. */
  #traceAt = -1;
  /** What comes in its place, if anything, and what in that of the client's parent in it. */
  #traceparent: string | undefined;
  #span = '';
  readonly #origin: string;
  readonly #id: string;
  /** By itself, because to join it to the id would cost as much as to make it. */
  #traceLines = '';

  /**
   * @param head that was just read
   * @param traces undefined: they are not ours to write
   */
  constructor(
    head: RequestHeadReader,
    origin: string,
    requestId: string | undefined,
    traces: FreshTraces | undefined,
    entry: TracedEntry | undefined,
  ) {
    this.#requestLine = head.requestLine;
    this.#fields = head.forwarded;
    this.#origin = origin;
    this.#id = requestId === undefined ? '' : requestIdLine(requestId);
    if (head.traceAt >= 0) {
      this.#traceAt = head.requestLine.length + head.traceAt;
      this.#traceparent = head.traceparent;
      if (!traces) return;
      this.#span = traces.span();
      if (entry) entry.trace = continuedTrace(head.field('traceparent') ?? '', this.#span);
      return;
    }
    if (!traces) return;
    const fresh = traces.line();
    if (!head.hasTraceparent) {
      if (entry) entry.trace = new Trace(fresh, undefined);
      this.#traceLines = fresh;
      return;
    }
    const trace = traceOf(fresh, head.field('traceparent'));
    if (entry) entry.trace = trace;
    this.#traceLines = traceLines(trace, head);
  }

  putInto(message: Pick<WriteBuffer, 'length' | 'text' | 'over'>): void {
    const begin = message.length;
    message.text(this.#requestLine);
    message.text(this.#fields);
    if (this.#traceAt >= 0) {
      const at = begin + this.#traceAt;
      if (this.#traceparent !== undefined) message.over(at, this.#traceparent);
      if (this.#span !== '') message.over(at + PARENT, this.#span);
    }
    message.text(this.#origin);
    message.text(this.#id);
    message.text(this.#traceLines);
  }
}

/** Heads of answers as clients get them: mostly each is the same as the one before, of whomever. */
export class AnswerLines {
  #passed = '';
  #more = '';
  #made = '';
  #inOnePiece = false;

  /** The whole head. @param told lines for the client on top of what the replica says @param close it is the last */
  of(answer: ResponseHeadReader, told: string, close: boolean): string {
    const { passed, framing } = answer;
    const end =
      framing === 'chunked' || framing === 'close'
        ? close
          ? 'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n'
          : 'Transfer-Encoding: chunked\r\n\r\n'
        : close
          ? 'Connection: close\r\n\r\n'
          : '\r\n';
    const more = answer.dated && told === '' ? end : (answer.dated ? '' : dateLine()) + told + end;
    if (passed !== this.#passed || more !== this.#more) {
      [this.#passed, this.#more] = [passed, more];
      this.#made = passed + more;
      this.#inOnePiece = false;
    } else if (!this.#inOnePiece) {
      this.#made = inOnePiece(this.#made);
      this.#inOnePiece = true;
    }
    return this.#made;
  }
}

/** What the client's tracestate says means nothing where the trace begins here. */
function traceLines(trace: Trace, head: RequestHeadReader): string {
  const state = trace.parentId === undefined || !head.hasTracestate ? undefined : head.field('tracestate');
  return state === undefined ? trace.line : `${trace.line}tracestate: ${state}\r\n`;
}
