import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { limitsOf } from './replica-limits.js';

describe('the limits of a worker', () => {
  it('are parts of the connections that add up to all of them, none of them empty, and all of the requests', () => {
    const settings = fc
      .record({ workers: fc.integer({ min: 1, max: 64 }), more: fc.nat(1000), replicaMaxInflight: fc.nat(1000) })
      .map(({ workers, more, replicaMaxInflight }) => ({
        workers,
        replicaMaxConnections: workers + more,
        replicaMaxInflight,
      }));
    fc.assert(
      fc.property(settings, (some) => {
        const parts = Array.from({ length: some.workers }, (_, worker) => limitsOf(some, worker));
        expect(parts.reduce((sum, { connections }) => sum + connections, 0)).toBe(some.replicaMaxConnections);
        expect(Math.min(...parts.map(({ connections }) => connections))).toBeGreaterThan(0);
        expect(new Set(parts.map(({ inFlight }) => inFlight))).toEqual(new Set([some.replicaMaxInflight]));
      }),
    );
  });

  it('are none where there is none', () => {
    const settings = { workers: 2, replicaMaxInflight: 0, replicaMaxConnections: 0 };
    expect(limitsOf(settings, 1)).toEqual({ inFlight: 0, connections: 0 });
  });
});
