// Owns the shape of the life benchmark's result, what is to be reached, and the table that is made of it. Pure.
import { number, table } from '../../experiments/page/markdown.ts';

/** Milliseconds, one per round. */
export interface Samples {
  /** Create, start, first answer, without us. */
  readonly bare: number[];
  /** SIGKILL until the same slot answers. */
  readonly crash: number[];
  /** Call of /add until the new name answers. */
  readonly add: number[];
  readonly standbyCrash: number[];
  readonly standbyAdd: number[];
}

export interface LifeResult {
  readonly replicas: number;
  /** Load average of the machine over the minute before, with nothing of ours in it: above its cores, the times are others' too. */
  readonly loadBefore: number;
  readonly runtimes: readonly { readonly runtime: string; readonly samples: Samples }[];
}

/** A crash may cost so much of what the engine needs by itself. */
const MOST_OF_BARE = 1.5;
const ROWS: readonly { readonly key: keyof Samples; readonly what: string; readonly most?: number }[] = [
  { key: 'bare', what: 'bare: create, start, first answer' },
  { key: 'crash', what: 'crash → same slot answers' },
  { key: 'standbyCrash', what: 'crash → same slot answers, `STANDBY=1`', most: 150 },
  { key: 'add', what: '`/add` → new name answers' },
  { key: 'standbyAdd', what: '`/add` → new name answers, `STANDBY=1`', most: 100 },
];

/** @param part 0 to 1: the least sample that so much of all are not above */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}

export function lifeTable({ runtimes }: LifeResult): string {
  const rows = runtimes.flatMap(({ runtime, samples }) =>
    ROWS.map(({ key, what, most }) => {
      const all = samples[key];
      const median = quantile(all, 0.5);
      const limit = key === 'crash' ? MOST_OF_BARE * quantile(samples.bare, 0.5) : most;
      const goal = limit === undefined ? '' : `≤ ${number(limit)}${key === 'crash' ? ' (1.5 × bare)' : ''}`;
      const verdict = limit === undefined ? '' : median <= limit ? 'reached' : 'missed';
      const cells = [Math.min(...all), median, quantile(all, 0.95), Math.max(...all)].map((ms) => number(ms));
      return [runtime, what, String(all.length), ...cells, goal, verdict];
    }),
  );
  return table(['runtime', 'ms', 'rounds', 'least', 'p50', 'p95', 'most', 'p50 is to be', ''], rows);
}

/** In words, for below the table. */
export function loadNote({ loadBefore }: LifeResult, cores: number): string {
  const busy =
    loadBefore > cores
      ? 'the machine was busy with other things, which all of these times contain'
      : 'the machine was free';
  return `The load average before it was ${number(loadBefore, 1)} on ${cores} cores: ${busy}.`;
}
