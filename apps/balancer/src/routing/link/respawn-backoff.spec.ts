import { RespawnBackoff } from './respawn-backoff.js';

describe('the wait before a data process is started again', () => {
  it('is none at first, then doubles with every early death, up to a limit', () => {
    const backoff = new RespawnBackoff();
    let now = 1000;
    const waits = Array.from({ length: 9 }, () => {
      const wait = backoff.next(now);
      now += wait + 50; // it lived for 50 ms
      return wait;
    });
    expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it('is none again after a process that lived for long', () => {
    const backoff = new RespawnBackoff();
    backoff.next(0);
    expect(backoff.next(10)).toBe(100);
    expect(backoff.next(10_111)).toBe(0);
    expect(backoff.next(10_112)).toBe(100);
  });
});
