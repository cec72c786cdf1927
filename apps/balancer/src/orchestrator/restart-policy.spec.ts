import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  afterDeath,
  backoff,
  forgiveEngine,
  type RestartHistory,
  type RestartPolicy,
  UNTROUBLED,
} from './restart-policy.js';

const policy: RestartPolicy = {
  base: 100,
  cap: 10_000,
  crashLoopLimit: 5,
  crashLoopWindow: 60_000,
  stableAfter: 10_000,
};
const MIDDLE = 0.5;

describe('the backoff', () => {
  it.each([
    [1, 100],
    [2, 200],
    [3, 400],
    [7, 6400],
    [8, 10_000],
    [1000, 10_000],
  ])('is, before try %i after the first, %i ms', (n, delay) => {
    expect(backoff(n, policy, MIDDLE)).toBe(delay);
  });

  it('spreads by a quarter in both directions and never passes the cap', () => {
    expect(backoff(3, policy, 0)).toBe(300);
    expect(backoff(3, policy, 1)).toBe(500);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, jitter) => {
        const delay = backoff(n, policy, jitter);
        return delay >= 75 && delay <= policy.cap;
      }),
    );
  });
});

describe('a death', () => {
  const die = (history: RestartHistory, at: number, served = 0) =>
    afterDeath(history, { at, served, reason: 'it exited with code 1' }, policy, MIDDLE);

  it('after a stable run is answered at once', () => {
    expect(die(UNTROUBLED, 50_000, 10_000)).toEqual(UNTROUBLED);
  });

  it('of an instance that has served, however briefly, is answered at once if it is the first in a row', () => {
    const first = die(UNTROUBLED, 50_000, 1);
    expect(first.retryAt).toBe(50_000);
    expect(die(first, 51_000, 1).retryAt).toBe(51_200);
  });

  it('soon after the start waits, and longer each time', () => {
    let history = UNTROUBLED;
    const waits = [0, 1000, 2000].map((at) => (history = die(history, at)).retryAt - at);
    expect(waits).toEqual([100, 200, 400]);
  });

  it('after a stable run forgets those before it', () => {
    const history = die(die(die(UNTROUBLED, 0), 1000), 20_000, 15_000);
    expect(history).toEqual(UNTROUBLED);
  });

  it('that is the fifth within the window quarantines, and says why', () => {
    let history = UNTROUBLED;
    for (let i = 0; i < 4; i++) history = die(history, i * 1000);
    expect(history.quarantine).toBeNull();
    expect(die(history, 4000).quarantine).toMatchObject({
      reason: 'died 5 times within 60 s, last: it exited with code 1',
    });
  });

  it('that is the fifth, but outside the window of the first, does not', () => {
    let history = UNTROUBLED;
    for (let i = 0; i < 4; i++) history = die(history, i * 1000);
    expect(die(history, 60_000).quarantine).toBeNull();
  });

  it('that trying again cannot help quarantines at once', () => {
    const history = afterDeath(
      UNTROUBLED,
      { at: 0, served: 0, reason: 'no such image', unrecoverable: true },
      policy,
      MIDDLE,
    );
    expect(history.quarantine).toEqual({ reason: 'no such image; trying again cannot help' });
  });

  it('in quarantine leaves the first reason', () => {
    const quarantined: RestartHistory = { ...UNTROUBLED, quarantine: { reason: 'first' } };
    expect(die(quarantined, 0).quarantine).toEqual({ reason: 'first' });
    expect(die(quarantined, 0, 20_000).quarantine).toEqual({ reason: 'first' });
  });

  it('never remembers more than the limit needs', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 120_000 }), { maxLength: 200 }), (gaps) => {
        let history = UNTROUBLED;
        let at = 0;
        for (const gap of gaps) {
          history = die(history, (at += gap));
          if (history.quarantine) break;
        }
        return history.deaths.length <= policy.crashLoopLimit;
      }),
    );
  });
});

describe('an engine that went away', () => {
  const fail = (history: RestartHistory, at: number) =>
    afterDeath(history, { at, served: 0, reason: 'the engine failed', unstarted: true }, policy, MIDDLE);
  const die = (history: RestartHistory, at: number) =>
    afterDeath(history, { at, served: 0, reason: 'it exited with code 1' }, policy, MIDDLE);
  const all = (step: typeof fail, times: readonly number[], from = UNTROUBLED) => times.reduce(step, from);

  it('takes along what it failed to start of late: no backoff, no quarantine', () => {
    const quarantined = all(fail, [1000, 1100, 1300, 1700, 2500]);
    expect(quarantined.quarantine).not.toBeNull();
    expect(forgiveEngine(quarantined, 1000, policy)).toEqual({ ...UNTROUBLED, retryAt: 1000 });
  });

  it('leaves what came before, and deaths of who was started', () => {
    const history = all(die, [200, 300], all(fail, [0, 100]));
    expect(forgiveEngine(history, 50, policy)).toMatchObject({
      deaths: [{ at: 0 }, { at: 200 }, { at: 300 }],
      streak: 3,
    });
    const loop = all(die, [0, 1, 2, 3, 4]);
    expect(forgiveEngine(loop, 0, policy)).toBe(loop);
    const early = all(fail, [0, 1, 2, 3, 4]);
    expect(forgiveEngine(early, 5, policy)).toBe(early);
  });

  it('does not bring an image that is missing', () => {
    const missing = { at: 10, served: 0, reason: 'no such image', unstarted: true, unrecoverable: true };
    const history = afterDeath(fail(UNTROUBLED, 0), missing, policy, MIDDLE);
    expect(forgiveEngine(history, 0, policy).quarantine).toEqual(history.quarantine);
  });
});
