// Owns what an attempt machine is given: the rules, what the machines of a lane share, and what is known of the request. Pure.
import type { Outcome } from '../../routing/link/messages.js';
import type { Target } from '../../routing/table.js';
import type { RelayRules } from './relay-watch.js';
import type { RetryBudget } from './retry-budget.js';
import type { RetryReason } from './retry-policy.js';

/** Times in milliseconds. */
export interface AttemptRules extends RelayRules {
  readonly connectTimeout: number;
  /** Of one try, from the last byte of the request to the head of the answer. */
  readonly responseTimeout: number;
  /** Over all tries, from the head of the request to the head of the answer; 0 = none. */
  readonly totalTimeout: number;
  /** Of a request for a table in which somebody takes requests, while nobody does; 0 = none. */
  readonly noReplicaWait: number;
  /** Of a request for room at a replica, over all tries, while all that it may go to are at their limits. */
  readonly queueTimeout: number;
  readonly retryAttempts: number;
}

/** What the machines of a lane share. */
export interface AttemptScope {
  readonly settings: AttemptRules;
  readonly budget: RetryBudget;
  /** Whether there is more to do than can be done: then nothing new is begun. */
  readonly shedder: { readonly shedding: boolean };
  /** A try failed on a replica that was to take requests. */
  report(target: Target, outcome: Outcome): void;
  /** The head of an answer came, `took` milliseconds after the try began. */
  answered(target: Target, status: number, took: number): void;
  /** The request is sent again, because of how the try before ended. */
  retried(reason: RetryReason): void;
}

export interface RequestFacts {
  /** May be carried out twice with the effect of once. */
  readonly idempotent: boolean;
  readonly hasBody: boolean;
  /** The body is taken before a replica is, as far as there is room to keep it. */
  readonly collects: boolean;
}
