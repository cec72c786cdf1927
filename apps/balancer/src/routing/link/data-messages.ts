// Owns the wall between the two processes: everything that control receives from the data process is checked here. Data
// parses hostile bytes, so somebody may speak in its place: a message can ask and report, never more than it says.
import { z } from 'zod';
import { FORWARDED_FIELDS, REQUEST_ID_MODES } from '../../config/proxy-definitions.js';
import { MAX_LINKS } from '../hash-key.js';
import { dataMetrics } from './data-metrics.js';
import { MAX_HOT_KEYS, MAX_KEY_TEXT } from '../hot-keys.js';
import type { ControlMessage, DataMessage } from './messages.js';

const count = z.int().min(0);
const id = z.string().min(1).max(256);
const port = z.int().min(0).max(65_535);
const address = z.strictObject({ host: z.string().max(256), port });
const header = z
  .string()
  .max(64 * 1024)
  .optional();

const settings = z.strictObject({
  pool: z.string(),
  host: z.string(),
  port,
  seedRoutes: z.boolean(),
  workers: count,
  trustedProxies: z.array(z.string()).readonly(),
  forwardedFields: z.array(z.enum(FORWARDED_FIELDS)).readonly(),
  requestId: z.enum(REQUEST_ID_MODES),
  preserveHost: z.boolean(),
  express: z.boolean(),
  exposeReplica: z.boolean(),
  upstreamKeepalive: count,
  connectTimeout: count,
  headTimeout: count,
  responseTimeout: count,
  idleTimeout: count,
  streamTimeout: count,
  tunnelTimeout: count,
  retryAttempts: count,
  totalTimeout: count,
  noReplicaWait: count,
  retryBuffer: count,
  replicaMaxInflight: count,
  replicaMaxConnections: count,
  maxConnections: count,
  maxConnectionsPerAddress: count,
  maxLag: count,
  maxMemory: count,
  queue: count,
  queueTimeout: count,
  maxHead: count,
  maxFields: count,
  maxBody: count,
  accessLog: z.strictObject({
    part: z.number().min(0).max(1),
    format: z.enum(['json', 'combined']),
    file: z.string().nullable(),
    mask: z.array(z.string()).readonly(),
  }),
  trace: z.boolean(),
  showKeys: z.boolean(),
  user: z.string(),
});

const hello = z.strictObject({
  type: z.literal('hello'),
  protocol: count,
  pid: count,
  epoch: count,
  settings,
  address,
  user: z.string().max(256),
});

/** Also of a process that speaks another version: all that is needed to see that it does, and to ask it to leave. */
const strangeHello = z.looseObject({ type: z.literal('hello'), protocol: count });

const classicRequest = z
  .strictObject({
    method: z.enum(['GET', 'POST', 'DELETE']),
    path: z.enum(['/rep', '/add', '/rm']),
    search: z
      .string()
      .max(64 * 1024)
      .regex(/^(\?.*)?$/s),
    peer: z.string().max(64),
    headers: z.strictObject({
      host: header,
      origin: header,
      fetchSite: header,
      authorization: header,
      contentType: header,
      forwarded: z.boolean(),
    }),
    body: z.string().max(64 * 1024),
  })
  .refine(({ method, path }) => `${method} ${path}` in { 'GET /rep': 1, 'POST /add': 1, 'DELETE /rm': 1 });

const outcomes = z.strictObject({
  answered: count,
  serverErrors: count,
  refused: count,
  reset: count,
  timedOut: count,
});
const counters = z.strictObject({ id, inFlight: count, tunnels: count, requests: count, outcomes });

const hotKey = z.strictObject({
  hash: z.int().min(0).max(0xffff_ffff),
  count: z.number().min(0),
  error: z.number().min(0),
  key: z.string().max(MAX_KEY_TEXT).optional(),
});

const messages: z.ZodType<DataMessage> = z.discriminatedUnion('type', [
  hello,
  z.strictObject({ type: z.literal('ack'), epoch: count, digest: z.string().max(128) }),
  z.strictObject({
    type: z.literal('counters'),
    id: count,
    instances: z.array(counters).max(10_000).readonly(),
    keys: z
      .array(count)
      .max(MAX_LINKS + 1)
      .readonly(),
  }),
  z.strictObject({ type: z.literal('metrics'), id: count, metrics: dataMetrics }),
  z.strictObject({ type: z.literal('quiet'), instanceId: id }),
  z.strictObject({
    type: z.literal('outcome'),
    instanceId: id,
    outcome: z.enum(['connect_failed', 'connect_timeout', 'upstream_closed', 'upstream_protocol', 'response_timeout']),
  }),
  z.strictObject({ type: z.literal('classic'), id: count, request: classicRequest }),
  z.strictObject({
    type: z.literal('hot-keys'),
    id: count,
    list: z.strictObject({
      total: z.number().min(0),
      spanMs: z.number().min(0),
      keys: z.array(hotKey).max(MAX_HOT_KEYS).readonly(),
    }),
  }),
  z.strictObject({
    type: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string().max(4096),
  }),
]);

/** A data process of another version: it can be asked to shut down, nothing else. */
export interface StrangeHello {
  readonly type: 'hello';
  readonly protocol: number;
}

/** @returns the message; undefined for everything else */
export function parseDataMessage(value: unknown): DataMessage | undefined {
  return messages.safeParse(value).data;
}

/** The first line of a connection, whatever version wrote it. */
export function parseStrangeHello(value: unknown): StrangeHello | undefined {
  return strangeHello.safeParse(value).data;
}

const CONTROL_TYPES: ReadonlySet<unknown> = new Set<ControlMessage['type']>([
  'snapshot',
  'query',
  'metrics',
  'answer',
  'hot-keys',
  'shutdown',
]);

/** What control sends is our own: only its type is looked at, so that a newer control's message is refused and not half understood. */
export function parseControlMessage(value: unknown): ControlMessage | undefined {
  return typeof value === 'object' && value !== null && 'type' in value && CONTROL_TYPES.has(value.type)
    ? (value as ControlMessage)
    : undefined;
}
