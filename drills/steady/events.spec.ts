// The random events: repeatable, within the bounds of the pool, and never more than it can bear.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type EventKind, EVENTS, LEAST, MOST, nextEvent } from './events.js';
import { randomNumbers } from './random.js';

const facts = { members: 5, ready: 5, mayDeploy: true };
const draw = (seed: number, count: number) => {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => nextEvent(random, facts));
};

describe('random events', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(draw(7, 50)).toEqual(draw(7, 50));
    expect(draw(7, 50)).not.toEqual(draw(8, 50));
  });

  it('are of all kinds within two hundred', () => {
    expect(new Set(draw(1, 200).map((event) => event?.kind))).toEqual(new Set(EVENTS));
  });

  it('keep the pool within its bounds and leave two ready replicas besides the victim', () => {
    const hurts = new Set<EventKind>(['remove', 'kill', 'freeze', 'restart', 'deploy']);
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 0, max: 10 }),
        fc.nat(10),
        fc.boolean(),
        (seed, members, up, mayDeploy) => {
          const ready = Math.min(members, up);
          const event = nextEvent(randomNumbers(seed), { members, ready, mayDeploy });
          if (!event) return;
          if (event.kind === 'add') expect(members).toBeLessThan(MOST);
          if (event.kind === 'remove') expect(members).toBeGreaterThan(LEAST);
          if (event.kind === 'deploy') expect(mayDeploy).toBe(true);
          if (hurts.has(event.kind)) expect(ready).toBeGreaterThanOrEqual(3);
          if (event.index >= 0) expect(event.index).toBeLessThan(ready);
          expect(event.gapMs).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('wait, and draw nothing, while the pool bears none', () => {
    let drawn = 0;
    const random = () => drawn++;
    expect(nextEvent(random, { members: MOST, ready: 1, mayDeploy: true })).toBeUndefined();
    expect(drawn).toBe(0);
  });
});
