// Owns random bytes for names that are no secrets: xoshiro128** (Blackman and Vigna: Scrambled Linear Pseudorandom Number Generators, ACM TOMS
// 2021, https://prng.di.unimi.it/). Pure: the seed is the caller's. The system's generator is ten times as dear between two requests as
// in a loop, 20 µs for 2 KiB: what it does has left the caches by then.

/** @param seed four words that are not all zeros, from the system's generator @returns what fills with random bytes */
export function randomFill(seed: Int32Array): (bytes: Uint8Array) => void {
  let [a, b, c, d] = seed;
  const word = () => {
    const scrambled = Math.imul(rotated(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return scrambled;
  };
  return (bytes) => {
    let drawn = 0;
    for (let at = 0; at < bytes.length; at++) {
      drawn = at % 4 === 0 ? word() : drawn >>> 8;
      bytes[at] = drawn;
    }
  };
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
