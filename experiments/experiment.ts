// Owns what an experiment is: a run that gives a plain JSON result, and the charts and tables that are made of it. The result
// is all they know, so that they can be made again from a file.
import type { Chart } from './charts/chart.ts';
import type { Progress } from './progress.ts';
import type { RuntimeChoice } from './system/pool.ts';

export interface Context {
  readonly runtime: RuntimeChoice;
  readonly progress: Progress;
}

export interface Experiment<Result = unknown> {
  /** `a1`: names the command, the result files and the place on the page. */
  readonly id: string;
  readonly title: string;
  /** How many steps it will tell `progress`. */
  readonly steps: number;
  run(context: Context): Promise<Result>;
  charts(result: Result): Chart[];
  /** Markdown for docs/experiments.md. */
  tables(result: Result): string;
}

/** Keeps the result type of one experiment together, and forgets it for a list of several. */
export function experiment<Result>(definition: Experiment<Result>): Experiment {
  return definition;
}
