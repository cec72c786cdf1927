// Owns why a request may be sent again, as indices that a counter can be found by. Whether it is, the attempt machine says. Pure.
import type { RetryReason } from '../attempts/retry-policy.js';

const INDEX: Readonly<Record<RetryReason, number>> = {
  connect_failed: 0,
  connect_timeout: 1,
  upstream_closed: 2,
  upstream_protocol: 3,
  response_timeout: 4,
  unavailable: 5,
};

export const RETRY_REASONS = Object.keys(INDEX) as readonly RetryReason[];

export function retryReasonIndex(reason: RetryReason): number {
  return INDEX[reason];
}
