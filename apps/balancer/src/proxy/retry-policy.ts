// Owns what a failed try means: its cause, and whether another replica may be tried. Pure. Counting tries and finding the
// next candidate are the exchange's.
import type { Cause } from './causes.js';

export type FailedTry = Extract<
  Cause,
  'connect_failed' | 'connect_timeout' | 'upstream_closed' | 'upstream_protocol' | 'response_timeout'
>;

/** Methods that a replica may carry out twice with the effect of once (RFC 9110, 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

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
  return connected ? 'upstream_closed' : 'connect_failed';
}

export interface TryFacts {
  readonly method: string;
  /** Bytes of the request body have been taken from the client: they cannot be sent again. */
  readonly bodyTaken: boolean;
  readonly responseStarted: boolean;
  /** Tries made, this one included. */
  readonly tries: number;
  readonly maxTries: number;
}

/** Nothing that a replica may have acted on is sent again, unless the method allows it. */
export function mayRetry(cause: FailedTry, facts: TryFacts): boolean {
  if (facts.responseStarted || facts.bodyTaken || facts.tries >= facts.maxTries) return false;
  switch (cause) {
    case 'connect_failed':
    case 'connect_timeout':
      return true;
    case 'upstream_closed':
      return IDEMPOTENT.has(facts.method);
    case 'upstream_protocol':
    case 'response_timeout':
      return false;
  }
}
