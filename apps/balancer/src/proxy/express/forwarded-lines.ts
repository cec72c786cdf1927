// Owns the lines that the balancer adds to a head: on the way to a replica where it came from, its id and its trace, on the way to
// the client how the answer is framed. Which of the other side's own lines go on is request-head.ts's and response-head.ts's.
import { type Forwarding } from '../fields.js';
import type { LaneContext } from '../lane-context.js';
import { requestIdLine } from '../request-id.js';
import { type Trace, traceparentOf } from '../trace-context.js';
import { viaLine } from '../via.js';
import { dateLine } from './date-line.js';
import type { RequestHeadReader } from './request-head.js';
import type { ResponseHeadReader } from './response-head.js';

/** Who sent a request, as far as its lines go. */
export interface Peer {
  readonly peer: string;
  readonly peerTrusted: boolean;
  readonly peerLines: string;
}

/** Lines that are the same for all requests of a client that is no trusted proxy; made when it connects. */
export function peerLines(peer: string, forwarding: Forwarding): string {
  return `${forwarding.for ? `X-Forwarded-For: ${peer}\r\n` : ''}${forwarding.proto ? 'X-Forwarded-Proto: http\r\n' : ''}`;
}

/** The lines of a request for whichever replica it goes to. @param head that was just read */
export function addedLines(
  head: RequestHeadReader,
  client: Peer,
  { forwarding, tables }: Pick<LaneContext, 'forwarding' | 'tables'>,
  requestId: string | undefined,
  trace: Trace | undefined,
): string {
  let lines = client.peerTrusted ? trustedLines(head, client.peer, forwarding) : client.peerLines;
  if (forwarding.host && !head.forwardedHost && head.host !== undefined) lines += `X-Forwarded-Host: ${head.host}\r\n`;
  const pseudonym = tables.current?.pseudonym;
  if (forwarding.via && pseudonym !== undefined) lines += viaLine('1.1', pseudonym);
  if (requestId !== undefined) lines += requestIdLine(requestId);
  return trace ? lines + traceLines(trace, head) : lines;
}

/** The whole head of an answer. @param told lines for the client on top of what the replica says @param close it is the last */
export function answerHead(answer: ResponseHeadReader, told: string, close: boolean): string {
  const chunked = answer.framing === 'chunked' || answer.framing === 'close';
  return `${answer.passed}${answer.dated ? '' : dateLine()}${told}${
    chunked ? 'Transfer-Encoding: chunked\r\n' : ''
  }${close ? 'Connection: close\r\n\r\n' : '\r\n'}`;
}

function trustedLines(head: RequestHeadReader, peer: string, forwarding: Forwarding): string {
  const before = forwarding.for ? head.field('x-forwarded-for') : undefined;
  const hops = forwarding.for ? `X-Forwarded-For: ${before === undefined ? peer : `${before}, ${peer}`}\r\n` : '';
  return `${hops}${forwarding.proto && !head.forwardedProto ? 'X-Forwarded-Proto: http\r\n' : ''}`;
}

/** What the client's tracestate says means nothing where the trace begins here. */
function traceLines(trace: Trace, head: RequestHeadReader): string {
  const state = trace.parentId === undefined ? undefined : head.field('tracestate');
  return `traceparent: ${traceparentOf(trace)}\r\n${state === undefined ? '' : `tracestate: ${state}\r\n`}`;
}
