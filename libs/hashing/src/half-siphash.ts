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
 * The key hash under a seed (16 hex digits, the bytes of the SipHash key in order): string → uint32.
 * A string whose code units are all below 256 is hashed as its latin1 bytes (how Node hands over what came by the wire),
 * any other as its UTF-8 bytes. So the same bytes hash alike, decoded or not.
 * @throws HashingError bad_seed
 */
export function createKeyHash(seed: string): (key: string) => number {
  const signed = createSignedKeyHash(seed);
  return (key) => signed(key) >>> 0;
}

/**
 * The same 32 bits as an int32, which lookups take as well. For hot paths: an engine keeps every int32 in a register, while
 * a uint32 from 2^31 on comes back from a call as a boxed number. Allocates nothing for keys of latin1 characters.
 * @throws HashingError bad_seed
 */
export function createSignedKeyHash(seed: string): (key: string) => number {
  const [k0, k1] = parseSeed(seed);

  const keyHash = (key: string): number => {
    let v0 = k0;
    let v1 = k1;
    let v2 = 0x6c796765 ^ k0;
    let v3 = 0x74656462 ^ k1;
    const length = key.length;
    let seen = 0;
    // The rounds stand written out: calls or loops over them cost more than the hash itself.
    for (let at = 0, last = false; !last; at += 4) {
      let word: number;
      if (at + 4 <= length) {
        const c0 = key.charCodeAt(at);
        const c1 = key.charCodeAt(at + 1);
        const c2 = key.charCodeAt(at + 2);
        const c3 = key.charCodeAt(at + 3);
        seen |= c0 | c1 | c2 | c3;
        word = c0 | (c1 << 8) | (c2 << 16) | (c3 << 24);
      } else {
        last = true;
        word = length << 24;
        for (let shift = 0; at + (shift >> 3) < length; shift += 8) {
          const code = key.charCodeAt(at + (shift >> 3));
          seen |= code;
          word |= code << shift;
        }
      }
      v3 ^= word;
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
      v0 ^= word;
    }
    if (seen > 255) return keyHash(utf8AsLatin1(key));
    v2 ^= 0xff;
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
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    return v1 ^ v3;
  };
  return keyHash;
}

/** The UTF-8 bytes as a string of code units below 256. Lone surrogates get three bytes of their own: any two strings stay apart. */
function utf8AsLatin1(text: string): string {
  let bytes = '';
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes += character;
    else if (code < 0x800) bytes += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000)
      bytes += String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else {
      const [first, second] = [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63)];
      bytes += String.fromCharCode(first, second, 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  return bytes;
}
