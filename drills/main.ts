// Owns the command: which drills run on which runtime, and where their results, pictures and page are written.
//
//   node drills/main.ts [NAME …] [--runtime process|docker] …      --help lists them
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fillPage } from '../experiments/page/page.ts';
import { Progress } from '../experiments/progress.ts';
import { readResult, resultFile, writeResult } from '../experiments/result-file.ts';
import { cleanUp } from '../experiments/system/balancer.ts';
import { catalogue } from './catalogue.ts';
import { type Drill, type MadeRuntime, Skipped } from './drill.ts';
import { type Order, readOrder, usage, UsageError } from './options.ts';
import { perform } from './perform.ts';
import { type Outcome, overview, pageOf } from './report/page.ts';
import { picture } from './report/picture.ts';
import type { DrillResult } from './result.ts';
import { engineAnswers } from './rig/engine-call.ts';

const ROOT = join(import.meta.dirname, '..');
const RESULTS = join(import.meta.dirname, 'results');
const PAGE = join(ROOT, 'docs', 'drills.md');
const ALL = catalogue({ events: 200, seed: 1 });
const IDS = ALL.map(({ id }) => id);
/** None below it is good enough for an exit status of 0. */
const PASSING = ['A', 'B'];

// Ctrl-C reaches the balancer as well, which then ends its pool by itself; a SIGTERM reaches us alone.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));

try {
  const order = readOrder(process.argv.slice(2), IDS);
  if (order.help) process.stdout.write(usage(IDS));
  else await carryOut(order);
} catch (error) {
  process.stderr.write(`${error instanceof UsageError ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
}

async function carryOut(order: Order): Promise<void> {
  const results = order.drawOnly ? [] : await runAll(order);
  writePage(order.out);
  if (results.length > 0) process.stdout.write(`\n${overview(results)}\n`);
  for (const { id, runtime, grade } of results)
    for (const reason of grade.reasons) process.stdout.write(`${id} (${runtime}), ${grade.letter}: ${reason}\n`);
  if (results.some(({ grade }) => !PASSING.includes(grade.letter))) process.exitCode = 1;
}

async function runAll(order: Order): Promise<DrillResult[]> {
  const drills = catalogue(order).filter(({ id }) => order.drills.includes(id));
  const withDocker = order.runtimes.includes('docker') && (await engineAnswers());
  if (!withDocker && order.runtimes.includes('docker') && order.runtimes.length === 1)
    throw new UsageError('no Docker engine answers: scripts/engine.sh start, or --runtime process');
  const runtimes = order.runtimes.filter((runtime) => runtime !== 'docker' || withDocker);
  const runs = runtimes.flatMap((runtime) =>
    drills.filter((drill) => drill.runtimes.includes(runtime)).map((drill) => ({ drill, runtime })),
  );
  const progress = new Progress(runs.length);
  const results: DrillResult[] = [];
  try {
    for (const { drill, runtime } of runs) {
      const result = await runOne(drill, runtime, order, progress);
      if (result) results.push(result);
      progress.step();
    }
  } finally {
    progress.label('cleaning up');
    await cleanUp();
    progress.end();
  }
  return results;
}

async function runOne(
  drill: Drill,
  runtime: MadeRuntime,
  { rate, seconds, out }: Order,
  progress: Progress,
): Promise<DrillResult | undefined> {
  progress.say(`${drill.id} (${runtime}): ${drill.title}`);
  const began = performance.now();
  try {
    const result = await perform(drill, runtime, {
      rate,
      seconds,
      onProgress: (what, tally) =>
        progress.label(`${what}${tally ? `, ${tally.sent} sent, ${tally.failed} failed` : ''}`),
    });
    writeResult(fileOf(drill.id, runtime, out), resultFile(drill.title, performance.now() - began, result));
    progress.say(`  ${result.grade.letter} ${result.grade.reasons.join('; ')}`);
    return result;
  } catch (error) {
    if (error instanceof Skipped) {
      progress.say(`  left out: ${error.message}`);
    } else {
      // The others are worth being carried out all the same.
      progress.say(`  not carried out: ${String((error as Error).stack)}`);
      process.exitCode = 1;
    }
    return undefined;
  }
}

/** From all results that there are, those of earlier runs too. */
function writePage(out: string | undefined): void {
  const page = out === undefined ? PAGE : join(out, 'drills.md');
  const outcomes = ALL.flatMap(({ id, runtimes }) =>
    runtimes.flatMap((runtime): Outcome[] => {
      const file = readResult<DrillResult>(fileOf(id, runtime, out));
      if (!file) return [];
      const svg = fileOf(id, runtime, out).replace(/json$/, 'svg');
      writeFileSync(svg, picture(file.result));
      return [{ file, picture: relative(join(page, '..'), svg) }];
    }),
  );
  if (out !== undefined && !existsSync(page)) {
    mkdirSync(out, { recursive: true });
    writeFileSync(page, '# Drills\n\n<!-- drills: made by `npm run drill` -->\n<!-- drills: end -->\n');
  }
  fillPage(page, 'drills', pageOf(outcomes));
}

function fileOf(id: string, runtime: MadeRuntime, out: string | undefined): string {
  return join(out ?? RESULTS, `${id}-${runtime}.json`);
}
