import { expect, it } from '@jest/globals';
import { type MemoryRun, memoryTable, memoryVerdicts } from './memory.ts';

const run = (growth: number): MemoryRun => ({
  lane: 'express',
  connections: 64,
  samples: Array.from({ length: 40 }, (_, k) => ({
    requests: 25_000 * (k + 1),
    standing: 150 + (k % 3),
    rss: 100 + growth * k,
    heap: 20,
  })),
});

it('a lane whose memory stays is flat, one that keeps 40 MiB of a million requests is not', () => {
  expect(memoryVerdicts(run(0)).map(({ flat }) => flat)).toEqual([true, true]);
  expect(memoryVerdicts(run(1)).map(({ flat }) => flat)).toEqual([false, true]);
});

it('shows both series, and how much there was with the garbage', () => {
  const text = memoryTable(run(1));
  expect(text).toContain('1,000,000 requests over 64 connections. Most resident with its garbage: 152 MiB.');
  expect(text).toContain('| resident memory (MiB) | 114.5 | 134.5 | 40.00 | **no** |');
  expect(text).toContain('| heap in use (MiB) | 20.0 | 20.0 | 0.00 | yes |');
});
