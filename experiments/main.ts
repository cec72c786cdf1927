// Owns the command: which experiments run on which runtime, in which order their results, charts and tables are written.
//
//   node experiments/main.ts a1|a2|a3|a4|a5|all [--runtime auto|process|docker] [--draw]
//
// --draw measures nothing: charts and tables are made again from the result files.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeCharts } from './charts/render.ts';
import type { Experiment } from './experiment.ts';
import { fillPage } from './page/page.ts';
import { Progress } from './progress.ts';
import { provenance, readResult, resultFile, writeResult } from './result-file.ts';
import { a1 } from './runs/a1.ts';
import { a2 } from './runs/a2.ts';
import { a3 } from './runs/a3.ts';
import { a4 } from './runs/a4.ts';
import { a5 } from './runs/a5.ts';
import { cleanUp } from './system/balancer.ts';
import type { RuntimeChoice } from './system/pool.ts';

const EXPERIMENTS = [a1, a2, a3, a4, a5];
const RUNTIMES: readonly RuntimeChoice[] = ['auto', 'process', 'docker'];
const RESULTS = join(import.meta.dirname, 'results');
const PAGE = join(import.meta.dirname, '..', 'docs', 'experiments.md');
const USAGE = `npm run experiment ${EXPERIMENTS.map(({ id }) => id).join('|')}|all [-- --runtime ${RUNTIMES.join('|')}] [--draw]`;

/** Said without a stack: the reader can do something about it. */
class UsageError extends Error {}

interface Order {
  readonly experiments: readonly Experiment[];
  readonly runtime: RuntimeChoice;
  readonly drawOnly: boolean;
}

// Ctrl-C reaches the balancer as well, which then ends its pool by itself; a SIGTERM reaches us alone.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));

try {
  await carryOut(readOrder(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}

async function carryOut({ experiments, runtime, drawOnly }: Order): Promise<void> {
  if (!drawOnly) {
    const progress = new Progress(experiments.reduce((sum, { steps }) => sum + steps, 0));
    try {
      for (const one of experiments) {
        progress.say(`${one.id}: ${one.title}`);
        const began = performance.now();
        const result = await one.run({ runtime, progress });
        writeResult(fileOf(one), resultFile(one.title, performance.now() - began, result));
      }
    } finally {
      progress.label('cleaning up');
      await cleanUp();
      progress.end();
    }
  }
  for (const one of experiments) await show(one);
}

async function show(one: Experiment): Promise<void> {
  const stored = readResult(fileOf(one));
  if (!stored) throw new UsageError(`There is no result of ${one.id} yet: npm run experiment ${one.id}`);
  const charts = one.charts(stored.result);
  await writeCharts(charts, RESULTS);
  const pictures = charts.map(({ name }) => `![${one.title}](../experiments/results/${name}.png)`);
  const tables = one.tables(stored.result);
  fillPage(PAGE, one.id, [...pictures, tables, provenance(stored)].join('\n\n'));
  process.stdout.write(`\n${one.id}: ${one.title}\n\n${tables}\n`);
}

function fileOf({ id }: Experiment): string {
  return join(RESULTS, `${id}.json`);
}

function readOrder(args: string[]): Order {
  const { values, positionals } = parsed(args);
  const wanted = positionals.includes('all') ? EXPERIMENTS.map(({ id }) => id) : positionals;
  const runtime = RUNTIMES.find((one) => one === values.runtime);
  const unknown = wanted.filter((id) => !EXPERIMENTS.some((one) => one.id === id));
  if (wanted.length === 0 || unknown.length > 0 || !runtime) throw new UsageError(USAGE);
  return { experiments: EXPERIMENTS.filter(({ id }) => wanted.includes(id)), runtime, drawOnly: values.draw };
}

function parsed(args: string[]) {
  try {
    const options = {
      runtime: { type: 'string', default: 'auto' },
      draw: { type: 'boolean', default: false },
    } as const;
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}
