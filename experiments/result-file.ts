// Owns the files of results: one JSON per experiment, with when and on what it was measured, so that a number can be judged.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname } from 'node:path';

export interface ResultFile<Result = unknown> {
  readonly title: string;
  /** ISO 8601, to the second. */
  readonly measuredAt: string;
  /** null: nobody looked at the clock. */
  readonly tookSeconds: number | null;
  readonly machine: { readonly node: string; readonly system: string; readonly cpu: string; readonly cores: number };
  readonly result: Result;
}

/** @param tookMs duration of the measurement; null = not known */
export function resultFile<Result>(title: string, tookMs: number | null, result: Result): ResultFile<Result> {
  const cpus = os.cpus();
  return {
    title,
    measuredAt: new Date().toISOString().replace(/\.\d+/, ''),
    tookSeconds: tookMs === null ? null : Math.round(tookMs / 1000),
    machine: {
      node: process.version,
      system: `${os.type()} ${os.arch()}`,
      cpu: cpus[0]?.model.trim() ?? 'unknown',
      cores: cpus.length,
    },
    result,
  };
}

export function writeResult(file: string, content: ResultFile): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

/** undefined when there is none. */
export function readResult<Result>(file: string): ResultFile<Result> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ResultFile<Result>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Where and when, in one line. */
export function provenance({ measuredAt, tookSeconds, machine }: ResultFile): string {
  const { node, system, cpu, cores } = machine;
  const took = tookSeconds === null ? '' : ` in ${tookSeconds} s`;
  return `Measured ${measuredAt.slice(0, 10)}${took} on ${cores} shared cores (${cpu}), ${system}, Node ${node.slice(1)}.`;
}
