import { describe, expect, it } from '@jest/globals';
import { BEAT, Wakefulness } from './wakefulness.js';

describe('a thread (TRAPS 16)', () => {
  const running = (until: number) => {
    const wakefulness = new Wakefulness(0);
    for (let now = BEAT; now <= until; now += BEAT) wakefulness.beat(now);
    return wakefulness;
  };

  it('is awake while it beats, also when a beat is a little late', () => {
    const wakefulness = running(1000);
    expect(wakefulness.isAwake(1200)).toBe(true);
    wakefulness.beat(1000 + BEAT + 400);
    expect(wakefulness.isAwake(1000 + BEAT + 400)).toBe(true);
  });

  it('was asleep when it is asked before the beat that is late', () => {
    expect(running(1000).isAwake(600_000)).toBe(false);
  });

  it('is trusted again a second after it woke', () => {
    const wakefulness = running(1000);
    wakefulness.beat(600_000);
    expect(wakefulness.isAwake(600_900)).toBe(false);
    for (let now = 600_000 + BEAT; now <= 602_000; now += BEAT) wakefulness.beat(now);
    expect(wakefulness.isAwake(602_000)).toBe(true);
  });
});
