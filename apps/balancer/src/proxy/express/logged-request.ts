// Owns what the access log is told of requests of the express lane. What a line looks like is access-log/'s.
import type { AccessEntry } from '../access-log/access-entry.js';
import type { AccessLog } from '../access-log/access-log.js';
import { answerLength } from '../answers/answers.js';
import { type Cause, type End, SILENT_ENDS, statusFor } from '../answers/causes.js';

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
  // Of an answer that broke off the client has seen the status.
  entry.status = outcome === 'answered' || sent !== undefined ? status : statusFor(outcome);
  if (outcome !== 'answered') entry.cause = outcome;
  const own = outcome !== 'answered' && !(outcome in SILENT_ENDS) && sent === undefined && !toHead;
  entry.sent = own ? answerLength(outcome as Cause) : (sent ?? 0);
  entry.received = received;
  entry.queued = queued;
  log?.write(entry, ended);
}
