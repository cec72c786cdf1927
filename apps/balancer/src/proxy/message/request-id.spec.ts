import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomHex } from './random-hex.js';
import { isLegalRequestId, requestIdLine, RequestIds } from './request-id.js';

const counting = () => {
  let calls = 0;
  const ids = new RequestIds((bytes) => (++calls).toString(16).padStart(2 * bytes, '0'));
  return { ids, calls: () => calls };
};

describe('the id of a request', () => {
  it.each(['r-7', '0b84c7f2-9a55-4d6e-8f1b-0c2d3e4f5a6b', "!#$%&'*+-.^_`|~", 'x'.repeat(200)])(
    'is the one that the client sent: %s',
    (sent) => {
      expect(counting().ids.of(sent)).toBe(sent);
    },
  );

  it.each([
    undefined,
    '',
    'a b',
    'a, b',
    'a\tb',
    '"a"',
    'a/b',
    'a=b',
    'ü',
    'a\r\nX-Evil: 1',
    'a\n',
    'a\0',
    'x'.repeat(201),
  ])('is a new one when the client sent %j', (sent) => {
    expect(counting().ids.of(sent)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('never brings anything into a line but itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 220 }), (sent) => {
        const id = counting().ids.of(sent);
        expect(isLegalRequestId(id)).toBe(true);
        expect(requestIdLine(id)).toMatch(/^X-Request-Id: [\x21-\x7e]+\r\n$/);
      }),
    );
  });

  it('that is made is another each time, in one lane and in several', () => {
    const lanes = Array.from({ length: 4 }, () => new RequestIds(randomHex()));
    const made = lanes.flatMap((ids) => Array.from({ length: 5000 }, () => ids.make()));
    expect(new Set(made).size).toBe(made.length);
    expect(made.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
  });

  it('asks for chance only once in 256 times', () => {
    const { ids, calls } = counting();
    for (let made = 0; made < 1024; made++) ids.make();
    expect(calls()).toBe(4);
  });
});

describe('random digits', () => {
  it('are as many as asked for, and other ones each time', () => {
    const digits = randomHex();
    const ids = Array.from({ length: 2000 }, (_, index) => digits(index % 2 === 0 ? 16 : 8));
    ids.forEach((id, index) => expect(id).toMatch(index % 2 === 0 ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{16}$/));
    expect(new Set(ids).size).toBe(2000);
  });
});
