// The page says what the result files say: nothing on it is typed by hand.
import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readResult } from '../../experiments/result-file.ts';
import type { MemoryRun } from './memory.ts';
import { memorySection, proxySection } from './page.ts';
import type { ProxyResult } from './result.ts';

const RESULTS = join(import.meta.dirname, '../results');
const page = readFileSync(join(import.meta.dirname, '../../docs/performance.md'), 'utf8');

it('docs/performance.md shows the tables of bench/results/proxy.json', () => {
  const file = readResult<ProxyResult>(join(RESULTS, 'proxy.json'));
  expect(page).toContain(file ? proxySection(file) : '<!-- proxy: end -->');
});

it('docs/performance.md shows the series of bench/results/proxy-memory.json', () => {
  const file = readResult<MemoryRun>(join(RESULTS, 'proxy-memory.json'));
  expect(page).toContain(file ? memorySection(file) : '<!-- memory: end -->');
});
