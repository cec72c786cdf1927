// Owns the shape in which the data process tells what it has counted since it started: its schema, because who parses hostile
// bytes may send anything, and the type that follows from it. Names go along with the numbers, so that control need not know
// which causes there are. What is counted where is proxy/traffic/'s.
import { z } from 'zod';
import { DURATION_BOUNDS, LAG_BOUNDS } from '../../telemetry/buckets.js';

const amount = z.number().min(0);
const word = z.string().regex(/^[a-z0-9_]{0,32}$/);
const histogram = (bounds: readonly number[]) =>
  z.strictObject({
    buckets: z
      .array(amount)
      .length(bounds.length + 1)
      .readonly(),
    sum: amount,
  });

/** `cause` empty: a replica answered. */
const requests = z
  .array(z.strictObject({ method: word, status: word, cause: word, count: amount }))
  .max(500)
  .readonly();

const worker = z.strictObject({
  /** Of clients, open now. */
  connections: amount,
  accepted: amount,
  /** To replicas: open now, and those that wait for a request. */
  upstreamOpen: amount,
  upstreamIdle: amount,
  upstreamOpened: amount,
  /** Requests that went out on a connection that had carried one before. */
  upstreamReused: amount,
  /** Bytes from and to clients, heads included. */
  received: amount,
  sent: amount,
  /** Paid retries under way. */
  budgetHeld: amount,
  /** Requests that wait for a replica. */
  waiting: amount,
  /** Requests that wait because every replica is at its limit. */
  queued: amount,
  /** 1 while new requests are refused because there is more to do than can be done. */
  shedding: amount,
  /** Connections of clients that were refused. */
  refusedConnections: amount,
  budgetRefused: amount,
  /** Seconds that its thread was not idle. */
  busy: amount,
  /** How often its thread died and was replaced. */
  deaths: amount,
  /** How late the thread came to what was due. */
  lag: histogram(LAG_BOUNDS),
  /** How long requests were in the queue. */
  queue: histogram(DURATION_BOUNDS),
});

const replica = z.strictObject({
  replica: z.string().min(1).max(63),
  requests,
  /** From the beginning of a try to the head of its answer. */
  upstream: histogram(DURATION_BOUNDS),
  received: amount,
  sent: amount,
  inFlight: amount,
  tunnels: amount,
});

export const dataMetrics = z.strictObject({
  /** Epoch milliseconds. */
  startedAt: amount,
  /** CPU seconds of all its threads. */
  userCpu: amount,
  systemCpu: amount,
  /** null where the system does not tell, as while no descriptor is left to look with. */
  residentBytes: amount.nullable(),
  /** null where the system does not tell, see above. */
  openDescriptors: amount.nullable(),
  /** Lines of the access log that were never written; null: there is none. */
  accessLogLost: amount.nullable(),
  workers: z.array(worker).max(1024).readonly(),
  /** Of the whole process: they never go back while it lives, whoever leaves the pool. */
  requests,
  /** From the head of a request to its end, by status class. */
  durations: z
    .array(z.strictObject({ status: word, ...histogram(DURATION_BOUNDS).shape }))
    .max(10)
    .readonly(),
  retries: z
    .array(z.strictObject({ reason: word, count: amount }))
    .max(50)
    .readonly(),
  /** Every replica that is wanted, or still finishes its last requests. */
  replicas: z.array(replica).max(10_000).readonly(),
});

/** Times are seconds unless they say otherwise. */
export type DataMetrics = Readonly<z.infer<typeof dataMetrics>>;
export type RequestCount = DataMetrics['requests'][number];
export type WorkerMetrics = DataMetrics['workers'][number];
