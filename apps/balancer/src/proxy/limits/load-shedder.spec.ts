import { describe, expect, it } from '@jest/globals';
import { LoadShedder, SHED_FOR } from './load-shedder.js';

const MiB = 1024 ** 2;

describe('a worker with more to do than it can', () => {
  it.each<[string, { maxLag: number; maxMemory: number }, [number, number, number][], boolean[]]>([
    [
      'is late twice in a row',
      { maxLag: 1000, maxMemory: 0 },
      [
        [0, 1200, 0],
        [1250, 1100, 0],
      ],
      [false, true],
    ],
    [
      'not after one sleep, however long',
      { maxLag: 1000, maxMemory: 0 },
      [
        [0, 60_000, 0],
        [50, 0, 0],
        [1500, 1400, 0],
      ],
      [false, false, false],
    ],
    [
      'uses too much memory',
      { maxLag: 0, maxMemory: 100 * MiB },
      [
        [0, 0, 99 * MiB],
        [50, 0, 101 * MiB],
      ],
      [false, true],
    ],
    [
      'never without limits',
      { maxLag: 0, maxMemory: 0 },
      [
        [0, 9e9, 9e15],
        [50, 9e9, 9e15],
      ],
      [false, false],
    ],
  ])('sheds when it %s', (_, rules, looks, expected) => {
    const shedder = new LoadShedder(rules);
    expect(
      looks.map(([now, lag, memory]) => {
        shedder.look(now, lag, memory);
        return shedder.shedding;
      }),
    ).toEqual(expected);
  });

  it('sheds for a while, and until what was too much is well below its limit', () => {
    const shedder = new LoadShedder({ maxLag: 1000, maxMemory: 100 });
    const after = (now: number, lag: number, memory: number) => {
      shedder.look(now, lag, memory);
      return shedder.shedding;
    };
    expect(after(0, 0, 101)).toBe(true);
    expect(after(50, 0, 10)).toBe(true);
    expect(after(SHED_FOR, 0, 95)).toBe(true);
    expect(after(SHED_FOR + 50, 600, 10)).toBe(true);
    expect(after(SHED_FOR + 100, 400, 10)).toBe(false);
  });
});
