import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter, MAX_LINE } from './line-splitter.js';

describe('output in pieces', () => {
  it('gives the same lines wherever it is cut', () => {
    const text = fc.array(fc.constantFrom('a', 'ß', '🙂', '\n', '\r\n', ' '), { maxLength: 40 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (parts, size) => {
        const bytes = Buffer.from(parts.join(''));
        const splitter = new LineSplitter();
        const lines: string[] = [];
        for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.take(bytes.subarray(at, at + size)));
        lines.push(...splitter.end());
        const expected = parts.join('').split('\n');
        if (expected.at(-1) === '') expected.pop();
        const open = parts.join('').endsWith('\n') ? undefined : expected.at(-1);
        expect(lines).toEqual(
          expected.map((line, at) => (line === open && at === expected.length - 1 ? line : line.replace(/\r$/, ''))),
        );
      }),
    );
  });

  it('that never ends a line is cut into bounded ones', () => {
    const splitter = new LineSplitter();
    const lines = splitter.take(Buffer.alloc(3 * MAX_LINE + 5, 'x'));
    expect(lines.map(({ length }) => length)).toEqual([MAX_LINE, MAX_LINE, MAX_LINE]);
    expect(splitter.end()).toEqual(['xxxxx']);
  });
});
