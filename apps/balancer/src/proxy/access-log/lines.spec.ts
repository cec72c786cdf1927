import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AccessEntry, type EntryFacts } from './access-entry.js';
import { combinedLine } from './combined-line.js';
import { jsonLine } from './json-line.js';

const TIME = Date.UTC(2030, 0, 2, 3, 4, 5, 678);
const facts: EntryFacts = {
  method: 'GET',
  target: '/a?token=abc',
  httpVersion: '1.1',
  host: 'example.org',
  peer: '127.0.0.1',
  peerPort: 4711,
  client: '192.0.2.7',
  userAgent: 'a "browser"',
  referer: 'https://example.org/b?sid=1',
  requestId: 'r-1',
};
const mask = (target: string) => target.replace(/=.*/, '=***');

function entryOf(changes: Partial<EntryFacts> = {}, began = 1000): AccessEntry {
  return new AccessEntry(began, { ...facts, ...changes });
}

describe('a line of the access log as JSON', () => {
  it('tells who asked for what, how it went, where, and how long each phase took', () => {
    const entry = entryOf();
    entry.tried('Server 1', 1000.5);
    entry.tried('Server 2', 1002.25);
    Object.assign(entry, { connected: 1002.5, headCame: 1010, status: 200, sent: 12, received: 3, keyLink: 'path' });
    const line = jsonLine(entry, mask, TIME, 1011.1239);
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
        const { time } = JSON.parse(jsonLine(entryOf(), mask, date.getTime(), 1001)) as { time: string };
        expect(time).toBe(date.toISOString());
      }),
    );
  });

  it('leaves out the phases that were not reached, and says that nobody was answered', () => {
    const entry = entryOf();
    entry.cause = 'client_gone';
    expect(JSON.parse(jsonLine(entry, mask, TIME, 1001))).toMatchObject({
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
        const line = jsonLine(entryOf({ target, userAgent }), (text) => text, TIME, 1001);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        const { req } = JSON.parse(line) as { req: { url: string; userAgent: string } };
        expect([req.url, req.userAgent]).toEqual([target, userAgent]);
      }),
    );
    expect(jsonLine(entryOf({ target: '/'.repeat(100_000) }), mask, TIME, 1001).length).toBeLessThan(3000);
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
        const line = combinedLine(entryOf({ target, userAgent }), (text) => text, TIME);
        expect(line).toMatch(/^[\x20-\x7e]*\n$/);
        expect(line.split('"')).toHaveLength(7);
      }),
    );
  });
});
