// Owns how a request can end, as indices that a counter can be found by: answered by a replica in one of five classes, or
// ended by a cause. The causes are causes.ts's, the counters traffic-cells.ts's. Pure.
import { causes, type End, SILENT_ENDS, statusFor } from '../answers/causes.js';

/** RFC 9110, 9.2: what a replica may be asked twice. `safe` reads, `idempotent` may be repeated, `other` may not. */
export const METHOD_CLASSES = ['safe', 'idempotent', 'other'] as const;

export function methodClass(method: string | undefined): number {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
    case 'TRACE':
      return 0;
    case 'PUT':
    case 'DELETE':
      return 1;
    default:
      return 2;
  }
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
export const STATUS_CLASSES: readonly string[] = CLASSES;

export interface RequestEnd {
  /** Index into STATUS_CLASSES. */
  readonly status: number;
  /** Why the balancer ended it; empty: a replica answered it. */
  readonly cause: End | '';
}

const CAUSES = Object.keys({ ...causes, ...SILENT_ENDS }) as End[];

/** The answered ones first, so that the index of one is that of its class. */
export const ENDS: readonly RequestEnd[] = [
  ...CLASSES.map((_, status) => ({ status, cause: '' as const })),
  ...CAUSES.map((cause) => ({ status: classOf(statusFor(cause)), cause })),
];

const CAUSE_INDEX = Object.fromEntries(CAUSES.map((cause, index) => [cause, CLASSES.length + index])) as Readonly<
  Record<End, number>
>;

/** @param status of the replica's answer, where `outcome` is `answered` */
export function endIndex(outcome: End | 'answered', status: number): number {
  return outcome === 'answered' ? classOf(status) : CAUSE_INDEX[outcome];
}

/** @param end index into ENDS @returns index into STATUS_CLASSES */
export function statusOfEnd(end: number): number {
  return end < CLASSES.length ? end : ENDS[end].status;
}

function classOf(status: number): number {
  return Math.min(CLASSES.length, Math.max(1, Math.floor(status / 100))) - 1;
}
