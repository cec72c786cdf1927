// Owns the integer mixing behind every placement. Whoever needs a secret hashes with the seed first (half-siphash.ts).

/** A local name for the hot loops: looking up a global is slow wherever scripts run in a sandboxed context. */
export const { imul } = Math;

/** 32-bit finaliser of MurmurHash3: each input bit flips each output bit with a chance near one half. A bijection. @returns int32 */
export function fmix32(value: number): number {
  let x = value | 0;
  x = imul(x ^ (x >>> 16), 0x85ebca6b);
  x = imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/**
 * 32 bits for (value, two seed words), as int32; a bijection of `value` under each pair of words. The second word comes in
 * between the multiplications: were there one word only, two members whose words are equal would always score alike.
 */
export function mixSeeded(value: number, a: number, b: number): number {
  let x = value ^ a;
  x ^= x >>> 16;
  x = (imul(x, 0x21f0aaad) + b) | 0;
  x ^= x >>> 15;
  x = imul(x, 0x735a2d97);
  return x ^ (x >>> 15);
}
