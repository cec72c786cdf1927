import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameReader, linesOfFrames } from './log-frames.js';

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

describe('the engine’s frames', () => {
  it('give the output in the order of writing', () => {
    expect(linesOfFrames(Buffer.concat([frame('a\nb'), frame('c\r\n'), frame(''), frame('d\n')]))).toEqual([
      'a',
      'bc',
      'd',
    ]);
    expect(linesOfFrames(Buffer.alloc(0))).toEqual([]);
  });

  it('give the same output wherever a stream of them is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 8 }), fc.integer({ min: 1, max: 11 }), (texts, size) => {
        const bytes = Buffer.concat(texts.map(frame));
        const reader = new FrameReader();
        const pieces: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) pieces.push(...reader.take(bytes.subarray(at, at + size)));
        expect(Buffer.concat(pieces).toString()).toBe(texts.join(''));
      }),
    );
  });
});
