// Owns what the settings say about heads of requests: how long they may be, and which fields are the balancer's to write. How a head is
// read is request-head.ts's.

export interface RequestHeadRules {
  /** Bytes. */
  readonly maxHead: number;
  readonly maxFields: number;
  /** The client's Host goes on. */
  readonly preserveHost: boolean;
  /** traceparent and tracestate are ours to write. */
  readonly trace: boolean;
  /** The peer is added to X-Forwarded-For. */
  readonly addsPeer: boolean;
  /** X-Request-Id is ours to write. */
  readonly requestId: boolean;
}
