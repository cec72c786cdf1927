// The ring buffer of events: what a reader who comes back finds, whatever he has missed.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { EventLog, isEventId } from './event-log.js';
import { POOL_EVENT_TYPES, presentable } from './pool-event.js';

const WALL = Date.UTC(2030, 0, 1);
const log = (capacity?: number, boot = 'b00t') => new EventLog(boot, () => WALL, { capacity });
const fill = (events: EventLog, count: number) => {
  for (let i = 0; i < count; i++) events.record({ type: 'restart', replica: `S${i}` });
};

describe('the event log', () => {
  it('numbers events from 1 and says when each was', () => {
    const events = log();
    expect(events.position).toBe('b00t-0');
    expect(events.oldest).toBeNull();
    fill(events, 2);
    expect(events.latest(10)).toEqual([
      { id: 'b00t-1', at: '2030-01-01T00:00:00.000Z', type: 'restart', replica: 'S0' },
      { id: 'b00t-2', at: '2030-01-01T00:00:00.000Z', type: 'restart', replica: 'S1' },
    ]);
    expect(events.position).toBe('b00t-2');
  });

  it('gives a reader who comes back exactly what came since, or says that it cannot', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(60), fc.nat(70), (capacity, recorded, asked) => {
        const events = log(capacity);
        fill(events, recorded);
        const { events: found, gap } = events.since(`b00t-${asked}`);
        const oldest = Math.max(1, recorded - capacity + 1);
        expect(gap === null).toBe(asked >= oldest - 1 && asked <= recorded);
        const expected =
          gap === null ? Array.from({ length: recorded - asked }, (_, i) => `b00t-${asked + 1 + i}`) : [];
        expect(found.map(({ id }) => id)).toEqual(expected);
        expect(events.latest(1000).length).toBe(Math.min(recorded, capacity));
      }),
    );
  });

  it('tells a reader from before a restart that he has missed something', () => {
    const events = log();
    fill(events, 3);
    expect(events.since('0ther-3')).toEqual({ events: [], gap: 'the balancer has started anew since' });
  });

  it('goes on although a reader throws', () => {
    const failures: Error[] = [];
    const events = new EventLog('b', () => WALL, { onFailure: (error) => failures.push(error) });
    let told = 0;
    events.onRecord(() => {
      throw new Error('reader');
    });
    const end = events.onRecord(() => told++);
    fill(events, 2);
    end();
    fill(events, 1);
    expect({ told, failures: failures.length }).toEqual({ told: 2, failures: 3 });
  });

  it.each([
    ['b00t-0', true],
    ['b00t-17', true],
    ['b00t-017', false],
    ['b00t', false],
    ['-1', false],
    ['b00t--1', false],
    ['B00T-1', false],
    ['b00t-1\n', false],
    [`${'x'.repeat(33)}-1`, false],
  ])('knows what an id looks like: %j', (text, is) => {
    expect(isEventId(text)).toBe(is);
  });

  it('shows neither secrets nor addresses in words that came from elsewhere', () => {
    const events = log();
    const reason = 'connect ECONNREFUSED 172.18.0.5:5000, http://u:p@db/ [fe80::1]:80 fd00::2 password=x at 12:34:56';
    events.record({ type: 'engine-away', reason });
    events.record({ type: 'drift', lines: ['A=10.0.0.1'] });
    expect(events.latest(2)).toMatchObject([
      { reason: 'connect ECONNREFUSED (address), http://***@db/ (address) (address) password=*** at 12:34:56' },
      { lines: ['A=(address)'] },
    ]);
    expect(presentable(null)).toBeNull();
  });

  it('has every type explained in docs/observability.md, and no other', () => {
    const page = readFileSync(new URL('../../../../../docs/observability.md', import.meta.url), 'utf8');
    const [, types = ''] = /^### Types$([^]*?)^## /m.exec(page) ?? [];
    const rows = [...types.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, type]) => type);
    expect(rows).toEqual(POOL_EVENT_TYPES);
  });
});
