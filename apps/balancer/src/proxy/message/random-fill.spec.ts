import { describe, expect, it } from '@jest/globals';
import { randomFill } from './random-fill.js';

const seed = () => Int32Array.of(1, 2, 3, 4);

describe('bytes filled by chance', () => {
  it('are those of the reference implementation, the lowest of each word first', () => {
    const bytes = new Uint8Array(6 * 4);
    randomFill(seed())(bytes);
    expect([...new Uint32Array(bytes.buffer)]).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
  });

  it('are others each time, and reach the last byte of a length that is no whole number of words', () => {
    const fill = randomFill(seed());
    const [first, second] = [new Uint8Array(4 * 4 + 3), new Uint8Array(4 * 4 + 3)];
    fill(first);
    fill(second);
    expect(first).not.toEqual(second);
    expect(Buffer.from(first.subarray(16)).readUIntLE(0, 3)).toBe(2031721883 % 2 ** 24);
    expect(Buffer.from(second).readUInt32LE()).toBe(1637235492);
  });
});
