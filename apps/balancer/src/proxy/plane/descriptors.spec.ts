import { describe, expect, it } from '@jest/globals';
import { descriptorLimit, parseLimit, planDescriptors } from './descriptors.js';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 524288               files
Max locked memory         8388608              8388608              bytes
`;

describe('the limit of file descriptors', () => {
  it.each([
    [LIMITS, 1024],
    [LIMITS.replace('1024  ', 'unlimited'), undefined],
    ['something else', undefined],
  ])('is the soft one', (text, limit) => expect(parseLimit(text)).toBe(limit));

  (process.platform === 'linux' ? it : it.skip)('is read from the system', () => {
    expect(descriptorLimit()).toBeGreaterThan(0);
  });

  it.each([
    // One worker needs 56 itself, and two for each client.
    [{ workers: 1, maxConnections: 0 }, 100_056, 50_000, undefined],
    [{ workers: 4, maxConnections: 0 }, 80_104, 10_000, undefined],
    [{ workers: 1, maxConnections: 0 }, 1056, 500, 'is 1056: each worker takes 500 .*ulimit -n 2056 or more'],
    [{ workers: 1, maxConnections: 0 }, 20, 1, 'is 20: each worker takes 1 '],
    [{ workers: 1, maxConnections: 500 }, 1056, 500, undefined],
    [{ workers: 2, maxConnections: 500 }, 1056, 500, 'MAX_CONNECTIONS=500 can need 2072: raise it .ulimit -n 2072'],
    [{ workers: 1, maxConnections: 0 }, undefined, 0, undefined],
    [{ workers: 1, maxConnections: 9 }, undefined, 9, undefined],
  ])('leaves as many for replicas as clients can need: %j of %s', (settings, limit, maxConnections, warning) => {
    const plan = planDescriptors(settings, limit);
    expect(plan.maxConnections).toBe(maxConnections);
    if (warning === undefined) expect(plan.warning).toBeUndefined();
    else expect(plan.warning).toMatch(new RegExp(warning));
  });
});
