// Owns the table of why the balancer answers by itself: cause, status, what the client reads. Finding the cause is the
// lane's, writing the answer answers.ts's. No message names an address or a replica.

interface CauseRow {
  readonly status: number;
  readonly message: string;
  /** Seconds after which it may be worth trying again. */
  readonly retryAfter?: number;
  /** What follows on the connection cannot be trusted, or would have to be read first. */
  readonly close?: true;
}

const rows = {
  no_replica: { status: 503, message: 'No replica is ready', retryAfter: 1 },
  overload: { status: 503, message: 'Too many requests are under way', retryAfter: 1 },
  connect_failed: { status: 502, message: 'The replica refused the connection' },
  connect_timeout: { status: 504, message: 'The replica took too long to accept the connection' },
  upstream_closed: { status: 502, message: 'The replica closed the connection before it answered' },
  upstream_protocol: { status: 502, message: 'The replica did not answer in HTTP' },
  response_timeout: { status: 504, message: 'The replica took too long to answer' },
  bad_request: { status: 400, message: 'The request is malformed or ambiguous', close: true },
  request_timeout: { status: 408, message: 'The request took too long to arrive', close: true },
  loop_detected: { status: 508, message: 'The request has passed this balancer before' },
  body_too_large: { status: 413, message: 'The request body is too large', close: true },
  expectation_failed: { status: 417, message: 'Expect: only 100-continue is understood', close: true },
  head_too_large: { status: 431, message: 'The request head is too large', close: true },
  not_implemented: {
    status: 501,
    message: 'CONNECT and transfer codings other than chunked are not supported',
    close: true,
  },
  control_away: {
    status: 503,
    message: 'The control process is starting or away: try again. If this was a change, look first whether it was made',
    retryAfter: 1,
  },
  internal_error: { status: 500, message: 'The balancer failed; its log says why', close: true },
  admin_busy: { status: 503, message: 'Too many admin requests wait for an answer', retryAfter: 1 },
} as const satisfies Record<string, CauseRow>;

/** Why the balancer answers by itself; the value of X-HashFlow-Cause. */
export type Cause = keyof typeof rows;

export const causes: Readonly<Record<Cause, CauseRow>> = rows;

/** Ends of an exchange that no answer can tell: the response is under way, or nobody is there to read one. */
export const SILENT_ENDS = {
  /** Cut after the response head: the connection is reset, so that it cannot be taken for the end. */
  mid_stream: 502,
  client_gone: 499,
  /** It stopped taking its answer, or sending its request, while the answer was under way: its connection is reset. */
  client_stalled: 499,
} as const;

export type End = Cause | keyof typeof SILENT_ENDS;

/** What it counts as, also where no answer tells it. */
export function statusFor(end: End): number {
  return end in SILENT_ENDS ? SILENT_ENDS[end as keyof typeof SILENT_ENDS] : causes[end as Cause].status;
}
