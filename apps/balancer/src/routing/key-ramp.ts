// Owns which of its own keys a newcomer takes while it starts slowly: those whose draw is below its ramp. The draw belongs to
// the key alone, so a key that has moved to the newcomer stays there while the ramp rises. Pure; how far a ramp is, is the
// control wing's.

const RANGE = 2 ** 31;
/** Above every draw. */
export const EVERY_KEY = RANGE;

/** @param ramp 0 to 1 @returns the limit that a key's draw has to stay below */
export function rampLimit(ramp: number): number {
  return Math.round(Math.min(1, Math.max(0, ramp)) * RANGE);
}

/**
 * 31 random bits of a key hash. Placements read the hash in ways of their own (its low bits, its place on a ring, a mix with
 * each member's seed); other constants than theirs make the draw independent of who owns the key, else the keys of one
 * newcomer would move all at once and those of another not at all.
 */
export function rampDraw(hash: number): number {
  let x = hash ^ 0x5bd1e995;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 1;
}
