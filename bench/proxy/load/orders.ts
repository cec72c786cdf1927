// Owns what the load process is told and what it tells, over the channel that its parent made.
import type { Ask } from '../requests.ts';

export interface Target {
  readonly port: number;
  readonly connections: number;
  readonly ask: Ask;
}

/** One at a time: each is answered before the next. */
export type Order =
  /** Opens the connections and sends one request on each, so that the measurement begins with all of them in use. */
  | { readonly type: 'open'; readonly target: Target }
  /** Sends on all of them, one request at a time on each, and ends with the last answer. */
  | { readonly type: 'run'; readonly milliseconds: number }
  /** The same for a number of requests. */
  | { readonly type: 'send'; readonly requests: number }
  | { readonly type: 'close' };

export interface Ran {
  readonly requests: number;
  readonly seconds: number;
  /** Microseconds from the first byte of a request to the last of its answer. */
  readonly p50: number;
  readonly p99: number;
}

export type Reply = { readonly done: Ran | null } | { readonly failed: string };
