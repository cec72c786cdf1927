// Owns the form of every answer of the admin room and the one place where an error becomes one. Sending it is each port's.
import { randomUUID } from 'node:crypto';
import { HttpException } from '@nestjs/common';
import { PoolError } from '../orchestrator/pool-error.js';
import type { ClassicAnswer } from '../routing/link/messages.js';
import type { Logger } from '../telemetry/logger.js';
import type { AccessRefusal } from './access.js';
import { failure, RequestError } from './failure.js';

const RETRY_AFTER_SECONDS = '1';

/** Also where the gate of the admin port is not in front: no page of another origin may embed an answer, no cache keep it. */
const FIELDS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

export function toAnswer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): ClassicAnswer {
  return {
    status,
    headers: { ...FIELDS, ...headers },
    body: JSON.stringify(body),
  };
}

/** @param challenge what a 401 asks for */
export function refusal(
  { status, reason, retryAfterSeconds }: AccessRefusal,
  challenge = 'Bearer realm="hashflow"',
): ClassicAnswer {
  return toAnswer(status, failure(reason), {
    ...(status === 401 && { 'www-authenticate': challenge }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  });
}

/** Words that were written for the client go out; anything unexpected stays in the log, under an id that the client is told. */
export function toFailure(error: unknown, logger: Logger): ClassicAnswer {
  if (error instanceof PoolError) {
    return toAnswer(
      error.status,
      failure(error.message),
      error.retryable ? { 'retry-after': RETRY_AFTER_SECONDS } : {},
    );
  }
  if (error instanceof RequestError) return toAnswer(error.status, failure(error.message), error.headers);
  if (error instanceof HttpException && error.getStatus() < 500)
    return toAnswer(error.getStatus(), failure(error.message));
  if (isClientError(error)) return toAnswer(error.status, failure('the request is malformed'));

  const id = randomUUID().slice(0, 8);
  logger.error({ id, err: error }, 'a request failed unexpectedly');
  return toAnswer(500, failure(`unexpected error ${id}; the log says more`));
}

/** What the router raises by itself, for instance about a percent sign that encodes nothing. */
function isClientError(error: unknown): error is { status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}
