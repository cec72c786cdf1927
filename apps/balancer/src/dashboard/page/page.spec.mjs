// What the page works out by itself: arcs, rates, quantiles, words. Drawing is for the end-to-end suite.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EVENT_TYPES, wordsOf } from './event-words.js';
import { count, duration, generatedNames, latency, listed, percent, rate, shortened } from './format.js';
import { waitAfter } from './live.js';
import { quantile, RecentHistograms } from './quantiles.js';
import { stateCounts } from './replica-table.js';
import { arcs, ringPiece } from './ring-arcs.js';
import { labelsOf } from './ring-labels.js';
import { TrafficHistory } from './traffic-history.js';

const NOTHING = { serverErrors: 0, refused: 0, reset: 0, timedOut: 0, answered: 0 };
const instance = (id, requests, { replica = 'A', inFlight = 0, ...outcomes } = {}) => ({
  id,
  replica,
  inFlight,
  requests,
  outcomes: { ...NOTHING, ...outcomes },
});

describe('arcs', () => {
  it('lie clockwise one after the other, do not overlap, and are as long as their parts', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 64 }), (parts) => {
        const sum = parts.reduce((all, part) => all + part, 0);
        const pieces = arcs(parts.map((part, index) => ({ name: `${index}`, part })));
        let end = 0;
        for (const { from, to, part } of pieces) {
          expect(from).toBeGreaterThanOrEqual(end - 1e-9);
          expect(to).toBeGreaterThanOrEqual(from - 1e-9);
          if (sum > 0) expect(to - from).toBeLessThanOrEqual((part / sum) * 2 * Math.PI + 1e-9);
          end = to;
        }
        expect(end).toBeLessThanOrEqual(2 * Math.PI + 1e-9);
      }),
    );
  });

  it('one replica is a whole ring, nobody is none, and no path has a number that is none', () => {
    const [all] = arcs([{ name: 'A', part: 1 }]);
    expect(all.to - all.from).toBeCloseTo(2 * Math.PI);
    expect(ringPiece(all.from, all.to, 1, 2).match(/M/g)).toHaveLength(2);
    expect(ringPiece(0, 0, 1, 2)).toBe('');
    expect(ringPiece(0, 1, 1, 2)).not.toMatch(/NaN|Infinity/);
    expect(arcs([])).toEqual([]);
  });
});

describe('names around the ring', () => {
  const around = (shares) => labelsOf(arcs(shares.map((part, index) => ({ name: `Server ${index + 1}`, part }))));

  it('all stand there where they have room, in their order', () => {
    for (const many of [1, 2, 3, 5, 8]) expect(around(Array(many).fill(1 / many))).toHaveLength(many);
    expect(around([0.5, 0.3, 0.2]).map(({ text }) => text)).toEqual(['Server 1', 'Server 2', 'Server 3']);
  });

  it('none covers another, the largest shares have theirs, and those too small to be found have none', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 64 }), (weights) => {
        const sum = weights.reduce((all, weight) => all + weight, 0);
        const labels = around(weights.map((weight) => weight / sum));
        for (const [index, one] of labels.entries())
          for (const other of labels.slice(index + 1))
            // Two lines of 12 px, and a name as wide as eight characters.
            expect(
              Math.abs(one.y - other.y) >= 24 || Math.abs(one.x - other.x) >= 36 || one.anchor !== other.anchor,
            ).toBe(true);
        expect(labels.every(({ part }) => part >= 0.035)).toBe(true);
        const largest = Math.max(...weights) / sum;
        if (largest >= 0.035) expect(labels.some(({ part }) => Math.abs(part - largest) < 1e-9)).toBe(true);
      }),
    );
  });
});

describe('rates', () => {
  it('are what came between two samples over the balancer’s own clock, by replica and together', () => {
    const history = new TrafficHistory();
    history.add({ clockMs: 0, instances: [instance('a', 100), instance('b', 5, { replica: 'B' })] }, 0);
    history.add(
      { clockMs: 2000, instances: [instance('a', 140), instance('b', 15, { replica: 'B', reset: 4 })] },
      1900,
    );
    const { total, failed, byReplica } = history.latest(1900);
    expect([total, failed, byReplica.get('A'), byReplica.get('B')]).toEqual([25, 2, 20, 5]);
  });

  it('the first sample is where counting begins: what was before is no traffic of now', () => {
    const history = new TrafficHistory();
    history.add({ clockMs: 0, instances: [instance('a', 1_000_000)] }, 0);
    expect(history.latest(0).total).toBe(0);
  });

  it('a new instance counts from zero, and so does one whose data process began anew', () => {
    const history = new TrafficHistory();
    history.add({ clockMs: 0, instances: [instance('a', 100)] }, 0);
    history.add({ clockMs: 1000, instances: [instance('a', 3), instance('a2', 4)] }, 1000);
    expect(history.latest(1000).total).toBe(7);
  });

  it('silence is a rate of zero, now and in the chart, and what comes after it is not spread over it', () => {
    const history = new TrafficHistory();
    history.add({ clockMs: 0, instances: [instance('a', 0)] }, 0);
    history.add({ clockMs: 1000, instances: [instance('a', 50)] }, 1000);
    expect(history.latest(10_000).total).toBe(0);
    expect(history.upTo(10_000).at(-1)).toMatchObject({ at: 10_000, total: 0 });
    history.add({ clockMs: 60_000, instances: [instance('a', 60)] }, 60_000);
    expect(history.points.map(({ at, total }) => [at, total])).toEqual([
      [0, 0],
      [1000, 50],
      [2000, 0],
      [59_000, 0],
      [60_000, 10],
    ]);
  });

  it('what came while nobody listened is spread over all that time, and is no peak of the last second', () => {
    const history = new TrafficHistory();
    history.add({ clockMs: 0, instances: [instance('a', 0)] }, 0);
    history.add({ clockMs: 1000, instances: [instance('a', 50)] }, 1000);
    history.missed(); // the tab was in the background, or the line was cut
    history.add({ clockMs: 61_000, instances: [instance('a', 3050, { reset: 60 })] }, 61_000);
    expect(history.points.slice(2).map(({ at, total, failed }) => [at, total, failed])).toEqual([
      [2000, 50, 1],
      [61_000, 50, 1],
    ]);
    history.add({ clockMs: 62_000, instances: [instance('a', 3057, { reset: 60 })] }, 62_000);
    expect(history.latest(62_000).total).toBe(7);
  });

  it('another balancer begins a history of its own, with no rate that never was', () => {
    const history = new TrafficHistory();
    history.add({ clockMs: 90_000, instances: [instance('a', 5)] }, 0);
    history.add({ clockMs: 1000, instances: [instance('a', 5000)] }, 1000);
    expect(history.latest(1000).total).toBe(0);
  });

  it('once nothing is heard, what is known stays that of then', () => {
    const history = new TrafficHistory();
    history.add({ clockMs: 0, instances: [instance('a', 0)] }, 0);
    history.add({ clockMs: 1000, instances: [instance('a', 50)] }, 1000);
    history.unheardSince = 1500;
    expect(history.latest(history.knownAt(60_000)).total).toBe(50);
    expect(history.knownAt(1200)).toBe(1200);
    history.unheardSince = null;
    expect(history.latest(history.knownAt(60_000)).total).toBe(0);
  });

  it('what is older than five minutes is forgotten', () => {
    const history = new TrafficHistory();
    for (let second = 0; second < 1000; second++)
      history.add({ clockMs: second * 1000, instances: [instance('a', second)] }, second * 1000);
    expect(history.points.length).toBeLessThanOrEqual(301);
  });

  it('in flight and failed are sums over the instances of a replica, the draining one too', () => {
    const history = new TrafficHistory();
    const instances = [
      instance('a', 9, { inFlight: 2, refused: 1 }),
      instance('a2', 1, { inFlight: 1, serverErrors: 2 }),
    ];
    history.add({ clockMs: 0, instances }, 0);
    expect(history.totals().get('A')).toEqual({ inFlight: 3, requests: 10, failed: 3 });
  });
});

describe('quantiles', () => {
  const BOUNDS = [1, 10, 100];
  it.each([
    ['of nothing there is none', [0, 0, 0, 0], 0.5, undefined],
    ['lie linearly inside their bucket', [0, 10, 0, 0], 0.5, 5.5],
    ['of the first bucket begin at zero', [4, 0, 0, 0], 0.5, 0.5],
    ['skip empty buckets', [1, 0, 9, 0], 0.99, 99],
    ['above the last bound are that bound', [0, 0, 0, 3], 0.5, 100],
  ])('%s', (_promise, buckets, part, value) => {
    if (value === undefined) expect(quantile(BOUNDS, buckets, part)).toBeUndefined();
    else expect(quantile(BOUNDS, buckets, part)).toBeCloseTo(value);
  });

  it('never lie outside the bucket that holds them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (buckets, part) => {
          const value = quantile(BOUNDS, buckets, part);
          if (value !== undefined) expect(value >= 0 && value <= 100).toBe(true);
        },
      ),
    );
  });

  it('are those of the last seconds, and begin anew with the data process', () => {
    const recent = new RecentHistograms(10_000);
    const add = (total, at) => recent.add({ boundsMs: BOUNDS, total, replicas: [] }, at).get('');
    expect(add([1000, 0, 0, 0], 0)).toBeUndefined();
    expect(add([1000, 10, 0, 0], 1000).p50).toBeCloseTo(5.5);
    add([1000, 10, 0, 0], 11_000);
    expect(add([1000, 10, 8, 0], 12_000).p50).toBeCloseTo(55);
    expect(add([4, 0, 0, 0], 13_000)).toBeUndefined();
    expect(recent.add(null, 14_000).size).toBe(0);
  });
});

describe('words', () => {
  it('there are some for every event of the pool that the balancer can tell, and the page listens for each', () => {
    const source = readFileSync(join(import.meta.dirname, '../../orchestrator/events/pool-event.ts'), 'utf8');
    const list = /POOL_EVENT_TYPES = Object\.keys\(\{([^}]*)\}/.exec(source)[1];
    const types = [...list.matchAll(/^\s*'?([a-z-]+)'?: 0/gm)].map(([, type]) => type);
    expect(types.length).toBeGreaterThan(20);
    // What operators ask for is another list's.
    expect([...EVENT_TYPES, 'audit'].sort()).toEqual(types.sort());
  });

  it('a death says of what, and what it cost', () => {
    const event = {
      type: 'death',
      replica: 'A',
      reason: 'it was ended by SIGKILL',
      code: null,
      signal: 'SIGKILL',
      oom: true,
      uptimeMs: 61_000,
      inFlight: 1,
    };
    expect(wordsOf(event)).toMatchObject({
      tone: 'bad',
      text: 'A died: it was ended by SIGKILL',
      more: 'SIGKILL · out of memory · lived 1 min 1 s · 1 request in flight',
    });
  });

  it('a change of the ring says what it moved against the minimum', () => {
    const event = { type: 'added', replicas: ['S4'], count: 1, members: 4, moved: 0.3, minimum: 0.25 };
    expect(wordsOf(event)).toMatchObject({
      text: 'S4 joined the ring',
      more: '30.0 % of the keys moved, the least possible is 25.0 %; 4 replicas now',
    });
  });

  it('an event of a later balancer, which is not known here, is shown by its name', () => {
    expect(wordsOf({ type: 'moved-in' })).toMatchObject({ text: 'moved-in' });
  });

  it.each([
    [percent(0.25), '25.0 %'],
    [percent(0.0001), '0.010 %'],
    [rate(0), '0'],
    [rate(0.02), '<0.1'],
    [rate(3.14), '3.1'],
    [rate(25_400), '25.4k'],
    [count(1_234_567), '1\u202f234\u202f567'],
    [duration(999), '999 ms'],
    [duration(59_940), '59.9 s'],
    [duration(7_260_000), '2 h 1 min'],
    [duration(null), 'an unknown time'],
    [latency(0), '0 ms'],
    [latency(0.84), '0.8 ms'],
    [latency(1500), '1.5 s'],
    [listed(['a', 'b', 'c', 'd', 'e']), 'a, b, c, d and 1 more'],
    [listed(['a'], 20), 'a and 19 more'],
    [shortened('Server 1', 13), 'Server 1'],
    [shortened('payments-eu-west-1', 13), 'paymen…west-1'],
    [shortened('payments-eu-west-2', 13), 'paymen…west-2'],
    [stateCounts([{ state: 'drained' }, { state: 'ready' }, { state: 'ready' }]), '2 ready · 1 drained'],
    [generatedNames(2, ['Server 1', 'Server 3']).join(), 'Server 2,Server 4'],
  ])('%s', (written, expected) => expect(written).toBe(expected));
});

it('the wait for the next try doubles up to 15 s, and differs from page to page', () => {
  expect([0, 1, 2, 3, 4, 9].map((failures) => waitAfter(failures, 0))).toEqual([
    1000, 2000, 4000, 8000, 15_000, 15_000,
  ]);
  expect(waitAfter(0, 0.999)).toBe(750);
});
