// Owns the lines that the balancer adds to a head: on the way to a replica where it came from, its id and its trace, on the way to
// the client how the answer is framed. Which of the other side's own lines go on is request-head.ts's and response-head.ts's.
import type { Forwarding } from '../message/fields.js';
import type { FreshTraces } from '../message/fresh-traces.js';
import { requestIdLine } from '../message/request-id.js';
import { continuedTrace, Trace, traceOf } from '../message/trace-context.js';
import { viaLine } from '../message/via.js';
import { dateLine } from './date-line.js';
import type { RequestHeadReader } from './request-head.js';
import type { ResponseHeadReader } from './response-head.js';

/** The lines that tell replicas where the requests of one connection come from; mostly the same for all of them. */
export class OriginLines {
  /** Of a peer that is no trusted proxy. */
  readonly #ofPeer: string;
  #host: string | undefined;
  #pseudonym: string | undefined;
  /** For the host and the pseudonym above. */
  #made: string | undefined;

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
 * balancer in its trace.
 *
 * @param head that was just read
 * @param traces undefined: they are not ours to write
 */
export function forwardedHead(
  head: RequestHeadReader,
  origin: string,
  requestId: string | undefined,
  traces: FreshTraces | undefined,
  entry: TracedEntry | undefined,
): string {
  const added = requestId === undefined ? origin : origin + requestIdLine(requestId);
  if (!traces) return head.forwarded + added;
  if (head.parentAt >= 0) {
    const span = traces.span();
    if (entry) entry.trace = continuedTrace(head.field('traceparent') ?? '', span);
    return head.forwarded + span + head.behindParent + added;
  }
  const fresh = traces.line();
  if (!head.hasTraceparent) {
    if (entry) entry.trace = new Trace(fresh, undefined);
    return head.forwarded + added + fresh;
  }
  const trace = traceOf(fresh, head.field('traceparent'));
  if (entry) entry.trace = trace;
  return head.forwarded + added + traceLines(trace, head);
}

/** The whole head of an answer. @param told lines for the client on top of what the replica says @param close it is the last */
export function answerHead(answer: ResponseHeadReader, told: string, close: boolean): string {
  const chunked = answer.framing === 'chunked' || answer.framing === 'close';
  return `${answer.passed}${answer.dated ? '' : dateLine()}${told}${
    chunked ? 'Transfer-Encoding: chunked\r\n' : ''
  }${close ? 'Connection: close\r\n\r\n' : '\r\n'}`;
}

/** What the client's tracestate says means nothing where the trace begins here. */
function traceLines(trace: Trace, head: RequestHeadReader): string {
  const state = trace.parentId === undefined || !head.hasTracestate ? undefined : head.field('tracestate');
  return state === undefined ? trace.line : `${trace.line}tracestate: ${state}\r\n`;
}
