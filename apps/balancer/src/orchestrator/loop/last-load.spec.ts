import { describe, expect, it } from '@jest/globals';
import { LastLoad } from './last-load.js';
import { FakeClock } from '../testing/fake-clock.js';
import { ScriptedLink } from '../testing/scripted-link.js';

const given = () => {
  const clock = new FakeClock();
  const link = new ScriptedLink(clock);
  return { clock, link, load: new LastLoad(link, clock) };
};

describe('what an instance carried when it died', () => {
  it('is what the counters say when there was no sign', () => {
    const { link, load } = given();
    expect(load.of('a1')).toBe(0);
    link.inFlight.set('a1', 3);
    expect(load.of('a1')).toBe(3);
  });

  it('is what they said at the first sign, though its requests have broken since', async () => {
    const { clock, link, load } = given();
    link.inFlight.set('a1', 3);
    load.note('a1');
    link.inFlight.set('a1', 0);
    load.note('a1');
    await clock.advance(1000);
    expect(load.of('a1')).toBe(3);
    expect(load.of('b1')).toBe(0);
  });

  it('is not what a sign of long ago said', async () => {
    const { clock, link, load } = given();
    link.inFlight.set('a1', 3);
    load.note('a1');
    link.inFlight.set('a1', 1);
    await clock.advance(4000);
    expect(load.of('a1')).toBe(1);
  });
});
