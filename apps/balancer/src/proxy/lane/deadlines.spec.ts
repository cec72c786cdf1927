import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadlines } from './deadlines.js';
import { GRANULARITY, TimedEntry } from './timer-wheel.js';

class Entry extends TimedEntry {
  struck = 0;
  constructor(public deadline: number) {
    super();
  }
  onDeadline(): void {
    this.struck++;
    this.deadline = Infinity;
  }
}

const armed = () => jest.getTimerCount();
/** The turn of the event loop in which sockets are read, and the one after it. */
const oneTurn = () => new Promise((resolve) => setImmediate(resolve));
const pass = async (milliseconds: number) => {
  for (let passed = 0; passed < milliseconds; passed += 10) {
    jest.advanceTimersByTime(10);
    await oneTurn();
  }
};

beforeEach(() => void jest.useFakeTimers({ now: 0, doNotFake: ['setImmediate', 'nextTick'] }));
afterEach(() => void jest.useRealTimers());

describe('the deadlines of a lane', () => {
  it('strike in time, and what has arrived before is dealt with first', async () => {
    const deadlines = new Deadlines();
    const entry = new Entry(performance.now() + 50);
    deadlines.follow(entry);
    jest.advanceTimersByTime(51 + GRANULARITY);
    expect(entry.struck).toBe(0);
    await oneTurn();
    expect(entry.struck).toBe(1);
  });

  it('sleep with nobody to wake for, and take one timer for all', async () => {
    const deadlines = new Deadlines();
    expect(armed()).toBe(0);
    const entries = Array.from({ length: 100 }, (_, index) => new Entry(performance.now() + 1000 - index));
    for (const entry of entries) deadlines.follow(entry);
    expect(armed()).toBe(1);
    await pass(1100);
    expect(entries.every(({ struck }) => struck === 1)).toBe(true);
    expect(armed()).toBe(0);
  });

  it('that moved later in silence strike at their new time', async () => {
    const deadlines = new Deadlines();
    const entry = new Entry(performance.now() + 100);
    deadlines.follow(entry);
    entry.deadline += 300;
    await pass(390);
    expect(entry.struck).toBe(0);
    await pass(40);
    expect(entry.struck).toBe(1);
  });

  it('strike nobody once they are called off or stopped', async () => {
    const deadlines = new Deadlines();
    const [called, stopped] = [new Entry(performance.now() + 100), new Entry(performance.now() + 500)];
    deadlines.follow(called);
    deadlines.follow(stopped);
    deadlines.cancel(called);
    await pass(200);
    deadlines.stop();
    await pass(1000);
    expect([called.struck, stopped.struck]).toEqual([0, 0]);
  });
});
