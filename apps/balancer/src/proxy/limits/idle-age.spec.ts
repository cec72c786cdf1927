import { describe, expect, it } from '@jest/globals';
import { IdleAge } from './idle-age.js';

describe('the age up to which an idle connection is trusted', () => {
  it('has no bound while the replica closed none', () => {
    expect(new IdleAge().limit(0)).toBe(Infinity);
  });

  it('is half of the shortest time after which the replica closed one', () => {
    const age = new IdleAge();
    age.closedAfter(3000, 0);
    age.closedAfter(2000, 10);
    age.closedAfter(4000, 20);
    expect(age.limit(30)).toBe(1000);
  });

  it('is forgotten a minute after the last close: it may have been a restart', () => {
    const age = new IdleAge();
    age.closedAfter(2000, 0);
    age.closedAfter(5000, 50_000);
    expect(age.limit(110_000)).toBe(1000);
    expect(age.limit(110_001)).toBe(Infinity);
    age.closedAfter(5000, 110_002);
    expect(age.limit(110_003)).toBe(2500);
  });
});
