import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomHex } from './random-hex.js';
import { traceOf, traceparentOf } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const random = (bytes: number) => 'ab'.repeat(bytes);
const begun = { traceId: random(16), spanId: random(8), parentId: undefined, sampled: true };

describe('the trace of a request', () => {
  it.each([
    [`00-${TRACE}-${PARENT}-01`, true],
    [`00-${TRACE}-${PARENT}-00`, false],
    [`00-${TRACE}-${PARENT}-fe`, false],
    [`00-${TRACE}-${PARENT}-ff`, true],
    [`cc-${TRACE}-${PARENT}-01`, true],
    [`cc-${TRACE}-${PARENT}-01-what-comes-later`, true],
  ])('goes on from %s with a span of its own', (traceparent, sampled) => {
    const trace = traceOf(traceparent, random);
    expect(trace).toEqual({ traceId: TRACE, spanId: random(8), parentId: PARENT, sampled });
    expect(traceparentOf(trace)).toBe(`00-${TRACE}-${random(8)}-${sampled ? '01' : '00'}`);
  });

  it.each([
    [undefined],
    [''],
    ['00'],
    [`00-${TRACE}-${PARENT}`],
    [`00-${TRACE}-${PARENT}-1`],
    [`00-${TRACE}-${PARENT}-01-more`],
    [`00-${TRACE}-${PARENT}-01-`],
    [`ff-${TRACE}-${PARENT}-01`],
    [`cc-${TRACE}-${PARENT}-01.more`],
    [`00-${TRACE.toUpperCase()}-${PARENT}-01`],
    [`00-${'0'.repeat(32)}-${PARENT}-01`],
    [`00-${TRACE}-${'0'.repeat(16)}-01`],
    [`00-${TRACE}-${PARENT}-0x`],
    [`00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`],
  ])('begins anew where traceparent is %s', (traceparent) => {
    expect(traceOf(traceparent, random)).toEqual(begun);
  });

  it('sends on what the next hop can read, whatever came', () => {
    const digits = randomHex();
    fc.assert(
      fc.property(fc.string(), (text) => {
        const trace = traceOf(text, digits);
        const next = traceOf(traceparentOf(trace), digits);
        expect([next.traceId, next.parentId, next.sampled]).toEqual([trace.traceId, trace.spanId, trace.sampled]);
      }),
    );
  });

  it('never has an id of zeros', () => {
    const draws = ['0'.repeat(16), PARENT, '0'.repeat(32), TRACE];
    expect(traceOf(undefined, () => draws.shift() ?? '')).toMatchObject({ traceId: TRACE, spanId: PARENT });
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
