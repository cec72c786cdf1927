import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AccessEntry } from './access-entry.js';
import { type AccessBatch, AccessLog } from './access-log.js';

const NOTHING = { method: 'GET', target: '/', httpVersion: '1.1' } as AccessEntry['facts'];

const textOf = ({ bytes }: AccessBatch) => Buffer.from(bytes).toString();

function logOf(part = 1, random = () => 0.5) {
  const batches: AccessBatch[] = [];
  const log = AccessLog.of({
    settings: { part, format: 'json', file: null, mask: [] },
    deliver: (batch) => batches.push(batch),
    random,
  });
  const write = (count: number) => {
    for (let index = 0; index < count; index++) log?.write(new AccessEntry(0, NOTHING));
  };
  const lines = () => batches.reduce((sum, batch) => sum + textOf(batch).split('\n').length - 1, 0);
  return { log, batches, write, lines };
}

describe('the access log of a lane', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is nothing at all where nothing is logged', () => {
    expect(logOf(0).log).toBeUndefined();
  });

  it('hands lines over in batches, after a short while', () => {
    const { write, batches } = logOf();
    write(3);
    expect(batches).toHaveLength(0);
    jest.advanceTimersByTime(100);
    expect(batches).toMatchObject([{ lines: 3, dropped: 0 }]);
    expect(textOf(batches[0])).toMatch(/^(.*\n){3}$/);
    jest.advanceTimersByTime(1000);
    expect(batches).toHaveLength(1);
  });

  it('keeps the longest line whole, and leaves what it has handed over alone', () => {
    const { log, batches } = logOf();
    const long = '\u0000'.repeat(100_000);
    const facts = { ...NOTHING, target: long, host: long, userAgent: long, referer: long, requestId: long };
    for (let line = 0; line < 3; line++) log?.write(new AccessEntry(0, facts));
    log?.flush();
    const texts = batches.map(textOf).join('').split('\n').slice(0, -1);
    expect(texts.map((text) => (JSON.parse(text) as { level: number }).level)).toEqual([30, 30, 30]);
  });

  it('hands over a full batch at once', () => {
    const { write, batches } = logOf();
    write(1000);
    expect(batches.length).toBeGreaterThan(1);
  });

  it('holds a bounded number of lines while nothing is written, and tells how many it dropped', () => {
    const { log, write, batches, lines } = logOf();
    write(200_000);
    jest.advanceTimersByTime(1000);
    const held = batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(held).toBeLessThan(1.2 * 1024 ** 2);
    for (let batch = 0; batch < batches.length; batch++) log?.written();
    jest.advanceTimersByTime(1000);
    write(1);
    jest.advanceTimersByTime(1000);
    const dropped = batches.reduce((sum, batch) => sum + batch.dropped, 0);
    expect(dropped).toBeGreaterThan(0);
    expect(dropped + lines()).toBe(200_001);
  });

  it('takes as large a part of the requests as it is told to', () => {
    let draw = 0;
    const { log } = logOf(0.25, () => (draw++ % 100) / 100);
    const request = { headers: {}, socket: {} } as Parameters<NonNullable<typeof log>['entry']>[0];
    const taken = Array.from({ length: 1000 }, () => log?.entry(request, undefined)).filter(Boolean);
    expect(taken).toHaveLength(250);
  });
});
