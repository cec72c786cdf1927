// Owns the generated parts of docs/performance.md, each made of one result file. Pure.
import { provenance, type ResultFile } from '../../experiments/result-file.ts';
import { type MemoryRun, memoryTable } from './memory.ts';
import type { ProxyResult } from './result.ts';
import { proxyTables } from './tables.ts';

const PICTURE = '![CPU per request of each proxy, case by case](../bench/results/proxy.png)';

export function proxySection(file: ResultFile<ProxyResult>): string {
  return [PICTURE, proxyTables(file.result), provenance(file)].join('\n\n');
}

export function memorySection(file: ResultFile<MemoryRun>): string {
  return [memoryTable(file.result), provenance(file)].join('\n\n');
}
