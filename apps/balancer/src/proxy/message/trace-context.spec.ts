import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { freshTraces } from './fresh-traces.js';
import { continuedTrace, freshLine, goesOnAsItCame, type Trace, traceOf } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const [NEW_TRACE, SPAN] = ['ab'.repeat(16), 'cd'.repeat(8)];
const FRESH = freshLine(NEW_TRACE, SPAN);
const begun = { traceId: NEW_TRACE, spanId: SPAN, parentId: undefined, sampled: true };

const told = ({ traceId, spanId, parentId, sampled }: Trace) => ({ traceId, spanId, parentId, sampled });

describe('the trace of a request', () => {
  it.each([
    [`00-${TRACE}-${PARENT}-01`, true],
    [`00-${TRACE}-${PARENT}-00`, false],
    [`00-${TRACE}-${PARENT}-fe`, false],
    [`00-${TRACE}-${PARENT}-ff`, true],
    [`cc-${TRACE}-${PARENT}-01`, true],
    [`cc-${TRACE}-${PARENT}-01-what-comes-later`, true],
  ])('goes on from %s with a span of its own', (traceparent, sampled) => {
    const trace = traceOf(FRESH, traceparent);
    expect(told(trace)).toEqual({ traceId: TRACE, spanId: SPAN, parentId: PARENT, sampled });
    expect(trace.traceparent).toBe(`00-${TRACE}-${SPAN}-${sampled ? '01' : '00'}`);
    expect(trace.line).toBe(`traceparent: ${trace.traceparent}\r\n`);
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
    expect(told(traceOf(FRESH, traceparent))).toEqual(begun);
  });

  it('goes on in its own field exactly where nothing of that would be written otherwise, but for the span', () => {
    const digits = (length: number, of: string) =>
      fc.string({ unit: fc.constantFrom(...of), minLength: length, maxLength: length });
    const id = (length: number) => fc.oneof(digits(length, '09af'), digits(length, '0'), digits(length, '01aF-g'));
    const texts = fc
      .tuple(
        fc.constantFrom('00', '01', 'ff', '0'),
        id(32),
        id(16),
        fc.constantFrom('00', '01', '02', '03', '0g', '11', '1'),
      )
      .map((four) => four.join('-'));
    fc.assert(
      fc.property(texts, fc.nat(9), fc.constantFrom('', '-', ' '), (text, begin, more) => {
        const bytes = Buffer.from(`${'0'.repeat(begin)}${text}${more}000`, 'latin1');
        const value = text + more;
        const anew = traceOf(FRESH, value);
        const inPlace =
          anew.parentId !== undefined && value === `00-${anew.traceId}-${anew.parentId}-${anew.sampled ? '01' : '00'}`;
        expect(goesOnAsItCame(bytes, begin, begin + value.length)).toBe(inPlace);
        if (inPlace) expect(continuedTrace(value, SPAN)).toEqual(anew);
      }),
      { numRuns: 5000 },
    );
    const whole = Buffer.from(`00-${TRACE}-${PARENT}-01`, 'latin1');
    expect(goesOnAsItCame(whole, 0, 55)).toBe(true);
    // Each single byte of it matters.
    for (let at = 0; at < 55; at++) {
      const before = whole[at];
      whole[at] = 0x47;
      expect(goesOnAsItCame(whole, 0, 55)).toBe(false);
      whole[at] = before;
    }
  });

  it('reads what the standard’s own pattern reads, and nothing else', () => {
    const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^]*)?$/;
    const digits = (length: number) =>
      fc.string({ unit: fc.constantFrom(...'0019afFg-'), minLength: length, maxLength: length });
    const parts = fc.tuple(fc.constantFrom('00', '01', 'cc', 'ff', 'FF', '0'), digits(32), digits(16), digits(2));
    const clean = fc.string({ unit: fc.constantFrom(...'0af'), minLength: 50, maxLength: 50 });
    const legal = fc
      .tuple(fc.constantFrom('00', '5e', 'ff'), clean)
      .map(([version, all]) => [version, all.slice(0, 32), all.slice(32, 48), all.slice(48)]);
    fc.assert(
      fc.property(fc.oneof(parts, legal), fc.constantFrom('', '-', '-a', '.', ' '), (four, more) => {
        const text = four.join('-') + more;
        const [, version, traceId, parentId, flags, rest] = pattern.exec(text) ?? [];
        const read = version !== undefined && version !== 'ff' && !(version === '00' && rest !== undefined);
        const expected = read && /[^0]/.test(traceId) && /[^0]/.test(parentId);
        expect(told(traceOf(FRESH, text))).toEqual(
          expected ? { traceId, spanId: SPAN, parentId, sampled: (parseInt(flags, 16) & 1) === 1 } : begun,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('sends on what the next hop can read, whatever came', () => {
    const fresh = freshTraces().line;
    fc.assert(
      fc.property(fc.string(), (text) => {
        const trace = traceOf(fresh(), text);
        const next = traceOf(fresh(), trace.traceparent);
        expect([next.traceId, next.parentId, next.sampled]).toEqual([trace.traceId, trace.spanId, trace.sampled]);
      }),
    );
  });
});

describe('traces that begin here', () => {
  it('have lines of their own, each', () => {
    const fresh = freshTraces().line;
    const lines = Array.from({ length: 2000 }, fresh);
    for (const line of lines) expect(line).toMatch(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n$/);
    for (const place of ['traceId', 'spanId'] as const)
      expect(new Set(lines.map((line) => traceOf(line, undefined)[place])).size).toBe(2000);
  });

  it('give those that go on spans of their own, each', () => {
    const { span } = freshTraces();
    const spans = Array.from({ length: 2000 }, span);
    for (const one of spans) expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(spans).size).toBe(2000);
  });

  it('are random where samplers look, in the right half of the trace id, and 256 in a row share the rest', () => {
    const { line: fresh } = freshTraces();
    const ids = Array.from({ length: 1024 }, () => traceOf(fresh(), undefined));
    expect(new Set(ids.map(({ traceId }) => traceId.slice(16))).size).toBe(1024);
    expect(new Set(ids.map(({ traceId }) => traceId.slice(0, 16))).size).toBe(4);
    expect(new Set(ids.map(({ spanId }) => spanId.slice(0, 14))).size).toBe(4);
    // Each bit is set in about half of them: of 1024 throws 9 deviations are 144.
    for (let bit = 0n; bit < 64n; bit++) {
      const set = ids.filter(({ traceId }) => ((BigInt(`0x${traceId.slice(16)}`) >> bit) & 1n) === 1n).length;
      expect(Math.abs(set - 512)).toBeLessThan(144);
    }
  });

  it('use each random byte for one id alone', () => {
    let next = 0;
    const { line: fresh } = freshTraces((bytes) => bytes.forEach((_, at) => (bytes[at] = next++ % 251)));
    const halves = Array.from({ length: 256 }, () => traceOf(fresh(), undefined).traceId.slice(16)).join('');
    const shared = 8 + 7;
    expect(halves).toBe(Buffer.from(Array.from({ length: 256 * 8 }, (_, at) => (at + shared) % 251)).toString('hex'));
  });

  it('never have an id of zeros', () => {
    const zeros = freshTraces((bytes) => bytes.fill(0));
    const { traceId, spanId } = traceOf(zeros.line(), undefined);
    expect([traceId, spanId, zeros.span()]).not.toContainEqual(expect.stringMatching(/^0+$/));
  });
});
