// Owns the language between the control and the data process: plain serialisable messages, one JSON object per line on
// the Unix socket in STATE_DIR. Who sends what when is link/control-link.ts's and the data process's.
import type { ForwardedField, RequestIdMode } from '../../config/proxy-definitions.js';
import type { HotKeyList } from '../hot-keys.js';
import type { RingRecipe } from '../ring-recipe.js';
import type { DataMetrics } from './data-metrics.js';

/** Raised when a message changes its meaning: a control process never takes over a data process that speaks another. */
export const PROTOCOL = 4;

/** Eligibility of an instance for new requests. The placement never changes with it. */
export type InstanceState = 'ready' | 'unready' | 'draining';

export interface SnapshotInstance {
  /** Container id or generated; pools and counters are keyed by it, never by address. */
  readonly id: string;
  readonly replica: string;
  readonly host: string;
  readonly port: number;
  /** Path prefix and Host of a static replica given by URL; absent elsewhere. */
  readonly authority?: string;
  readonly state: InstanceState;
  /** 0 to 1: a newcomer to the ring takes this part of its own keys, the others go to their next candidates; absent = all. */
  readonly ramp?: number;
}

/** Everything that a request needs to find its replica. Immutable; epochs only rise. */
export interface Snapshot {
  readonly epoch: number;
  readonly recipe: RingRecipe;
  /** 16 hex digits. */
  readonly seed: string;
  /** Name of the pool in Via. */
  readonly pseudonym: string;
  /** The key chain, as in HASH_KEY. */
  readonly hashKey: string;
  readonly loadFactor: number;
  /** The ring: every desired replica, ready or not. */
  readonly members: readonly { readonly name: string; readonly weight: number }[];
  /** Every instance that may still carry a request: one serving instance per member at most, and the draining ones. */
  readonly instances: readonly SnapshotInstance[];
}

export interface AccessLogSettings {
  /** Part of the requests that are logged, by chance; 0 = none, 1 = all. */
  readonly part: number;
  readonly format: 'json' | 'combined';
  /** Absolute path; null: the standard output of the control process that started the data process. */
  readonly file: string | null;
  /** Words in the names of query parameters whose values are not logged. */
  readonly mask: readonly string[];
}

/** What the data process is told at birth and cannot change: a difference means a new data process. */
export interface DataSettings {
  readonly pool: string;
  readonly host: string;
  readonly port: number;
  readonly seedRoutes: boolean;
  readonly workers: number;
  readonly trustedProxies: readonly string[];
  /** What the balancer adds to a request. */
  readonly forwardedFields: readonly ForwardedField[];
  readonly requestId: RequestIdMode;
  readonly preserveHost: boolean;
  /** Plain requests go through the express lane. */
  readonly express: boolean;
  readonly exposeReplica: boolean;
  readonly upstreamKeepalive: number;
  readonly connectTimeout: number;
  readonly headTimeout: number;
  readonly responseTimeout: number;
  readonly idleTimeout: number;
  /** 0 = none. */
  readonly streamTimeout: number;
  readonly tunnelTimeout: number;
  readonly retryAttempts: number;
  /** 0 = none. */
  readonly totalTimeout: number;
  /** 0 = none. */
  readonly noReplicaWait: number;
  /** Bytes. */
  readonly retryBuffer: number;
  /** Each 0 = none. */
  readonly replicaMaxInflight: number;
  readonly replicaMaxConnections: number;
  /** Of clients, per worker; 0 = as many as the system allows. */
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxLag: number;
  /** Bytes, per worker. */
  readonly maxMemory: number;
  /** Requests that may wait, per worker. */
  readonly queue: number;
  readonly queueTimeout: number;
  readonly maxHead: number;
  readonly maxFields: number;
  readonly maxBody: number;
  readonly accessLog: AccessLogSettings;
  readonly trace: boolean;
  /** Texts of keys may be kept and told. */
  readonly showKeys: boolean;
  /** User to become after binding, when started as root. */
  readonly user: string;
}

/** A classic route that came in on the data port; decided and answered by control. The peer is the socket's. */
export interface ClassicRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: '/rep' | '/add' | '/rm';
  /** With the question mark, or empty. */
  readonly search: string;
  readonly peer: string;
  readonly headers: {
    readonly host?: string;
    readonly origin?: string;
    /** Sec-Fetch-Site, which browsers send and pages cannot forge. */
    readonly fetchSite?: string;
    readonly authorization?: string;
    readonly contentType?: string;
    /** The request came with Forwarded, X-Forwarded-* or Via. */
    readonly forwarded: boolean;
  };
  readonly body: string;
}

export interface ClassicAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

/** How tries on an instance ended, each try in one of them. Those that failed because it left, or its client, are in none. */
export interface OutcomeCounts {
  /** The head of an answer below 500 came. */
  readonly answered: number;
  /** The head of an answer from 500 up came. */
  readonly serverErrors: number;
  readonly refused: number;
  /** Closed, reset, or not HTTP before the head of an answer. */
  readonly reset: number;
  /** No connection, or no head of an answer, in time. */
  readonly timedOut: number;
}

export const NO_OUTCOMES: OutcomeCounts = { answered: 0, serverErrors: 0, refused: 0, reset: 0, timedOut: 0 };

export interface InstanceCounters {
  readonly id: string;
  readonly inFlight: number;
  /** Upgraded connections, left out of inFlight. */
  readonly tunnels: number;
  /** Requests claimed since this data process started. */
  readonly requests: number;
  readonly outcomes: OutcomeCounts;
}

/** What the data plane saw of an instance; a reason to probe at once, never the truth. */
export type Outcome =
  'connect_failed' | 'connect_timeout' | 'upstream_closed' | 'upstream_protocol' | 'response_timeout';

export type ControlMessage =
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly type: 'query'; readonly id: number }
  | { readonly type: 'metrics'; readonly id: number }
  | { readonly type: 'answer'; readonly id: number; readonly answer: ClassicAnswer }
  | { readonly type: 'hot-keys'; readonly id: number; readonly limit: number }
  /** Stop accepting, finish what is in flight within `deadlineMs`, then exit. */
  | { readonly type: 'shutdown'; readonly deadlineMs: number };

export type DataMessage =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly pid: number;
      /** Of the snapshot in force; 0 = none yet. */
      readonly epoch: number;
      readonly settings: DataSettings;
      /** Where the data port really listens. */
      readonly address: { readonly host: string; readonly port: number };
      readonly user: string;
    }
  /** Every worker routes by this epoch or a later one; no older snapshot can start a request. */
  | { readonly type: 'ack'; readonly epoch: number; readonly digest: string }
  /** Answer to `query` (with its id), or pushed at most every 100 ms while something changes (id 0). */
  | {
      readonly type: 'counters';
      readonly id: number;
      readonly instances: readonly InstanceCounters[];
      /** Keys that each link of the chain in force supplied, and last those that none did. */
      readonly keys: readonly number[];
    }
  /** Answer to `metrics`, with its id. */
  | { readonly type: 'metrics'; readonly id: number; readonly metrics: DataMetrics }
  /** A draining instance carries no request any more (tunnels aside). */
  | { readonly type: 'quiet'; readonly instanceId: string }
  | { readonly type: 'outcome'; readonly instanceId: string; readonly outcome: Outcome }
  | { readonly type: 'classic'; readonly id: number; readonly request: ClassicRequest }
  /** Answer to `hot-keys`. */
  | { readonly type: 'hot-keys'; readonly id: number; readonly list: HotKeyList }
  | { readonly type: 'log'; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string };
