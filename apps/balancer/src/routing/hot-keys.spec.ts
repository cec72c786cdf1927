import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HOT_KEY_COUNTERS, HOT_KEY_HALF_LIFE, HotKeys, MAX_KEY_TEXT, mergeHotKeys } from './hot-keys.js';
import { SpaceSaving } from './space-saving.js';

/** Few hashes that share their low bits, so that the table has to probe, and many others. */
const hash = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 40 }).map((number) => number * 1024),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);
const stream = fc.array(hash, { maxLength: 600 });

function exactly(hashes: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const one of hashes) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

describe('the sketch of a stream', () => {
  it.each([1, 2, 7, 16])('never counts a key too low, nor higher than its error says (%i counters)', (capacity) => {
    fc.assert(
      fc.property(stream, (hashes) => {
        const sketch = new SpaceSaving(capacity);
        for (const one of hashes) sketch.add(one);
        const exact = exactly(hashes);
        const keys = sketch.keys();
        expect(new Set(keys.map(({ hash: one }) => one)).size).toBe(Math.min(exact.size, capacity));
        for (const { hash: one, count, error } of keys) {
          const real = exact.get(one) ?? 0;
          expect(count).toBeGreaterThanOrEqual(real);
          expect(count - error).toBeLessThanOrEqual(real);
          expect(error).toBeLessThanOrEqual(hashes.length / capacity);
        }
      }),
    );
  });

  it.each([1, 2, 7, 16])('misses no key that came more often than one in %i times', (capacity) => {
    fc.assert(
      fc.property(stream, (hashes) => {
        const sketch = new SpaceSaving(capacity);
        for (const one of hashes) sketch.add(one);
        const listed = new Set(sketch.keys().map(({ hash: one }) => one));
        for (const [one, count] of exactly(hashes)) {
          if (count > hashes.length / capacity) expect(listed).toContain(one);
          if (!listed.has(one)) expect(count).toBeLessThanOrEqual(sketch.least);
        }
      }),
    );
  });

  it('keeps both promises while its counts fade', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hash, fc.constantFrom(1, 1, 1, 0.5)), { maxLength: 400 }), (steps) => {
        const sketch = new SpaceSaving(8);
        const exact = new Map<number, number>();
        for (const [one, factor] of steps) {
          sketch.fade(factor);
          for (const [key, count] of exact) exact.set(key, count * factor);
          sketch.add(one);
          exact.set(one, (exact.get(one) ?? 0) + 1);
        }
        const sum = [...exact.values()].reduce((total, count) => total + count, 0);
        expect(sketch.total).toBeCloseTo(sum);
        for (const { hash: one, count, error } of sketch.keys()) {
          expect(count).toBeGreaterThanOrEqual((exact.get(one) ?? 0) - 1e-9);
          expect(count - error).toBeLessThanOrEqual((exact.get(one) ?? 0) + 1e-9);
          expect(error).toBeLessThanOrEqual(sum / 8 + 1e-9);
        }
      }),
    );
  });
});

describe('hot keys', () => {
  /** A heavy tail of other keys, and one that is a fifth of the traffic. */
  function busyLane(seed: number, hot: number): HotKeys {
    const lane = new HotKeys(true, 0);
    let state = seed;
    for (let request = 0; request < 20_000; request++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      if (request % 5 === 0) lane.count(hot, 'hot', false);
      else lane.count(state, `tail-${state}`, false);
    }
    return lane;
  }

  it('are found in a heavy tail, which itself is not listed', () => {
    const { total, keys } = mergeHotKeys([busyLane(1, -5).sketch(0)], 10);
    expect(total).toBe(20_000);
    expect(keys).toHaveLength(1);
    const [{ hash: found, key, count, error }] = keys;
    expect([found, key]).toEqual([-5 >>> 0, 'hot']);
    expect(count / total).toBeGreaterThanOrEqual(0.2);
    expect(count / total - 0.2).toBeLessThanOrEqual(1 / HOT_KEY_COUNTERS);
    expect(error / total).toBeLessThanOrEqual(1 / HOT_KEY_COUNTERS);
  });

  it('are all counted when somebody looks, in the order in which they came, though they wait to be counted together', () => {
    const step = fc.oneof(
      {
        weight: 9,
        arbitrary: fc.record({ hash: fc.integer({ min: -900, max: 900 }), times: fc.integer({ min: 1, max: 90 }) }),
      },
      { weight: 1, arbitrary: fc.constantFrom('look', 'fade', 'clear', 'drawn') },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [together, atOnce] = [new HotKeys(false, 0), new HotKeys(true, 0)];
        let now = 0;
        for (const one of steps) {
          now += one === 'fade' ? 5000 : 0;
          for (const lane of [together, atOnce]) {
            if (one === 'look') lane.sketch(now);
            else if (one === 'fade') lane.fade(now);
            else if (one === 'clear') lane.clear();
            else if (one === 'drawn') lane.count(0, '', true);
            else for (let time = 0; time < one.times; time++) lane.count(one.hash, '', false);
          }
        }
        const untitled = atOnce
          .sketch(now)
          .keys.map(({ hash: found, count, error }) => ({ hash: found, count, error }));
        expect(together.sketch(now)).toEqual({ ...atOnce.sketch(now), keys: untitled });
      }),
    );
  });

  it('are those of all lanes together, one that a lane has not seen included', () => {
    const lanes = [busyLane(1, 7), busyLane(2, 7), busyLane(3, 9)].map((lane) => lane.sketch(0));
    const { total, keys } = mergeHotKeys(lanes, 10);
    expect(keys.map(({ hash: found }) => found)).toEqual([7, 9]);
    const [seven, nine] = keys;
    expect(seven.count - seven.error).toBeLessThanOrEqual(8000);
    expect(seven.count).toBeGreaterThanOrEqual(8000);
    expect(nine.count - nine.error).toBeLessThanOrEqual(4000);
    expect(nine.count).toBeGreaterThanOrEqual(4000);
    expect(seven.error / total).toBeLessThanOrEqual(1 / HOT_KEY_COUNTERS);
  });

  it('are never those that were drawn, which count as traffic all the same', () => {
    const lane = new HotKeys(true, 0);
    for (let request = 0; request < 60; request++) lane.count(1, 'drawn', true);
    for (let request = 0; request < 40; request++) lane.count(2, 'given', false);
    const { total, keys } = mergeHotKeys([lane.sketch(0)], 10);
    expect([total, keys.map(({ key }) => key)]).toEqual([100, ['given']]);
  });

  it('fade: after a half-life of other traffic half as much is left, and yesterday’s are gone', () => {
    const lane = new HotKeys(false, 0);
    for (let request = 0; request < 1000; request++) lane.count(1, 'old', false);
    expect(lane.sketch(HOT_KEY_HALF_LIFE).keys[0].count).toBeCloseTo(500);
    for (let request = 0; request < 500; request++) lane.count(2, 'new', false);
    const { total, keys } = mergeHotKeys([lane.sketch(HOT_KEY_HALF_LIFE)], 10);
    expect([total, keys.length]).toEqual([1000, 2]);
    for (let request = 0; request < 500; request++) lane.count(2, 'new', false);
    const later = mergeHotKeys([lane.sketch(24 * 3_600_000)], 10);
    expect(later.keys).toEqual([]);
  });

  it('know what time their counts stand for: a steady rate is that rate in the first seconds as after hours', () => {
    const lane = new HotKeys(false, 0);
    const rates: number[] = [];
    for (let second = 1; second <= 3600; second++) {
      for (let request = 0; request < 20; request++) lane.count(1, '', false);
      if (second % 5 === 0) lane.fade(second * 1000);
      if (![10, 60, 3600].includes(second)) continue;
      const { total, spanMs } = mergeHotKeys([lane.sketch(second * 1000), new HotKeys(false, 0).sketch(0)], 1);
      rates.push((total * 1000) / spanMs);
    }
    for (const rate of rates) expect(Math.abs(rate - 20)).toBeLessThan(1);
  });

  it('have a text only where keys may be shown, and a bounded one', () => {
    const shown = new HotKeys(true, 0);
    const hidden = new HotKeys(false, 0);
    for (const lane of [shown, hidden])
      for (let request = 0; request < 3; request++) lane.count(1, 'ä'.repeat(500), false);
    expect(shown.sketch(0).keys[0].key).toBe('ä'.repeat(MAX_KEY_TEXT));
    expect(hidden.sketch(0).keys[0]).not.toHaveProperty('key');
  });

  it('never keep the text of another key that had the counter before', () => {
    const lane = new HotKeys(true, 0);
    for (let key = 0; key < 5 * HOT_KEY_COUNTERS; key++) lane.count(key, `key ${key}`, false);
    for (const { hash: found, key } of lane.sketch(0).keys) expect(key).toBe(`key ${found}`);
  });

  it('are at most as many as asked for, the hottest first', () => {
    const lane = new HotKeys(false, 0);
    for (let key = 1; key <= 20; key++) for (let request = 0; request < key * 5; request++) lane.count(key, '', false);
    expect(mergeHotKeys([lane.sketch(0)], 3).keys.map(({ hash: found }) => found)).toEqual([20, 19, 18]);
  });

  it('are none after their keys are taken from elsewhere', () => {
    const lane = new HotKeys(true, 0);
    for (let request = 0; request < 100; request++) lane.count(1, 'a', false);
    lane.clear();
    expect(lane.sketch(0)).toEqual({ total: 0, least: 0, spanMs: 0, keys: [] });
    for (let request = 0; request < 5; request++) lane.count(1, 'b', false);
    expect(mergeHotKeys([lane.sketch(0)], 10).keys).toEqual([{ hash: 1, count: 5, error: 0, key: 'b' }]);
  });
});
