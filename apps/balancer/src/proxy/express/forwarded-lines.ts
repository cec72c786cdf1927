// Owns the lines that the balancer adds to a request on its way to a replica: where it came from, who gets it, its trace. Pure. Which
// of the client's own lines go on is request-head.ts's.
import type { Forwarding } from '../fields.js';
import { type Trace, traceparentOf } from '../trace-context.js';
import { viaLine } from '../via.js';
import type { RequestHeadReader } from './request-head.js';

/** Lines that are the same for all requests of a client that is no trusted proxy; made when it connects. */
export function peerLines(peer: string, forwarding: Forwarding): string {
  return `${forwarding.for ? `X-Forwarded-For: ${peer}\r\n` : ''}${forwarding.proto ? 'X-Forwarded-Proto: http\r\n' : ''}`;
}

/** The lines of a request for whichever replica it goes to. @param pseudonym name of the pool in Via */
export function originLines(
  head: RequestHeadReader,
  client: { readonly peer: string; readonly peerTrusted: boolean; readonly peerLines: string },
  forwarding: Forwarding,
  pseudonym: string | undefined,
): string {
  let lines = client.peerTrusted ? trustedLines(head, client.peer, forwarding) : client.peerLines;
  if (forwarding.host && !head.forwardedHost && head.host !== undefined) lines += `X-Forwarded-Host: ${head.host}\r\n`;
  if (forwarding.via && pseudonym !== undefined) lines += viaLine('1.1', pseudonym);
  return lines;
}

function trustedLines(head: RequestHeadReader, peer: string, forwarding: Forwarding): string {
  const before = forwarding.for ? head.field('x-forwarded-for') : undefined;
  const hops = forwarding.for ? `X-Forwarded-For: ${before === undefined ? peer : `${before}, ${peer}`}\r\n` : '';
  return `${hops}${forwarding.proto && !head.forwardedProto ? 'X-Forwarded-Proto: http\r\n' : ''}`;
}

/** @param tracestate as received; it means nothing where the trace begins here */
export function traceLines(trace: Trace, tracestate: string | undefined): string {
  const state = trace.parentId === undefined || tracestate === undefined ? '' : `tracestate: ${tracestate}\r\n`;
  return `traceparent: ${traceparentOf(trace)}\r\n${state}`;
}
