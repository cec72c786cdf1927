import { describe, expect, it } from '@jest/globals';
import { afterProbe, type Health, newborn, type ProbeResult } from './health.js';

const policy = { pass: 2, fail: 3, longestGap: 4000 };
const pass: ProbeResult = { kind: 'passed' };
const fail: ProbeResult = { kind: 'failed', reason: 'it answered 500' };
const nothing: ProbeResult = { kind: 'inconclusive' };

/** One result per second. */
function run(results: readonly ProbeResult[], from: Health = newborn(0), start = from.lookedAt): Health {
  return results.reduce((health, result, i) => afterProbe(health, result, start + (i + 1) * 1000, policy), from);
}

describe('health', () => {
  it.each<[string, ProbeResult[], Health['status'], number]>([
    ['is untried before any probe', [], 'untried', 0],
    ['stays untried below the passes that are wanted', [pass], 'untried', 1],
    ['passes with enough passes in a row', [pass, pass], 'passing', 0],
    ['begins to count anew after a fail', [pass, fail, pass], 'untried', 1],
    ['does not fail before it ever passed', [fail, fail, fail, fail], 'untried', 0],
    ['bears fails below the threshold', [pass, pass, fail, fail], 'passing', 2],
    ['forgets fails with a pass', [pass, pass, fail, fail, pass, fail, fail], 'passing', 2],
    ['fails with enough fails in a row', [pass, pass, fail, fail, fail], 'failing', 0],
    ['needs the same passes to come back', [pass, pass, fail, fail, fail, pass], 'failing', 1],
    ['comes back', [pass, pass, fail, fail, fail, pass, pass], 'passing', 0],
    ['learns nothing from an inconclusive probe', [pass, pass, fail, fail, nothing, nothing], 'passing', 2],
  ])('%s', (_, results, status, streak) => {
    expect(run(results)).toMatchObject({ status, streak });
  });

  it('tells why the last probe failed, and nothing after a pass', () => {
    expect(run([fail]).reason).toBe('it answered 500');
    expect(run([fail, pass]).reason).toBeNull();
  });

  it('knows since when it passes', () => {
    expect(run([pass, pass, pass, pass]).passingSince).toBe(2000);
  });

  it('counts the time it was watched being unwell, from birth or from its fall', () => {
    expect(run([fail, fail, fail]).unwellFor).toBe(3000);
    expect(run([pass, pass, fail, fail, fail, fail, fail]).unwellFor).toBe(2000);
    expect(run([fail, fail, pass, pass]).unwellFor).toBe(0);
  });

  it('does not count the time in which nobody watched (TRAPS 16)', () => {
    const before = run([pass, pass, fail, fail, fail]);
    const after = afterProbe(before, fail, before.lookedAt + 600_000, policy);
    expect(after.unwellFor).toBe(4000);
    expect(
      afterProbe(
        afterProbe(before, nothing, before.lookedAt + 600_000, policy),
        fail,
        before.lookedAt + 600_100,
        policy,
      ).unwellFor,
    ).toBe(100);
  });

  it('keeps the last result as it came in, whatever it says, and how often in a row', () => {
    const last = (results: readonly ProbeResult[]) => run(results).last;
    expect(last([])).toBeNull();
    expect(last([fail, pass, pass])).toMatchObject({ kind: 'passed', reason: null, at: 3000, inARow: 2 });
    expect(last([pass, fail])).toMatchObject({ kind: 'failed', reason: 'it answered 500', inARow: 1 });
    expect(last([pass, nothing])).toMatchObject({ kind: 'inconclusive', inARow: 1 });
    expect(afterProbe(newborn(0), pass, 10, policy, 7).last).toMatchObject({ took: 7 });
  });
});
