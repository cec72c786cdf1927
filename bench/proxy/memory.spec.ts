import { expect, it } from '@jest/globals';
import { type MemoryRun, memoryTable, memoryVerdict } from './memory.ts';

const run = (growth: number): MemoryRun => ({
  lane: 'express',
  connections: 64,
  samples: Array.from({ length: 40 }, (_, k) => ({ requests: 25_000 * (k + 1), rss: 100 + growth * k })),
});

it('a lane whose memory stays is flat, one that keeps 20 MiB of a million requests is not', () => {
  expect(memoryVerdict(run(0)).flat).toBe(true);
  expect(memoryVerdict(run(1)).flat).toBe(false);
  expect(memoryTable(run(1))).toContain('| express lane | 1,000,000 | 114.5 | 134.5 | 40.00 | **no** |');
});
