// Owns what the access log is told of requests of the express lane. What a line looks like is access-log/'s.
import type { AccessEntry } from '../access-log/access-entry.js';
import type { AccessLog } from '../access-log/access-log.js';
import { answerLength } from '../answers/answers.js';
import { type Cause, causes, type End, SILENT_ENDS } from '../answers/causes.js';

interface EndFacts {
  /** Of the replica's answer. */
  readonly status: number;
  /** Bytes of its body; undefined: none began. */
  readonly sent: number | undefined;
  readonly received: number;
  readonly queued: number;
  /** Monotonic milliseconds; undefined: now. */
  readonly ended: number | undefined;
}

/** Logs a request that is over. */
export function logEnd(
  log: AccessLog | undefined,
  entry: AccessEntry,
  outcome: End | 'answered',
  toHead: boolean,
  { status, sent, received, queued, ended }: EndFacts,
): void {
  entry.status = outcome === 'answered' ? status : statusOf(outcome, sent === undefined ? undefined : status);
  if (outcome !== 'answered') entry.cause = outcome;
  const own = outcome !== 'answered' && !(outcome in SILENT_ENDS) && sent === undefined && !toHead;
  entry.sent = own ? answerLength(outcome as Cause) : (sent ?? 0);
  entry.received = received;
  entry.queued = queued ?? 0;
  log?.write(entry, ended);
}

/** @param begun status of an answer that was under way */
export function statusOf(outcome: End, begun?: number): number {
  if (begun !== undefined) return begun;
  return outcome in SILENT_ENDS ? SILENT_ENDS[outcome as keyof typeof SILENT_ENDS] : causes[outcome as Cause].status;
}
