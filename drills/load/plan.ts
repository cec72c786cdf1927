// Owns what the steady load consists of: which request is the i-th, when it is due, with which key. Pure. Sending is
// load.worker.ts's.

export interface LoadPlan {
  /** Requests per second, sent when they are due whatever became of the ones before (open loop). */
  readonly rate: number;
  /** Different keys; each is asked about equally often. */
  readonly keys: number;
  /** Every so-manieth request is a POST; 0 = none. */
  readonly postEvery: number;
  /** The ids of a rehearsal are not those of the load that is judged. */
  readonly rehearsal?: boolean;
}

export type Method = 'GET' | 'POST';

export interface PlannedRequest {
  readonly id: string;
  readonly method: Method;
  /** 0 to `keys` - 1. */
  readonly key: number;
}

export function requestAt(i: number, { keys, postEvery, rehearsal = false }: LoadPlan): PlannedRequest {
  const method = postEvery > 0 && i % postEvery === postEvery - 1 ? 'POST' : 'GET';
  return { id: `${rehearsal ? 'rehearsal-' : ''}${method}-${i}`, method, key: keyAt(i, keys) };
}

/** The id of a request of the load that is judged: not of a rehearsal, nor of anything else that is asked. */
export function isJudged(id: string): boolean {
  return /^(GET|POST)-/.test(id);
}

/** Requests due `ms` after the beginning: a late sender catches up and leaves none out. */
export function dueAfter(ms: number, rate: number): number {
  return ms < 0 ? 0 : Math.floor((ms * rate) / 1000) + 1;
}

/** When the i-th is due, in milliseconds after the beginning. Latency counts from here, not from the moment of sending. */
export function dueTime(i: number, rate: number): number {
  return (i * 1000) / rate;
}

/** A permutation of the keys, round after round in another order: no key is always asked after the same other one. */
function keyAt(i: number, keys: number): number {
  const round = Math.floor(i / keys);
  return (i * 7919 + round * 104_729) % keys;
}

/** What became of one request. Times in milliseconds. */
export interface Sample {
  readonly id: string;
  readonly method: Method;
  readonly key: number;
  /** When it was due, since the load began. */
  readonly at: number;
  /** From then to the last byte of the answer, or to the failure. */
  readonly ms: number;
  /** 0: no whole answer. */
  readonly status: number;
  /** Why it failed: the balancer's cause, `status 500`, or an error code. null: answered 200. */
  readonly cause: string | null;
  /** Who answered. */
  readonly replica: string | null;
  readonly instance: string | null;
  readonly edition: string | null;
}

export function failed({ cause }: Sample): boolean {
  return cause !== null;
}
