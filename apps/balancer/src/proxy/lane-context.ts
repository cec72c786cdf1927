// Owns what every request of a lane may use. Built once per lane; nothing in it belongs to one request.
import type { ClaimTable } from '../routing/claims.js';
import type { KeyCounts } from '../routing/key-counts.js';
import type { DataSettings, Outcome } from '../routing/link/messages.js';
import type { Target } from '../routing/table.js';
import type { Logger } from '../telemetry/logger.js';
import type { Tables } from './candidates.js';
import type { Trusts } from './client-address.js';
import type { Upstreams } from './upstreams.js';

export interface LaneContext {
  readonly settings: DataSettings;
  readonly claims: ClaimTable;
  readonly keys: KeyCounts;
  /** Index of this lane's block of counters. */
  readonly worker: number;
  readonly tables: Tables;
  readonly upstreams: Upstreams;
  readonly trusts: Trusts;
  readonly log: Logger;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** A try on an instance failed while it was to take requests: counts against it, and makes control look. */
  report(target: Target, outcome: Outcome): void;
  /** The head of an answer came from an instance. */
  answered(target: Target, status: number): void;
}
