// Owns the name by which a pool is known in Via. All workers and all restarts of a pool share it and no other pool has it, so
// that two balancers in a row are legal and a ring of one is found out. Pure.

/** Digits of the pool's id that are told. */
const SHOWN = 8;

/** @param poolId hex digits, of the pool's identity in STATE_DIR */
export function pseudonymOf(poolId: string): string {
  return `hashflow-${poolId.slice(0, SHOWN)}`;
}
