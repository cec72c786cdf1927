// Owns what the access log is told of requests of the express lane. What a line looks like is access-log/'s.
import type { AccessEntry, EntryFacts } from '../access-log/access-entry.js';
import type { AccessLog } from '../access-log/access-log.js';
import { answerLength } from '../answers.js';
import { type Cause, causes, type End, SILENT_ENDS } from '../causes.js';
import type { RequestHeadReader } from './request-head.js';

/** Field by field: no other header gets near the log. @param head that was just read */
export function factsOf(
  head: RequestHeadReader,
  { peer, peerPort }: { readonly peer: string; readonly peerPort: number | undefined },
  requestId: string | undefined,
): EntryFacts {
  return {
    method: head.method,
    target: head.sentTarget,
    httpVersion: '1.1',
    host: head.field('host'),
    peer,
    peerPort,
    client: head.ip,
    userAgent: head.field('user-agent'),
    referer: head.field('referer'),
    requestId: requestId ?? head.field('x-request-id'),
  };
}

/** Logs a request that is over. @param status of the replica's answer @param sent bytes of its body; undefined: none began */
export function logEnd(
  log: AccessLog | undefined,
  entry: AccessEntry,
  outcome: End | 'answered',
  toHead: boolean,
  { status, sent, received, queued }: { status: number; sent: number | undefined; received: number; queued?: number },
): void {
  entry.status = outcome === 'answered' ? status : statusOf(outcome, sent === undefined ? undefined : status);
  if (outcome !== 'answered') entry.cause = outcome;
  const own = outcome !== 'answered' && !(outcome in SILENT_ENDS) && sent === undefined && !toHead;
  entry.sent = own ? answerLength(outcome as Cause) : (sent ?? 0);
  entry.received = received;
  entry.queued = queued ?? 0;
  log?.write(entry);
}

/** @param begun status of an answer that was under way */
export function statusOf(outcome: End, begun?: number): number {
  if (begun !== undefined) return begun;
  return outcome in SILENT_ENDS ? SILENT_ENDS[outcome as keyof typeof SILENT_ENDS] : causes[outcome as Cause].status;
}
