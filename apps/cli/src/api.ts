// Owns what this program reads of the balancer's answers: the part of each that it shows. The answers are the admin port's
// (/docs lists them whole); this program knows nothing of the balancer but its HTTP.

export interface Listing {
  readonly message: { readonly N: number; readonly replicas: readonly string[] };
}

export interface Status {
  readonly pool: string;
  readonly runtime: string;
  readonly algorithm: string;
  readonly digest: string;
  readonly epoch: number;
  readonly desired: number;
  readonly ready: number;
  readonly panic: boolean;
  readonly draining: number;
  readonly standby?: { readonly wanted: number; readonly ready: number };
  readonly engine: { readonly status: string; readonly since: string; readonly reason: string | null };
  readonly drift: readonly string[];
}

export interface Replica {
  readonly name: string;
  readonly state: string;
  readonly since: string;
  readonly reason: string | null;
  readonly instance: { readonly id: string; readonly address: string | null } | null;
  readonly restarts: number;
  readonly inFlight: number;
  readonly weight: number;
  readonly share: number;
}

export interface Death {
  readonly at: string;
  readonly reason: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly oom: boolean;
  readonly uptimeMs: number | null;
  readonly inFlight: number;
  readonly instance: string | null;
  readonly generation: number | null;
  readonly lastLines: readonly string[];
}

export interface Moves {
  readonly moved: number;
  readonly minimum: number;
  readonly collateral: number;
  readonly flows: readonly { readonly from: string | null; readonly to: string | null; readonly share: number }[];
}

export interface Route {
  readonly link: string | null;
  readonly key: string;
  readonly hash: number;
  readonly candidates: readonly { readonly name: string; readonly eligible: boolean; readonly reason: string }[];
}

export interface Deploy {
  readonly status: string;
  readonly revision: number | null;
  readonly changes: readonly string[];
  readonly replicas: readonly { readonly name: string; readonly step: string; readonly reason: string | null }[];
  readonly reason: string | null;
  /** null: nothing was begun. */
  readonly startedAt: string | null;
  /** null: it goes on. */
  readonly endedAt: string | null;
}

/** Fields besides these depend on the type. */
export interface PoolEvent {
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface EventList {
  readonly position: string;
  readonly gap: string | null;
  readonly events: readonly PoolEvent[];
}

export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly peer: string;
  readonly by: string;
  readonly port: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly status: number | null;
  readonly result: string;
  readonly reason: string | null;
}
