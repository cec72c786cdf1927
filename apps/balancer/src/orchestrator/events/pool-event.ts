// Owns what can happen to a pool, as a list of typed events with their fields, and what never stands in one: secrets and
// addresses. Pure. Noticing what happened is pool-news.ts's, keeping it event-log.ts's.
import type { Ejection } from '../loop/ledger.js';
import type { AuditEntry } from './audit-trail.js';
import { maskedText } from '../views/masking.js';
import type { Rollout, RolloutStep } from '../state/pool-state.js';
import type { ReplicaState } from '../views/replica-view.js';

/** What a change of the ring moved; parts of the key space, 0 to 1. */
interface RingMove {
  /** Who joined, left or got another weight: the first 16 names; `count` has them all. */
  readonly replicas: readonly string[];
  readonly count: number;
  /** Members afterwards. */
  readonly members: number;
  readonly moved: number;
  /** The least that any placement with these shares moves. */
  readonly minimum: number;
  /** Of the placement afterwards. */
  readonly digest: string;
}

interface OfReplica {
  readonly replica: string;
}

interface OfInstance extends OfReplica {
  readonly instance: string;
}

/** Every type with its own fields; `id`, `at` and `type` are on each. Times are milliseconds. Null: not known. */
export interface PoolEventFields {
  /** The pool is under this balancer's control. */
  readonly started: { readonly runtime: string; readonly replicas: number; readonly digest: string };
  /** It is going to end: nothing is replaced any more. */
  readonly stopping: { readonly mode: 'end' | 'leave' };
  /** Settings that differ from the stored state, which wins. */
  readonly drift: { readonly lines: readonly string[] };
  readonly added: RingMove;
  readonly removed: RingMove;
  readonly weight: RingMove & { readonly weights: Readonly<Record<string, number>> };
  /** An instance that an earlier balancer made runs on under this one. */
  readonly adopted: OfInstance & { readonly generation: number };
  readonly spawn: OfInstance & { readonly generation: number };
  /** A standby became the replica's instance. */
  readonly promoted: OfInstance & { readonly standby: string };
  /** `was` null: it had no state before. `afterMs`: since that state began. */
  readonly ready: OfInstance & { readonly was: ReplicaState | null; readonly afterMs: number | null };
  readonly unready: OfReplica & { readonly instance: string | null; readonly reason: string | null };
  /** No new request for now, for what was seen of it. */
  readonly ejected: OfInstance & { readonly reason: string; readonly cause: Ejection['cause']; readonly forMs: number };
  readonly returned: OfInstance;
  /** An operator wants a new instance of it. */
  readonly restart: OfReplica;
  /** A deploy began, failed, or came to its end; the view of it tells how far each replica is. */
  readonly deploy: { readonly revision: number; readonly status: Rollout['status']; readonly reason: string | null };
  /** How far a replica is in it. */
  readonly 'deploy-step': OfReplica & { readonly step: RolloutStep['state']; readonly revision: number };
  /** No new request for good, or until it is undrained. `instance` null: a drained replica that has none. */
  readonly 'drain-began': OfReplica & { readonly instance: string | null; readonly reason: string };
  /** `inFlight`: requests that it still carries, because its time was up; usually 0. */
  readonly 'drain-ended': OfInstance & { readonly afterMs: number | null; readonly inFlight: number };
  readonly undrained: OfReplica;
  /** It left in good order and is removed. */
  readonly stopped: OfInstance & { readonly reason: string };
  /** It ended without being asked to, could not be made (`instance` null), or was given up. */
  readonly death: OfReplica & {
    readonly instance: string | null;
    readonly generation: number | null;
    readonly reason: string;
    readonly code: number | null;
    readonly signal: string | null;
    readonly oom: boolean;
    readonly uptimeMs: number | null;
    readonly inFlight: number;
  };
  readonly 'backing-off': OfReplica & { readonly reason: string | null; readonly retryInMs: number };
  readonly quarantined: OfReplica & { readonly reason: string };
  /** Too few are eligible: those that fail are tried too. */
  readonly 'panic-on': { readonly ready: number; readonly wanted: number };
  readonly 'panic-off': { readonly ready: number; readonly wanted: number };
  readonly 'engine-away': { readonly reason: string | null };
  readonly 'engine-back': { readonly afterMs: number };
  readonly 'data-connected': { readonly afterMs: number | null };
  readonly 'data-lost': Record<never, never>;
  /** The audit log has a new entry, or an entry its result. `call`: its id. Who asked from where stands only there. */
  readonly audit: { readonly call: string } & Pick<AuditEntry, 'method' | 'path' | 'by' | 'result'>;
}

export type PoolEventType = keyof PoolEventFields;

/** What happened, before it has a number and a time. */
export type PoolEventFacts = { [T in PoolEventType]: { readonly type: T } & PoolEventFields[T] }[PoolEventType];

export type PoolEvent = PoolEventFacts & {
  /** `BOOT-NUMBER`: numbers rise by one within a boot, a boot is one run of the balancer. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
};

/** In the order in which docs/observability.md explains them. */
export const POOL_EVENT_TYPES = Object.keys({
  started: 0,
  stopping: 0,
  drift: 0,
  added: 0,
  removed: 0,
  weight: 0,
  adopted: 0,
  spawn: 0,
  promoted: 0,
  ready: 0,
  unready: 0,
  ejected: 0,
  returned: 0,
  restart: 0,
  deploy: 0,
  'deploy-step': 0,
  'drain-began': 0,
  'drain-ended': 0,
  undrained: 0,
  stopped: 0,
  death: 0,
  'backing-off': 0,
  quarantined: 0,
  'panic-on': 0,
  'panic-off': 0,
  'engine-away': 0,
  'engine-back': 0,
  'data-connected': 0,
  'data-lost': 0,
  audit: 0,
} satisfies Record<PoolEventType, 0>) as readonly PoolEventType[];

const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g;
/** In brackets; or bare, with `::` or in full: 12:34:56 is none. */
const IPV6 =
  /\[[0-9a-f:.]{0,45}:[0-9a-f:.]{0,45}\](?::\d{1,5})?|(?<![\w:])(?:(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?::[0-9a-f:]{0,45}|(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4})(?![\w:])/gi;

/** Words that came from elsewhere (an engine, a probe) may name an address or quote a secret. */
export function presentable<T>(value: T): T {
  if (typeof value === 'string')
    return maskedText(value).replace(IPV4, '(address)').replace(IPV6, '(address)') as T & string;
  if (Array.isArray(value)) return value.map((one: unknown) => presentable(one)) as T & unknown[];
  return value;
}
