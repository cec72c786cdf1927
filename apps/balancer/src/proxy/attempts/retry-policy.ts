// Owns what a failed try means: its cause, whether another replica may be tried, and whether that is paid from the retry
// budget. Pure. Counting tries and finding the next candidate are the attempt machine's.
import type { Cause } from '../answers/causes.js';

export type FailedTry = Extract<
  Cause,
  'connect_failed' | 'connect_timeout' | 'upstream_closed' | 'upstream_protocol' | 'response_timeout' | 'overload'
>;

/** How a try ended after which there may be another; `unavailable`: the replica answered 503. */
export type RetryReason = Exclude<FailedTry, 'overload'> | 'unavailable';

/** A replica may carry it out twice with the effect of once (RFC 9110, 9.2.2). Asked of every request: a set would take longer. */
export function isIdempotent(method: string): boolean {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
    case 'TRACE':
    case 'PUT':
    case 'DELETE':
      return true;
    default:
      return false;
  }
}

/** A try that we ended ourselves; `failure` says why. */
export class TryEnded extends Error {
  constructor(readonly failure: FailedTry) {
    super(failure);
    this.name = 'TryEnded';
  }
}

/** @param connected the connection stood when the error came */
export function causeOf(error: Error & { readonly code?: string }, connected: boolean): FailedTry {
  if (error instanceof TryEnded) return error.failure;
  if (error.code?.startsWith('HPE_')) return 'upstream_protocol';
  // No descriptor was left for a connection: that is nobody's fault but ours.
  if (error.code === 'EMFILE' || error.code === 'ENFILE') return 'overload';
  return connected ? 'upstream_closed' : 'connect_failed';
}

/** What may be done after a failed try; `paid` = only if the retry budget allows it. */
export type Again = 'never' | 'free' | 'paid';

/**
 * After a failure or a 503, as far as the request and the replica's part in it decide. Nothing that a replica may have acted
 * on is sent again, unless the method allows it. A replica that breaks connections is dying, and its requests go on at no
 * charge; one that is slow or says 503 may be overloaded, and to repeat all of its requests elsewhere would spread that.
 *
 * @param received the connection stood: the replica may have acted on the request
 */
export function againAfter(cause: RetryReason, received: boolean, idempotent: boolean): Again {
  if (received && !idempotent) return 'never';
  switch (cause) {
    case 'connect_failed':
    case 'upstream_closed':
      return 'free';
    case 'connect_timeout':
    case 'response_timeout':
    case 'unavailable':
      return 'paid';
    case 'upstream_protocol':
      return 'never';
  }
}
