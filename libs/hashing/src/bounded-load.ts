// Owns the bound on requests in flight that keeps a hot key or a slow member from piling up (consistent hashing with
// bounded loads). Counting requests and choosing the next candidate are the caller's.

/** Below this many in flight no bound holds: at light load a tight one would throw away affinity for nothing. */
export const BOUND_FLOOR = 8;

/**
 * Most requests a member may have in flight with the one to be admitted; Infinity when `factor` is 0 (off).
 * Everything is taken over the members that are eligible now: with ejected ones in the sum the rest would look over-full.
 * @param factor how far above its fair part of the load a member may go, 1.1 to 4
 * @param inFlight requests in flight on all eligible members, without the one to be admitted
 */
export function boundedLoadCap(factor: number, inFlight: number, weight: number, eligibleWeight: number): number {
  if (factor === 0) return Infinity;
  return Math.max(BOUND_FLOOR, Math.ceil((factor * (inFlight + 1) * weight) / eligibleWeight));
}
