// What strangers may fill of the audit log, by the clock.
import { REFUSALS_PER_MINUTE, RefusalQuota } from './refusal-quota.js';

it('a minute has room for ten refusals of strangers, and the next one for ten more', () => {
  const quota = new RefusalQuota();
  const taken = (from: number) => Array.from({ length: 50 }, (_, i) => quota.take(from + i)).filter(Boolean).length;
  expect(taken(5000)).toBe(REFUSALS_PER_MINUTE);
  expect(taken(64_000)).toBe(0);
  expect(taken(65_000)).toBe(REFUSALS_PER_MINUTE);
});
