// Owns where the time of a crash goes: the moments that trace-hook.ts has written down inside a balancer, cut into the phases of
// each crash, and their medians as a table. For whoever works on it; what is promised is measured without it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { number, table } from '../../experiments/page/markdown.ts';
import { pause } from '../system/ask.ts';
import type { BenchRuntime } from '../system/balancer.ts';
import { bareInstance } from './bare.ts';
import { type Crash, Pool } from './pool.ts';
import { quantile } from './result.ts';

export interface Moment {
  /** Epoch milliseconds with decimals. */
  readonly at: number;
  readonly what: string;
  readonly subject: string;
}

/** Longer than the hook keeps lines back. */
const FLUSHED_MS = 1500;

/** @returns a table of medians in milliseconds: when each phase of a crash was over, and what a bare instance takes */
export async function phases(runtime: BenchRuntime, rounds: number, onRound: () => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-phases-'));
  const file = join(folder, 'moments.jsonl');
  const hook = { args: ['--import', join(import.meta.dirname, 'trace-hook.ts')], env: { LIFE_TRACE: file } };
  const crashes: Crash[] = [];
  const bare: number[] = [];
  try {
    const pool = await Pool.open(runtime, 0, hook);
    try {
      for (let round = 0; round < rounds; round++) {
        bare.push(await bareInstance(runtime, pool));
        crashes.push(await pool.crash(round));
        onRound();
      }
      await pause(FLUSHED_MS);
    } finally {
      await pool.balancer.end();
    }
    const moments = readFileSync(file, 'utf8').trimEnd().split('\n');
    return tableOf(
      runtime,
      bare,
      crashes,
      moments.map((line) => JSON.parse(line) as Moment),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tableOf(runtime: BenchRuntime, bare: number[], crashes: Crash[], moments: Moment[]): string {
  const all = crashes.map((crash) => phasesOf(crash, moments));
  const names = Object.keys(all[0] ?? {});
  const rows = names.map((name) => {
    const ended = all.map((one) => one[name] ?? NaN).filter((ms) => !Number.isNaN(ms));
    return [runtime, name, String(ended.length), number(quantile(ended, 0.5), 1), number(Math.min(...ended), 1)];
  });
  rows.push([
    runtime,
    'a bare instance: create, start, first answer',
    String(bare.length),
    number(quantile(bare, 0.5), 1),
    number(Math.min(...bare), 1),
  ]);
  return table(['runtime', 'since the SIGKILL, ms', 'of', 'p50', 'least'], rows);
}

/** Milliseconds from the signal to the end of each phase; NaN where it was not seen. */
function phasesOf({ at, took }: Crash, moments: readonly Moment[]): Record<string, number> {
  const own = moments.filter((moment) => moment.at >= at && moment.at <= at + took + FLUSHED_MS);
  const first = (what: string, from: number, subject = '') =>
    own.find((moment) => moment.what === what && moment.at >= from && moment.subject.includes(subject));
  const told = first('hint', at, 'died')?.at ?? NaN;
  const looked = first('list', told)?.at ?? NaN;
  const made = first('create: done', at);
  const id = made?.subject ?? 'nobody';
  const passed = first('probe', at, `passed ${id}`)?.at ?? NaN;
  const ends = {
    'death told': told,
    'generation stored': first('store: done', told)?.at,
    'successor made': made?.at,
    'death shown': first('list: done', looked)?.at,
    'start asked for': first('start', told, id)?.at,
    started: first('start: done', told, id)?.at,
    'asked for the first time': first('probe', told, id)?.at,
    'probe passed': passed,
    'table acknowledged': first('acknowledge: done', passed)?.at,
    answered: at + took,
  };
  return Object.fromEntries(Object.entries(ends).map(([name, end]) => [name, (end ?? NaN) - at]));
}
