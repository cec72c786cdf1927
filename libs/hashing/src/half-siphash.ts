// Owns the hash of a key: HalfSipHash-2-4 with 32 bits out. Keyed, so that nobody without the seed can list keys that all
// land on one member. Where a hash goes is a placement's to say; where the key comes from is the caller's.
import { HashingError } from './errors.js';

/** @throws HashingError bad_seed */
export function parseSeed(seed: string): readonly [number, number] {
  if (!/^[0-9a-f]{16}$/i.test(seed)) throw new HashingError('bad_seed', 'a seed is 16 hexadecimal digits');
  return [littleEndianWord(seed.slice(0, 8)), littleEndianWord(seed.slice(8))];
}

function littleEndianWord(hex: string): number {
  let word = 0;
  for (let i = 3; i >= 0; i--) word = (word << 8) | parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return word;
}

/**
 * The key hash under a seed (16 hex digits, the bytes of the SipHash key in order): string → uint32, without allocation.
 * A string whose code units are all below 256 is hashed as its latin1 bytes (how Node hands over header bytes), any other
 * as its UTF-8 bytes; so the same bytes from the wire hash alike however they were decoded.
 * @throws HashingError bad_seed
 */
export function createKeyHash(seed: string): (key: string) => number {
  const [k0, k1] = parseSeed(seed);
  let scratch = new Uint8Array(256);

  const hashBytes = (length: number): number => {
    let v0 = k0;
    let v1 = k1;
    let v2 = 0x6c796765 ^ k0;
    let v3 = 0x74656462 ^ k1;
    const whole = length & ~3;
    for (let i = 0; i <= whole; i += 4) {
      let word: number;
      if (i < whole) {
        word = scratch[i] | (scratch[i + 1] << 8) | (scratch[i + 2] << 16) | (scratch[i + 3] << 24);
      } else {
        word = length << 24;
        for (let j = length - 1; j >= whole; j--) word |= scratch[j] << (8 * (j - whole));
      }
      v3 ^= word;
      for (let round = 0; round < 2; round++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      v0 ^= word;
    }
    v2 ^= 0xff;
    for (let round = 0; round < 4; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    return (v1 ^ v3) >>> 0;
  };

  return (key) => {
    if (scratch.length < key.length * 3) scratch = new Uint8Array(key.length * 3);
    let seen = 0;
    for (let i = 0; i < key.length; i++) {
      const code = key.charCodeAt(i);
      seen |= code;
      scratch[i] = code;
    }
    return hashBytes(seen < 256 ? key.length : writeUtf8(key, scratch));
  };
}

/** Lone surrogates take three bytes of their own, so that any two strings stay apart. @returns bytes written */
function writeUtf8(text: string, into: Uint8Array): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) {
      into[length++] = code;
    } else if (code < 0x800) {
      into[length++] = 0xc0 | (code >> 6);
      into[length++] = 0x80 | (code & 63);
    } else {
      if (code < 0x10000) {
        into[length++] = 0xe0 | (code >> 12);
      } else {
        into[length++] = 0xf0 | (code >> 18);
        into[length++] = 0x80 | ((code >> 12) & 63);
      }
      into[length++] = 0x80 | ((code >> 6) & 63);
      into[length++] = 0x80 | (code & 63);
    }
  }
  return length;
}
