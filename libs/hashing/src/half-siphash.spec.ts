// The key hash against the published vectors of its authors and a plain byte-wise reference.
import fc from 'fast-check';
import { createKeyHash, createSignedKeyHash } from './half-siphash.js';

/** The authors' vectors: key 00..07, message 00..n-1, n = 0..63, four output bytes each. */
const PUBLISHED = `
a9359f5b 27475ab8 fa62a603 8afee704 2a6e4689 c5fab669 5863fc23 8bcf63c5 d0b8848f f806e779 94b07934 08083050 57f0872f 77e663ff d6fff87c 74fe2b97
d9b5ac84 c474645b 465b8d9b 7befe387 e34d1045 613f62b3 70f367fe e6adb8bd 27400c63 26787875 4f567b5f 3ab0e669 b0644000 ff670fb4 509e338b 5d589f1a
fee72112 33753259 6a434f8c fe28b729 e75cc6ec 697e8d54 63688b0f 650b62b4 b6bc1840 5d074505 2442fd2e 7bb7863a 7705d548 d75208b1 b6d499c8 0892202e
69e12ce3 8db580e5 369764c6 016e0204 3b85f3d4 fedb66be 1e692a3a c68984c0 a5c5b940 9be9e88c 7dbc8140 7c078ec5 d4e76c73 428fcbb9 bd83997a 59ea4a74
`
  .trim()
  .split(/\s+/);

/** Straight from the paper, on bytes, one round at a time. */
function reference(key: Uint8Array, message: Uint8Array): number {
  const word = (bytes: Uint8Array, at: number) =>
    bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
  const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  const [k0, k1] = [word(key, 0), word(key, 4)];
  let [v0, v1, v2, v3] = [k0, k1, 0x6c796765 ^ k0, 0x74656462 ^ k1];
  const rounds = (count: number) => {
    for (; count > 0; count--) {
      v0 = (v0 + v1) | 0;
      v1 = rotate(v1, 5) ^ v0;
      v0 = rotate(v0, 16);
      v2 = (v2 + v3) | 0;
      v3 = rotate(v3, 8) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = rotate(v3, 7) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = rotate(v1, 13) ^ v2;
      v2 = rotate(v2, 16);
    }
  };
  const padded = new Uint8Array((message.length & ~3) + 4);
  padded.set(message);
  padded[padded.length - 1] = message.length & 255;
  for (let at = 0; at < padded.length; at += 4) {
    v3 ^= word(padded, at);
    rounds(2);
    v0 ^= word(padded, at);
  }
  v2 ^= 0xff;
  rounds(4);
  return (v1 ^ v3) >>> 0;
}

const anyUnits = fc.array(fc.oneof(fc.integer({ min: 0, max: 0xff }), fc.integer({ min: 0, max: 0xffff })), {
  maxLength: 300,
});
const anyBytes = fc.uint8Array({ maxLength: 600 });

describe('the key hash', () => {
  it('reproduces all 64 published vectors of HalfSipHash-2-4', () => {
    const hash = createKeyHash('0001020304050607');
    const produced = PUBLISHED.map((_, length) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(hash(String.fromCharCode(...Array.from({ length }, (__, i) => i))));
      return bytes.toString('hex');
    });
    expect(PUBLISHED).toHaveLength(64);
    expect(produced).toEqual(PUBLISHED);
  });

  it('hashes a string of latin1 characters as its bytes, whatever the seed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), anyBytes, (key, bytes) => {
        const hash = createKeyHash(Buffer.from(key).toString('hex'));
        expect(hash(Buffer.from(bytes).toString('latin1'))).toBe(reference(key, bytes));
      }),
    );
  });

  it('hashes any other well-formed string as its UTF-8 bytes', () => {
    const key = Uint8Array.from([9, 8, 7, 6, 5, 4, 3, 2]);
    const hash = createKeyHash(Buffer.from(key).toString('hex'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const wide = `${text}\u0161`;
        expect(hash(wide)).toBe(reference(key, Buffer.from(wide, 'utf8')));
      }),
    );
  });

  it('hashes the bytes of the wire alike, decoded as UTF-8 or left as latin1', () => {
    const hash = createKeyHash('0123456789abcdef');
    for (const text of ['\u0161', 'zażółć', '日本語', '🙂']) {
      expect(hash(Buffer.from(text, 'utf8').toString('latin1'))).toBe(hash(text));
    }
  });

  it('never folds a character to its low byte', () => {
    const hash = createKeyHash('0123456789abcdef');
    expect(hash('\u0161')).not.toBe(hash('a'));
    expect(hash('\ud800')).not.toBe(hash('\udbff'));
    expect(hash('ab\u0100')).not.toBe(hash('ab\0'));
  });

  it('gives the same 32 bits signed and unsigned', () => {
    const [unsigned, signed] = [createKeyHash('fedcba9876543210'), createSignedKeyHash('fedcba9876543210')];
    fc.assert(
      fc.property(anyUnits, (units) => {
        const key = String.fromCharCode(...units);
        expect(signed(key)).toBe(unsigned(key) | 0);
        expect(unsigned(key)).toBe(signed(key) >>> 0);
      }),
    );
  });

  it('depends on every bit of the seed', () => {
    const hashes = new Set(
      Array.from({ length: 64 }, (_, bit) => createKeyHash((1n << BigInt(bit)).toString(16).padStart(16, '0'))('key')),
    );
    expect(hashes.size).toBe(64);
  });

  it('does not care for the case of the seed', () => {
    expect(createKeyHash('ABCDEF0123456789')('x')).toBe(createKeyHash('abcdef0123456789')('x'));
  });

  it.each(['', '0', '00112233445566', '00112233445566778', 'g011223344556677', '0x11223344556677', ' 011223344556677'])(
    'refuses the seed %j',
    (seed) => {
      expect(() => createKeyHash(seed)).toThrow(expect.objectContaining({ code: 'bad_seed', retryable: false }));
    },
  );
});
