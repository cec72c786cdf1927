import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RepeatedFields } from './repeated-fields.js';
import type { RequestHeadRules } from './request-head-rules.js';
import { RequestHeadReader } from './request-head.js';

const RULES: RequestHeadRules = {
  maxHead: 400,
  maxFields: 20,
  preserveHost: true,
  trace: true,
  addsPeer: true,
  requestId: true,
};
const reader = (trace = true) => new RequestHeadReader({ ...RULES, trace });
const bytesOf = (line: string, fields: readonly string[]) =>
  Buffer.from(`${line} HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`, 'latin1');

const LINES = [
  'GET /',
  'POST /long/path?with=query',
  'HEAD /x',
  'OPTIONS *',
  'GET http://b.example/',
  'PURGE /',
  'GET /#',
];
const FIELDS = [
  'Host: a.example',
  'Host:b.example ',
  'Host: a b',
  'Connection: keep-alive',
  'Connection: close',
  'Connection: X-Named',
  'X-Named: 1',
  'x-named:  2\t',
  'Content-Length: 5',
  'Content-Length: 0',
  'Transfer-Encoding: chunked',
  'Via: 1.1 other',
  'X-Request-Id: r-1',
  'X-Forwarded-For: 1.2.3.4',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: c.example',
  'X-HashFlow-Replica: A',
  'traceparent: 00-a-b-01',
  'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'tracestate: a=1',
  'Cookie: a=1',
  'Cookie: b=2',
  'Accept: */*',
  `Padding: ${'x'.repeat(200)}`,
];
const TRACED = /^(Traceparent: +)00-0af.*$/;
/** What comes in the place of that one, and whether its trace goes on there. */
const TRACES = [
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00', true],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03', false],
  ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', false],
  ['00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736\0-0f067aa0ba902b7-01', false],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7\r\nA:', false],
  ['01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-1', false],
] as const;
const NAMES = ['host', 'cookie', 'x-named', 'via', 'x-request-id', 'traceparent', 'x-forwarded-for', 'accept', 'none'];

function seen(head: RequestHeadReader, read: string) {
  const { method, target, sentTarget, host, body, length, close, requestLine, forwarded, size } = head;
  const { forwardedProto, forwardedHost, hasVia, hasRequestId, traceAt, traceparent } = head;
  const told = { forwardedProto, forwardedHost, hasVia, hasRequestId, traceAt };
  const goesOn =
    traceparent === undefined
      ? forwarded
      : forwarded.slice(0, traceAt) + traceparent + forwarded.slice(traceAt + traceparent.length);
  const values = NAMES.map((name) => head.field(name));
  if (read === 'refused') return { read, cause: head.cause };
  if (read !== 'plain') return { read };
  return { read, method, target, sentTarget, host, body, length, close, requestLine, goesOn, size, ...told, values };
}

describe('fields that a client repeats', () => {
  it('come to the same as if they were read, whatever request line they come with and whatever follows', () => {
    const line = fc.constantFrom(...LINES);
    const traced = fc.constantFrom(...FIELDS.filter((field) => TRACED.test(field)));
    const fields = fc.array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...FIELDS) }, traced), { maxLength: 8 });
    const withHost = fields.map((more) => ['Host: a.example', ...more.filter((field) => !/^host/i.test(field))]);
    const heads = fc.record({
      first: line,
      second: line,
      before: fc.oneof({ weight: 4, arbitrary: withHost }, fields),
      after: fc.option(fields, { nil: undefined, freq: 1 }),
      trusted: fc.boolean(),
      trace: fc.option(fc.constantFrom(...TRACES), { nil: undefined }),
      ours: fc.boolean(),
      surplus: fc.constantFrom('', 'GET / HTTP/1.1\r\n', '\r\n', '12345'),
    });
    let recognised = 0;
    let retraced = 0;
    fc.assert(
      fc.property(heads, ({ first, second, before, after, trusted, trace, ours, surplus }) => {
        const practised = reader(ours);
        const known = practised.read(bytesOf(first, before), trusted) === 'plain' ? practised.known() : undefined;
        // Somebody else has a turn in between.
        practised.read(bytesOf('GET /other', ['Host: other.example', 'Connection: Accept', 'Accept: 1']), !trusted);
        const again = before.map((field) => (trace ? field.replace(TRACED, `$1${trace[0]}`) : field));
        const bytes = Buffer.concat([bytesOf(second, after ?? again), Buffer.from(surplus)]);
        const fresh = reader(ours);
        const expected = seen(fresh, fresh.read(bytes, trusted));
        expect(seen(practised, practised.read(bytes, trusted, known))).toEqual(expected);
        if (practised.recognised) recognised++;
        if (practised.recognised && practised.traceparent !== undefined && trace) {
          expect([practised.traceparent, trace[1]]).toEqual([trace[0], true]);
          retraced++;
        }
      }),
      { numRuns: 5000, seed: 5 },
    );
    expect(recognised).toBeGreaterThan(300);
    expect(retraced).toBeGreaterThan(20);
  });

  it('are known again though the traceparent among them is another one each time, which then is the one that counts', () => {
    const repeated = new RepeatedFields();
    const head = reader();
    const send = (trace: string) => {
      const read = head.read(bytesOf('GET /', ['Host: a', `traceparent: ${trace}`, 'X: 1']), false, repeated.fields);
      repeated.note(head);
      return [read, head.recognised !== undefined, head.field('traceparent'), head.hasTraceparent];
    };
    const [[one], [other], [wrong]] = TRACES;
    expect(send(one)).toEqual(['plain', false, one, true]);
    expect(send(other)).toEqual(['plain', true, other, true]);
    expect(send(one)).toEqual(['plain', true, one, true]);
    expect(send(wrong)).toEqual(['plain', false, wrong, true]);
  });

  it('are noted until they change three times in a row', () => {
    const repeated = new RepeatedFields();
    const head = reader();
    const send = (value: string) => {
      const read = head.read(bytesOf('GET /', ['Host: a', `X: ${value}`]), false, repeated.fields);
      repeated.note(head);
      return [read, head.recognised !== undefined];
    };
    expect(send('1')).toEqual(['plain', false]);
    expect(send('1')).toEqual(['plain', true]);
    expect(send('2')).toEqual(['plain', false]);
    expect(send('2')).toEqual(['plain', true]);
    for (const value of ['3', '4', '5', '5', '5']) expect(send(value)).toEqual(['plain', false]);
    expect(repeated.fields).toBeUndefined();
  });
});
