import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GRANULARITY, TimedEntry, TimerWheel } from './timer-wheel.js';

class Entry extends TimedEntry {
  deadline = Infinity;
  readonly strikes: number[] = [];
  onStrike = (): void => {};

  onDeadline(now: number): void {
    this.strikes.push(now);
    this.deadline = Infinity;
    this.onStrike();
  }
}

const ENTRIES = 6;
const who = fc.nat(ENTRIES - 1);
/** Near ones and such that lie some turns of the wheel ahead. */
const ahead = fc.oneof(fc.integer({ min: -50, max: 200 }), fc.integer({ min: 0, max: 70_000 }));
const act = fc.oneof(
  fc.record({ kind: fc.constant('schedule' as const), who, ahead }),
  fc.record({ kind: fc.constant('later' as const), who, ahead: fc.integer({ min: 0, max: 50_000 }) }),
  fc.record({ kind: fc.constantFrom('end' as const, 'cancel' as const), who }),
  fc.record({ kind: fc.constant('advance' as const), by: fc.double({ min: 0, max: 60, noNaN: true }) }),
  fc.record({ kind: fc.constant('advance' as const), by: fc.integer({ min: 0, max: 60_000 }) }),
);

describe('the timer wheel', () => {
  it('strikes each deadline once, never early and at most one tick late, whatever moves and is called off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), fc.array(act, { maxLength: 60 }), (began, acts) => {
        let now = began;
        const wheel = new TimerWheel(now);
        const entries = Array.from({ length: ENTRIES }, () => new Entry());
        /** The naive one: a list of who waits for what; one that is over already is scheduled for now. */
        const waiting = new Map<Entry, number>();
        for (const step of acts) {
          const entry = entries['who' in step ? step.who : 0];
          switch (step.kind) {
            case 'schedule':
              entry.deadline = now + step.ahead;
              wheel.schedule(entry);
              waiting.set(entry, Math.max(now, entry.deadline));
              break;
            case 'later':
              // Nobody tells the wheel.
              if (!waiting.has(entry)) break;
              entry.deadline += step.ahead;
              waiting.set(entry, Math.max(waiting.get(entry) ?? 0, entry.deadline));
              break;
            case 'end':
            case 'cancel':
              entry.deadline = Infinity;
              if (step.kind === 'end') wheel.schedule(entry);
              else wheel.cancel(entry);
              waiting.delete(entry);
              break;
            case 'advance': {
              now += step.by;
              for (const { strikes } of entries) strikes.length = 0;
              wheel.advance(now);
              for (const one of entries) {
                const deadline = waiting.get(one) ?? Infinity;
                if (one.strikes.length === 0) expect(deadline + GRANULARITY).toBeGreaterThan(now);
                else {
                  expect(one.strikes).toEqual([now]);
                  expect(deadline).toBeLessThanOrEqual(now);
                  waiting.delete(one);
                }
              }
            }
          }
          expect(wheel.size).toBe(waiting.size);
          // Who turns it by `next` is never too late for anybody.
          for (const deadline of waiting.values())
            expect(wheel.next).toBeLessThanOrEqual(Math.max(deadline, now) + GRANULARITY);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('lets those whom it strikes call off, schedule and move one another', () => {
    const wheel = new TimerWheel(0);
    const [first, called, moved, added] = Array.from({ length: 4 }, () => new Entry());
    for (const entry of [first, called, moved]) {
      entry.deadline = 100;
      wheel.schedule(entry);
    }
    first.onStrike = () => {
      wheel.cancel(called);
      moved.deadline = 200;
      // Over already: it is next, and not lost in a slot that has passed.
      added.deadline = 50;
      wheel.schedule(added);
    };
    wheel.advance(100);
    expect([first, called, moved, added].map(({ strikes }) => strikes)).toEqual([[100], [], [], []]);
    wheel.advance(120);
    expect(added.strikes).toEqual([120]);
    wheel.advance(200);
    expect([moved.strikes, called.strikes, wheel.size, wheel.next]).toEqual([[200], [], 0, Infinity]);
  });

  it('keeps nobody who has left: an entry without a deadline is out at once', () => {
    const wheel = new TimerWheel(0);
    const entry = new Entry();
    entry.deadline = 30_000;
    wheel.schedule(entry);
    entry.deadline = Infinity;
    wheel.schedule(entry);
    expect([wheel.size, entry.wheelNext, entry.wheelPrevious]).toEqual([0, undefined, undefined]);
  });

  it('after an hour of sleep strikes all that is due, and nothing that is not', () => {
    const wheel = new TimerWheel(0);
    const entries = [10, 25_000, 3_000_000, 3_700_000].map((deadline) => Object.assign(new Entry(), { deadline }));
    for (const entry of entries) wheel.schedule(entry);
    wheel.advance(3_600_000);
    expect(entries.map(({ strikes }) => strikes.length)).toEqual([1, 1, 1, 0]);
    expect(wheel.next).toBeLessThanOrEqual(3_700_000);
  });

  it('tells everybody whose deadline passed while nobody looked, however long that was', () => {
    const wheel = new TimerWheel(0);
    const entries = Array.from({ length: 3000 }, (_, tick) =>
      Object.assign(new Entry(), { deadline: tick * GRANULARITY }),
    );
    for (const entry of entries) wheel.schedule(entry);
    wheel.advance(1_000_000);
    expect(entries.filter(({ strikes }) => strikes.length !== 1)).toEqual([]);
  });
});
