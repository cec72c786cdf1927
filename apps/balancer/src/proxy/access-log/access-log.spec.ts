import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AccessEntry } from './access-entry.js';
import { AccessLines } from './access-lines.js';
import { AccessLog } from './access-log.js';
import { RING_SIZE } from './access-ring.js';

const NOBODY = { httpVersion: '1.1', peer: undefined, peerPort: undefined, client: undefined };
const plainEntry = () => new AccessEntry(0, NOBODY, 'GET', '/', undefined);

/** A lane and the main thread's side of it; nothing is written down until `writes` is true. */
function logOf({ part = 1, random = (): number => 0.5, writes = true } = {}) {
  const texts: string[] = [];
  const batches: { lines: number; dropped: number }[] = [];
  const waiting: (() => void)[] = [];
  const state = { writes, pokes: 0 };
  let lines: AccessLines | undefined;
  const poke = () => {
    state.pokes++;
    lines?.look();
  };
  const log = AccessLog.of({ settings: { part, format: 'json', mask: [] }, random, poke });
  if (log) {
    lines = new AccessLines(log.ring, ({ bytes, dropped }, done) => {
      const text = Buffer.from(bytes).toString();
      texts.push(text);
      batches.push({ lines: text.split('\n').length - 1, dropped });
      if (state.writes) done();
      else waiting.push(done);
    });
  }
  const write = (count: number) => {
    for (let index = 0; index < count; index++) log?.write(plainEntry());
  };
  const goOn = () => {
    state.writes = true;
    for (const done of waiting.splice(0)) done();
  };
  return { log, state, texts, batches, write, goOn, lines: () => texts.join('').split('\n').length - 1 };
}

describe('the access log of a lane', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is nothing at all where nothing is logged', () => {
    expect(logOf({ part: 0 }).log).toBeUndefined();
  });

  it('has its lines written after a short while, in one go', () => {
    const { write, batches, texts, state } = logOf();
    write(3);
    expect(batches).toHaveLength(0);
    jest.advanceTimersByTime(100);
    expect(batches).toEqual([{ lines: 3, dropped: 0 }]);
    expect(texts[0]).toMatch(/^(.*\n){3}$/);
    jest.advanceTimersByTime(1000);
    expect(state.pokes).toBe(1);
  });

  it('keeps the longest line whole', () => {
    const { log, texts } = logOf();
    const long = '\u0000'.repeat(100_000);
    const sender = { ...NOBODY, host: long, userAgent: long, referer: long };
    for (let line = 0; line < 3; line++) log?.write(new AccessEntry(0, sender, 'GET', long, long));
    log?.flush();
    const all = texts.join('').split('\n').slice(0, -1);
    expect(all.map((text) => (JSON.parse(text) as { level: number }).level)).toEqual([30, 30, 30]);
  });

  it('has no more written while a batch is, until there is much or it is old', () => {
    const { write, goOn, batches } = logOf({ writes: false });
    write(3);
    jest.advanceTimersByTime(100);
    write(40);
    goOn();
    expect(batches.map(({ lines }) => lines)).toEqual([3]);
    jest.advanceTimersByTime(100);
    expect(batches.map(({ lines }) => lines)).toEqual([3, 40]);
  });

  it('keeps to the order in which requests are over, and tells when each was', () => {
    const { log, texts } = logOf();
    const now = performance.now();
    for (let index = 0; index < 100; index++) log?.write(plainEntry(), now + index);
    log?.flush();
    const lines = texts.join('').split('\n').slice(0, -1);
    const times = lines.map((line) => Date.parse((JSON.parse(line) as { time: string }).time));
    expect(times.map((time) => time - (times[0] ?? NaN))).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('has many lines written at once, without waiting', () => {
    const { write, lines } = logOf();
    write(10_000);
    expect(lines()).toBeGreaterThan(5000);
  });

  it('holds a bounded number of lines while nothing is written, and tells how many it dropped', () => {
    const { write, goOn, batches, lines } = logOf({ writes: false });
    write(200_000);
    jest.advanceTimersByTime(1000);
    expect(batches).toHaveLength(1);
    goOn();
    expect(lines()).toBeLessThan(RING_SIZE / 100);
    write(1);
    jest.advanceTimersByTime(1000);
    const dropped = batches.reduce((sum, batch) => sum + batch.dropped, 0);
    expect(dropped).toBeGreaterThan(0);
    expect(dropped + lines()).toBe(200_001);
  });

  it('takes as large a part of the requests as it is told to', () => {
    let draw = 0;
    const { log } = logOf({ part: 0.25, random: () => (draw++ % 100) / 100 });
    const request = { headers: {}, socket: {} } as Parameters<NonNullable<typeof log>['entry']>[0];
    const taken = Array.from({ length: 1000 }, () => log?.entry(request, undefined)).filter(Boolean);
    expect(taken).toHaveLength(250);
  });
});
