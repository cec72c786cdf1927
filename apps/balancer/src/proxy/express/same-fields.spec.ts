// Which fields go on is decided twice, once per lane: by fields.ts over lists, by the readers over bytes. Here the two have to agree.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FORWARDED_FIELDS } from '../../config/proxy-definitions.js';
import { compileTable } from '../../routing/table.js';
import { testSnapshot } from '../../routing/testing/snapshots.js';
import { forwardingOf, NOTHING_MORE, requestFields, responseFields } from '../message/fields.js';
import { freshLine, type Trace, traceOf } from '../message/trace-context.js';
import { ForwardedHead, OriginLines } from './forwarded-lines.js';
import { RequestHeadReader } from './request-head.js';
import { ResponseHeadReader } from './response-head.js';

type Field = readonly [name: string, value: string];

/** Names that somebody decides about, and such as are nearly the same, or as long. */
const KNOWN = [
  'Connection',
  'Proxy-Connection',
  'Keep-Alive',
  'TE',
  'Trailer',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Port',
  'X-Forwarded-Server',
  'X-Forwarded-By',
  'X-HashFlow-Replica',
  'X-HashFlow-Cause',
  'X-Request-Id',
  'traceparent',
  'tracestate',
  'Accept',
  'X_HashFlow_Replica',
  'X-HashFlow_Cause',
  'X_HashFlow',
  'X_Forwarded_For',
  'X_Forwarded-Host',
  'X-Forwarded_Proto',
  'X_A',
  'X_A_Longer_Name_',
  'Cookie',
  'Via',
];
const ofAnyLength = fc
  .tuple(fc.constantFrom('X-HashFlow-', 'X-Forwarded-', 'X-', 'Proxy-'), fc.integer({ min: 1, max: 12 }))
  .map(([begin, length]) => begin + 'abcdefghijkl'.slice(0, length));
const cased = (name: string) => fc.constantFrom(name, name.toLowerCase(), name.toUpperCase());
const names = fc.oneof(fc.constantFrom(...KNOWN), ofAnyLength).chain(cased);
const values = fc.constantFrom('1', 'close', 'x-abc', 'accept, X-HashFlow-Cause', 'a, b');
const traceparents = fc.constantFrom(
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03',
  '01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more',
);
const field = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(names, values) },
  { weight: 1, arbitrary: fc.tuple(cased('traceparent'), traceparents) },
);
const fields = fc.array(field, { maxLength: 8 });

const text = (list: readonly Field[]) => list.map(([name, value]) => `${name}: ${value}\r\n`).join('');
const flat = (list: readonly Field[]) => list.flat();
/** Names in lower case and values of head lines, sorted: the lanes need not agree on the order. */
const linesOf = (head: string) =>
  head
    .split('\r\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))
    .sort();

const [TRACE_ID, SPAN] = ['0102030405060708'.repeat(2), '0102030405060708'];
const TRACES = { line: () => freshLine(TRACE_ID, SPAN), span: () => SPAN };

const PEER = '10.0.0.1';
const table = compileTable(testSnapshot([]), new Map());
const tables = { current: table, waiting: 0, wait() {}, forget() {} };
const settings = fc.record({
  trusted: fc.boolean(),
  named: fc.subarray([...FORWARDED_FIELDS]),
  requestId: fc.option(fc.constant('r-7'), { nil: undefined }),
  traced: fc.boolean(),
});

/** What a replica reads: lines of the same name are one list. */
function meaning(lines: readonly Field[]): Record<string, string> {
  const meant: Record<string, string> = {};
  for (const [written, value] of lines) {
    const name = written.toLowerCase();
    const before = name in meant ? `${meant[name]}${name === 'cookie' ? '; ' : ', '}` : '';
    meant[name] = before + value;
  }
  return meant;
}
const fieldsOf = (head: string) =>
  head
    .split('\r\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line): Field => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);

describe('both lanes', () => {
  it('tell a replica the same in the fields of a request, whatever the client wrote and the settings are', () => {
    fc.assert(
      fc.property(fields, settings, (list, { trusted, named, requestId, traced }) => {
        const forwarding = forwardingOf(named);
        const reader = new RequestHeadReader({
          maxHead: 16_384,
          maxFields: 100,
          preserveHost: true,
          trace: traced,
          addsPeer: forwarding.for,
          requestId: requestId !== undefined,
        });
        const read = reader.read(Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${text(list)}\r\n`, 'latin1'), trusted);
        expect(read).toBe('plain');
        const origin = new OriginLines(PEER, trusted, forwarding);
        const entry: { trace: Trace | undefined } = { trace: undefined };
        const lines = origin.of(reader, tables.current?.pseudonym);
        const head = new ForwardedHead(reader, lines, requestId, traced ? TRACES : undefined, entry);
        let express = '';
        head.putInto({
          get length() {
            return express.length;
          },
          text: (piece) => (express += piece),
          over: (at, piece) => (express = express.slice(0, at) + piece + express.slice(at + piece.length)),
        });
        const sent = list.filter(([name]) => name.toLowerCase() === 'traceparent').map(([, value]) => value);
        const trace = traced ? traceOf(TRACES.line(), sent.length > 0 ? sent.join(', ') : undefined) : undefined;
        expect(entry.trace).toEqual(trace);
        const { 'x-hashflow-replica': _, ...standard } = requestFields({
          rawHeaders: ['Host', 'a', ...flat(list)],
          httpVersion: '1.1',
          host: 'a',
          clientHost: 'a',
          body: 'none',
          length: 0,
          peer: PEER,
          peerTrusted: trusted,
          forwarding,
          pseudonym: table.pseudonym,
          replica: 'A',
          requestId,
          trace,
        });
        const expected = Object.entries(standard).flatMap(([name, value]) =>
          [value].flat().map((one): Field => [name, one]),
        );
        expect(meaning(fieldsOf(express))).toEqual(meaning(expected));
      }),
      { numRuns: 4000 },
    );
  });

  it('take the same fields of an answer along', () => {
    const reader = new ResponseHeadReader(16_384, false);
    fc.assert(
      fc.property(fields, (list) => {
        const head = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${text(list)}\r\n`, 'latin1');
        expect(reader.read(head, 0, head.length, false)).toBe('complete');
        const standard = responseFields(['Content-Length', '0', ...flat(list)], NOTHING_MORE);
        const lines = Array.from({ length: standard.length / 2 }, (_, index): Field => [
          standard[2 * index],
          standard[2 * index + 1],
        ]);
        expect(linesOf(reader.passed)).toEqual(linesOf(`HTTP/1.1 200 OK\r\n${text(lines)}`));
      }),
      { numRuns: 2000 },
    );
  });
});

it('the lines about its origin are those of each request, whatever came before it on the connection', () => {
  const reader = new RequestHeadReader({
    maxHead: 16_384,
    maxFields: 100,
    preserveHost: true,
    trace: false,
    addsPeer: true,
    requestId: false,
  });
  const origin = new OriginLines(PEER, false, { for: true, proto: true, host: true, via: true });
  const lines = (host: string, pseudonym: string) => {
    expect(reader.read(Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`), false)).toBe('plain');
    return origin.of(reader, pseudonym);
  };
  const own = (host: string, pseudonym: string) =>
    `X-Forwarded-For: ${PEER}\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ${host}\r\nVia: 1.1 ${pseudonym}\r\n`;
  for (const [host, pseudonym] of [
    ['a', 'p'],
    ['a', 'p'],
    ['b', 'p'],
    ['a', 'p'],
    ['a', 'q'],
  ] as const)
    expect(lines(host, pseudonym)).toBe(own(host, pseudonym));
});
