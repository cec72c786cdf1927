// Owns the record of every change of the ring: what it moved, what it had to move, why and when. Part of the stored state, so
// that it survives restarts. Crashes and respawns are not in it: they do not change the ring. Pure.
import type { PlacementDiff } from '@hashflow/hashing';
import { z } from 'zod';

export const RingChange = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** start: the pool was founded. */
  cause: z.enum(['start', 'add', 'remove', 'weight']),
  /** How many replicas joined, left or got another weight. */
  count: z.number().int().nonnegative(),
  /** Their names, the first few. */
  replicas: z.array(z.string()),
  /** Members afterwards. */
  members: z.number().int().nonnegative(),
  /** Part of the key space that changed hands, 0 to 1. */
  moved: z.number().nonnegative(),
  /** The least that any placement with these shares moves. */
  minimum: z.number().nonnegative(),
  /** What was moved beyond it. */
  excess: z.number().nonnegative(),
  /** Of the placement afterwards. */
  digest: z.string(),
});
export type RingChange = z.infer<typeof RingChange>;
export type RingChangeCause = RingChange['cause'];

/** Each write of the state carries all of it. */
const MOST_CHANGES = 200;
const MOST_NAMES = 16;

export interface RingChangeFacts {
  /** Epoch milliseconds. */
  readonly wall: number;
  readonly cause: RingChangeCause;
  /** Who joined, left or got another weight. */
  readonly affected: readonly string[];
  readonly members: number;
  readonly diff: Pick<PlacementDiff, 'moved' | 'minimum'>;
  readonly digest: string;
}

export function ringChange({ wall, cause, affected, members, diff, digest }: RingChangeFacts): RingChange {
  const { moved, minimum } = diff;
  return {
    at: new Date(wall).toISOString(),
    cause,
    count: affected.length,
    replicas: affected.slice(0, MOST_NAMES),
    members,
    moved,
    minimum,
    // Both are sums of fractions: equal ones may differ in the last digits.
    excess: moved - minimum > ROUNDING ? moved - minimum : 0,
    digest,
  };
}

const ROUNDING = 1e-12;

/** Newest first; the oldest are forgotten. */
export function remembered(history: readonly RingChange[], change: RingChange): RingChange[] {
  return [change, ...history].slice(0, MOST_CHANGES);
}
