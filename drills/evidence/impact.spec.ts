// What clients felt, from samples written by hand.
import { describe, expect, it } from '@jest/globals';
import type { Sample } from '../load/plan.js';
import { failuresByCause, keyMoves, latency, victimTimes } from './impact.js';

const sample = (at: number, changes: Partial<Sample> = {}): Sample => ({
  id: `GET-${at}`,
  method: 'GET',
  key: 0,
  at,
  ms: 5,
  status: 200,
  cause: null,
  replica: 'A',
  instance: 'a-1',
  edition: '',
  ...changes,
});
const lost = (at: number, changes: Partial<Sample> = {}) =>
  sample(at, { status: 502, cause: 'upstream_closed', replica: null, instance: null, ...changes });

describe('latency', () => {
  it('is that of the answered requests: a quick failure makes nothing look better', () => {
    const samples = Array.from({ length: 100 }, (_, i) => sample(i, { ms: i + 1 }));
    expect(latency([...samples, lost(5, { ms: 0.1 })])).toEqual({ p50: 51, p99: 100, worst: 100 });
  });

  it('of no answer at all is no number', () => {
    expect(latency([])).toEqual({ p50: NaN, p99: NaN, worst: NaN });
  });
});

describe('failures', () => {
  it('are counted by method, status and cause, the most frequent first', () => {
    const posts = [lost(2, { method: 'POST' }), lost(3, { method: 'POST' })];
    expect(failuresByCause([sample(0), lost(1), ...posts])).toEqual([
      { method: 'POST', status: 502, cause: 'upstream_closed', count: 2 },
      { method: 'GET', status: 502, cause: 'upstream_closed', count: 1 },
    ]);
  });
});

describe('the times of a victim', () => {
  const heir = (at: number, ms = 5) => sample(at, { replica: 'B', instance: 'b-1', ms });
  const successor = (at: number, ms = 5) => sample(at, { instance: 'a-2', ms });
  const keys = new Set([0]);

  it('run from the fault to the first answer of an heir, and of a successor', () => {
    const samples = [sample(0), sample(90), heir(110, 20), heir(200), successor(400, 10), successor(500)];
    expect(victimTimes(samples, 'A', 100, keys)).toEqual({ heirMs: 30, ejectedMs: 0, servesAgainMs: 310 });
  });

  it('end the ejection with the last request that was due before it and still failed or was held up', () => {
    const samples = [sample(0), heir(110, 2000), lost(150), heir(300, 501), heir(350), successor(900), lost(1000)];
    const others = (ms: number) => Array.from({ length: 40 }, (_, i) => ({ ...heir(100 + i, ms), key: 1 }));
    expect(victimTimes([...samples, ...others(5)], 'A', 100, keys).ejectedMs).toBe(200);
    // A machine that holds up everybody's requests does not count against the victim.
    expect(victimTimes([...samples, ...others(400)], 'A', 100, keys).ejectedMs).toBe(50);
  });

  it('do not take a late answer of the old instance for a return', () => {
    expect(victimTimes([sample(0), sample(95, { ms: 50 })], 'A', 100, keys).servesAgainMs).toBeNull();
  });

  it('leave the keys of others out of it', () => {
    const others = [sample(0), { ...heir(110), key: 1 }, { ...lost(120), key: 1 }];
    expect(victimTimes(others, 'A', 100, keys)).toEqual({ heirMs: null, ejectedMs: 0, servesAgainMs: null });
  });

  it('of a newcomer count from the call that added it', () => {
    const samples = [sample(0), sample(200, { replica: 'new', instance: 'n-1', ms: 8 })];
    expect(victimTimes(samples, 'new', 100, new Set()).servesAgainMs).toBe(108);
  });
});

describe('keys', () => {
  it('move needlessly only between replicas that were there before and after', () => {
    const before = ['A', 'B', 'C', 'A'];
    expect(keyMoves(before, ['D', 'B', 'C', 'A'], [])).toMatchObject({ keys: 4, moved: 1, needless: 0 });
    expect(keyMoves(before, ['B', 'B', 'A', 'D'], [])).toMatchObject({ moved: 3, needless: 1 });
  });

  it('that another replica answered meanwhile are counted once each', () => {
    const samples = [sample(1, { replica: 'B' }), sample(2, { replica: 'B' }), sample(3), lost(4)];
    expect(keyMoves(['A', 'B'], ['A', 'B'], samples).meanwhile).toBe(1);
  });
});
