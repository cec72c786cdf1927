import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SILENT_ENDS } from '../answers/causes.js';
import { Trace } from '../message/trace-context.js';
import { ENDS } from '../traffic/ends.js';
import { AccessEntry, type Sender, shortened } from './access-entry.js';
import { CombinedFormat } from './combined-line.js';
import { JsonFormat } from './json-line.js';
import type { LineFormat } from './line-format.js';
import { LineWriter } from './line-writer.js';
import type { TargetMask } from './masked-target.js';

const TIME = Date.UTC(2030, 0, 2, 3, 4, 5, 678);
const sender: Sender = {
  httpVersion: '1.1',
  host: 'example.org',
  peer: '127.0.0.1',
  peerPort: 4711,
  client: '192.0.2.7',
  userAgent: 'a "browser"',
  referer: 'https://example.org/b?sid=1',
};
const asked = { method: 'GET', target: '/a?token=abc', requestId: 'r-1', ended: 1001 };
const mask: TargetMask = (target) => target.replace(/=.*/, '=***');
const noMask: TargetMask = (target) => target;

type Changes = Partial<Sender> & Partial<Pick<AccessEntry, 'method' | 'target' | 'requestId' | 'ended'>>;

function entryOf(changes: Changes = {}, began = 1000): AccessEntry {
  const { method, target, requestId, ended, ...said } = { ...asked, ...changes };
  return Object.assign(new AccessEntry(began, { ...sender, ...said }, method, target, requestId), { ended });
}

/** The line as it lies in memory, in exactly as much room as it asks for. */
function written(format: LineFormat, entry: AccessEntry, time: number): string {
  const bytes = Buffer.from(new SharedArrayBuffer(format.roomFor(entry)));
  const line = new LineWriter(bytes);
  format.write(line, entry, time);
  expect(line.at).toBeLessThanOrEqual(bytes.length);
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes.subarray(0, line.at)));
}

const jsonLine = (entry: AccessEntry, by: TargetMask, time: number) => written(new JsonFormat(by), entry, time);
const combinedLine = (entry: AccessEntry, by: TargetMask, time: number) => written(new CombinedFormat(by), entry, time);

describe('a line of the access log as JSON', () => {
  it('tells who asked for what, how it went, where, and how long each phase took', () => {
    const entry = entryOf();
    entry.tried('Server 1', 1000.5);
    entry.tried('Server 2', 1002.25);
    Object.assign(entry, { connected: 1002.5, headCame: 1010, status: 200, sent: 12, received: 3, keyLink: 'path' });
    entry.ended = 1011.1239;
    const line = jsonLine(entry, mask, TIME);
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 30,
      time: '2030-01-02T03:04:05.678Z',
      role: 'data',
      msg: 'request completed',
      req: {
        method: 'GET',
        url: '/a?token=***',
        id: 'r-1',
        host: 'example.org',
        httpVersion: '1.1',
        remoteAddress: '127.0.0.1',
        remotePort: 4711,
        client: '192.0.2.7',
        userAgent: 'a "browser"',
        referer: 'https://example.org/b?sid=***',
        bytes: 3,
      },
      res: { statusCode: 200, bytes: 12 },
      responseTime: 11.124,
      phases: { wait: 2.25, connect: 0.25, firstByte: 7.5, total: 11.124 },
      attempts: 2,
      replica: 'Server 2',
      keyLink: 'path',
    });
  });

  it('has the time to the millisecond, whatever was written before', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
        const { time } = JSON.parse(jsonLine(entryOf(), mask, date.getTime())) as { time: string };
        expect(time).toBe(date.toISOString());
      }),
    );
  });

  it('leaves out the phases that were not reached, and says that nobody was answered', () => {
    const entry = entryOf();
    entry.cause = 'client_gone';
    expect(JSON.parse(jsonLine(entry, mask, TIME))).toMatchObject({
      msg: 'request aborted',
      res: { statusCode: 499, bytes: 0 },
      phases: { total: 1 },
      attempts: 0,
      cause: 'client_gone',
    });
  });

  it('is one line of valid JSON whatever a client sends, and not as long as it likes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (target, userAgent) => {
        const line = jsonLine(entryOf({ target, userAgent }), noMask, TIME);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        const { req } = JSON.parse(line) as { req: { url: string; userAgent: string } };
        expect([req.url, req.userAgent]).toEqual([target, userAgent]);
      }),
    );
    expect(jsonLine(entryOf({ target: '/'.repeat(100_000) }), mask, TIME).length).toBeLessThan(3000);
  });
});

describe('a line of the access log in the combined format', () => {
  it('is what Apache and nginx write', () => {
    const entry = entryOf();
    Object.assign(entry, { status: 200, sent: 12 });
    expect(combinedLine(entry, mask, TIME)).toBe(
      '192.0.2.7 - - [02/Jan/2030:03:04:05 +0000] "GET /a?token=*** HTTP/1.1" 200 12 ' +
        '"https://example.org/b?sid=***" "a \\x22browser\\x22"\n',
    );
  });

  it('has a dash for what is not known', () => {
    const nothing = entryOf({ method: undefined, target: undefined, referer: undefined, userAgent: undefined });
    expect(combinedLine(nothing, mask, TIME)).toMatch(/ "-" 499 0 "-" "-"\n$/);
  });

  it('is one line of printable characters with six quotes whatever a client sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (target, userAgent) => {
        const line = combinedLine(entryOf({ target, userAgent }), noMask, TIME);
        expect(line).toMatch(/^[\x20-\x7e]*\n$/);
        expect(line.split('"')).toHaveLength(7);
      }),
    );
  });
});

const text = fc.option(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)) }),
    fc.nat(5000).map((length) => 'x'.repeat(length)),
    fc.nat(5000).map((length) => '\u{1f600}'.repeat(length)),
    fc.nat(5000).map((length) => '\0'.repeat(length)),
    // As heads are cut, and ids are joined.
    fc.string({ minLength: 20 }).map((long) => long.slice(1)),
    fc.tuple(fc.string({ minLength: 20 }), fc.string()).map((parts) => parts.join('')),
  ),
  { nil: undefined },
);
const time = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e9, noNaN: true }));
const trace = fc
  .tuple(fc.constantFrom('00', '01'), fc.option(fc.constant('00f067aa0ba902b7'), { nil: undefined }))
  .map(([flags, parent]) => new Trace(`traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}\r\n`, parent));
const senders: fc.Arbitrary<Sender> = fc.record({
  httpVersion: fc.option(fc.constantFrom('1.0', '1.1'), { nil: undefined }),
  host: text,
  peer: text,
  peerPort: fc.option(fc.nat(65_535), { nil: undefined }),
  client: text,
  userAgent: text,
  referer: text,
});
const entries = fc
  .record({
    sender: senders,
    method: fc.option(fc.constantFrom('GET', 'M-SEARCH'), { nil: undefined }),
    target: text,
    requestId: text,
    began: time,
    rest: fc.record({
      ended: time,
      attempts: fc.nat(1000),
      replica: text,
      keyLink: text,
      trace: fc.option(trace, { nil: undefined }),
      status: fc.integer({ min: 100, max: 599 }),
      cause: fc.constantFrom(undefined, ...ENDS.flatMap(({ cause }) => (cause === '' ? [] : [cause]))),
      received: fc.nat(),
      sent: fc.oneof(fc.nat(2_000_000), fc.maxSafeNat()),
      queued: time,
      tryBegan: time,
      connected: time,
      headCame: time,
    }),
  })
  .map(({ sender, method, target, requestId, began, rest }) =>
    Object.assign(new AccessEntry(began, sender, method, target, requestId), rest),
  );

const ms = (value: number) => Number((Math.max(0, Math.round(value * 1000)) / 1000).toFixed(3));
const cut = (value: string | undefined) => value && shortened(value);

/** What a line says, by the simplest way there is. */
function saidBy(entry: AccessEntry, at: number): string {
  const { sender, cause, trace, began, ended, queued, tryBegan, connected, headCame } = entry;
  return JSON.stringify({
    level: 30,
    time: new Date(at).toISOString(),
    role: 'data',
    msg: `request ${cause !== undefined && cause in SILENT_ENDS ? 'aborted' : 'completed'}`,
    req: {
      method: entry.method ?? null,
      url: entry.target === undefined ? null : mask(shortened(entry.target)),
      id: cut(entry.requestId),
      host: cut(sender.host),
      httpVersion: sender.httpVersion,
      remoteAddress: cut(sender.peer),
      remotePort: sender.peerPort,
      client: cut(sender.client),
      userAgent: cut(sender.userAgent),
      referer: sender.referer && cut(mask(shortened(sender.referer))),
      bytes: entry.received,
    },
    res: { statusCode: entry.status, bytes: entry.sent },
    responseTime: ms(ended - began),
    phases: {
      queue: queued > 0 ? ms(queued) : undefined,
      wait: tryBegan > 0 ? ms(tryBegan - began - queued) : undefined,
      connect: connected > 0 ? ms(connected - tryBegan) : undefined,
      firstByte: headCame > 0 && connected > 0 ? ms(headCame - connected) : undefined,
      total: ms(ended - began),
    },
    attempts: entry.attempts,
    replica: cut(entry.replica),
    keyLink: cut(entry.keyLink),
    cause,
    trace_id: trace?.traceId,
    span_id: trace?.spanId,
    parent_span_id: trace?.parentId,
    trace_flags: trace && (trace.sampled ? '01' : '00'),
  });
}

describe('a line that is made of bytes', () => {
  it('says as JSON, in its order, what JSON.stringify would have said, whatever bytes it is made of', () => {
    fc.assert(
      fc.property(entries, fc.nat(4e12), (entry, at) => {
        const line = jsonLine(entry, mask, at);
        expect(line.endsWith('\n')).toBe(true);
        expect(JSON.stringify(JSON.parse(line))).toBe(saidBy(entry, at));
      }),
      { numRuns: 500 },
    );
  });

  it('is the same whether what a client repeats is made anew or copied', () => {
    for (const format of [new JsonFormat(mask), new CombinedFormat(mask)])
      fc.assert(
        fc.property(entries, fc.nat(4e12), (entry, at) => {
          const repeated = { ...entry.sender, repeated: format.repeated(entry.sender) };
          const again = Object.assign(Object.create(AccessEntry.prototype) as AccessEntry, entry, { sender: repeated });
          expect(written(format, again, at)).toBe(written(format, entry, at));
        }),
      );
  });
});
