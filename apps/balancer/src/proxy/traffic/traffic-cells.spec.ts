import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf, DURATION_BOUNDS } from '../../telemetry/buckets.js';
import { causes, SILENT_ENDS } from '../answers/causes.js';
import { endIndex, ENDS, METHOD_CLASSES, methodClass, STATUS_CLASSES, statusOfEnd } from './ends.js';
import { TrafficCells, readRow } from './traffic-cells.js';
import { beginOfRow, NO_ROW, ROW } from './traffic-layout.js';

describe('the cells of traffic', () => {
  it('keep every count apart from every other, whichever worker, row, method and end it is of', () => {
    const cells = TrafficCells.create(2, 3);
    const lanes = [cells.lane(0), cells.lane(1)];
    [0, 1, 2].forEach((row) => cells.use(row));
    const places = lanes.flatMap((lane) =>
      [NO_ROW, 0, 1, 2].flatMap((row) =>
        METHOD_CLASSES.flatMap((_, method) => ENDS.map((__, end) => ({ lane, row, method, end }))),
      ),
    );
    const expected = new Map<number, number[]>();
    places.forEach(({ lane, row, method, end }, index) => {
      for (let time = 0; time <= index % 3; time++) lane.request(row, method, end);
      const numbers = expected.get(row) ?? new Array<number>(METHOD_CLASSES.length * ENDS.length).fill(0);
      numbers[method * ENDS.length + end] += (index % 3) + 1;
      expected.set(row, numbers);
    });
    for (const row of [NO_ROW, 0, 1, 2]) {
      const { requests, upstream, received, sent } = readRow(cells.row(row));
      expect(requests).toEqual(expected.get(row));
      expect([upstream.sum, received, sent]).toEqual([0, 0, 0]);
    }
    const inAll = [...expected.values()].reduce((sum, numbers) => sum.map((count, index) => count + numbers[index]));
    expect(cells.requests()).toEqual(inAll);
    expect(cells.durations().every(({ buckets }) => buckets.every((count) => count === 0))).toBe(true);
    expect(cells.bytesOf(1)).toEqual({ received: 0, sent: 0 });
    expect(cells.laneNumber(1, 'accepted')).toBe(0);
  });

  it('add up what all workers counted', () => {
    const cells = TrafficCells.create(2, 1);
    cells.use(0);
    cells.lane(0).request(0, 0, 1);
    cells.lane(1).request(NO_ROW, 0, 1);
    cells.lane(0).duration(1, 0.002);
    cells.lane(1).duration(1, 99);
    expect(cells.requests()[1]).toBe(2);
    const [, ok] = cells.durations();
    expect(ok.sum).toBeCloseTo(99.002);
    expect(ok.buckets.at(-1)).toBe(1);
    expect(ok.buckets.reduce((sum, count) => sum + count)).toBe(2);
  });

  it('keep what a worker that died had counted, and drop what it held open', () => {
    const cells = TrafficCells.create(2, 1);
    for (const worker of [0, 1]) {
      const lane = cells.lane(worker);
      lane.add('connections', 3);
      lane.add('accepted', 5);
      lane.set('waiting', 2);
    }
    cells.clearWorker(0);
    expect([0, 1].map((worker) => cells.laneNumber(worker, 'connections'))).toEqual([0, 3]);
    expect([0, 1].map((worker) => cells.laneNumber(worker, 'waiting'))).toEqual([0, 2]);
    expect([0, 1].map((worker) => cells.laneNumber(worker, 'accepted'))).toEqual([5, 5]);
  });

  it('lie in memory that another thread can open', () => {
    const cells = TrafficCells.create(1, 2);
    new TrafficCells(cells.buffer).lane(0).bytes(1, 10, 20);
    expect(readRow(cells.row(1))).toMatchObject({ received: 10, sent: 20 });
  });

  it('tell the bytes of a worker over all rows that were ever used, and those of no replica', () => {
    const cells = TrafficCells.create(2, 4);
    cells.use(2);
    cells.use(0);
    cells.lane(1).bytes(0, 1, 10);
    cells.lane(1).bytes(2, 2, 20);
    cells.lane(1).bytes(NO_ROW, 4, 40);
    expect([cells.bytesOf(0), cells.bytesOf(1)]).toEqual([
      { received: 0, sent: 0 },
      { received: 7, sent: 70 },
    ]);
  });

  it('lie where a request touches few lines of the cache: a row begins with one, and what is short in it too', () => {
    for (const row of [NO_ROW, 0, 1, 7]) expect(beginOfRow(row) % 8).toBe(0);
    const tenMilliseconds = 1 + DURATION_BOUNDS.indexOf(0.01);
    expect(ROW.upstream + tenMilliseconds).toBeLessThan(8);
  });
});

describe('a bucket', () => {
  it('holds what is at most its bound and above the one before', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100, noNaN: true }), (seconds) => {
        const index = bucketOf(DURATION_BOUNDS, seconds);
        expect(seconds <= (DURATION_BOUNDS[index] ?? Infinity)).toBe(true);
        expect(seconds > (DURATION_BOUNDS[index - 1] ?? -1)).toBe(true);
      }),
    );
  });
});

describe('the end of a request', () => {
  it('is found by its index, for every cause and every status', () => {
    for (const [cause, { status }] of Object.entries(causes)) {
      const end = ENDS[endIndex(cause as keyof typeof causes, 0)];
      expect([end.cause, STATUS_CLASSES[end.status]]).toEqual([cause, `${Math.floor(status / 100)}xx`]);
    }
    for (const cause of Object.keys(SILENT_ENDS) as (keyof typeof SILENT_ENDS)[])
      expect(ENDS[endIndex(cause, 200)].cause).toBe(cause);
    for (const [status, shown] of [
      [101, '1xx'],
      [204, '2xx'],
      [399, '3xx'],
      [499, '4xx'],
      [599, '5xx'],
      [999, '5xx'],
      [0, '1xx'],
    ] as const)
      expect([
        ENDS[endIndex('answered', status)].cause,
        STATUS_CLASSES[ENDS[endIndex('answered', status)].status],
      ]).toEqual(['', shown]);
  });

  it('is in the duration histogram of the status that belongs to it', () => {
    expect(ENDS.map((_, end) => statusOfEnd(end))).toEqual(ENDS.map(({ status }) => status));
  });

  it.each([
    ['GET', 'safe'],
    ['HEAD', 'safe'],
    ['OPTIONS', 'safe'],
    ['TRACE', 'safe'],
    ['PUT', 'idempotent'],
    ['DELETE', 'idempotent'],
    ['POST', 'other'],
    ['PATCH', 'other'],
    ['BREW', 'other'],
    [undefined, 'other'],
  ])('belongs to the class of its method: %s', (method, expected) => {
    expect(METHOD_CLASSES[methodClass(method)]).toBe(expected);
  });
});
