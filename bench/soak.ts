// Owns the command of the soak: thousands of births and deaths on each runtime, the verdicts, the result file, the chart and
// docs/soak.md. Ends with status 1 when anything was not flat.
//
//   node bench/soak.ts [--runtime=process|docker] [--births=N] [--draw]
//   --draw measures nothing: chart and page are made again from the result file
//   With --runtime the stored run of the other runtime stays; with --births nothing is written: that is for looking.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeCharts } from '../experiments/charts/render.ts';
import { fillPage } from '../experiments/page/page.ts';
import { Progress } from '../experiments/progress.ts';
import { provenance, readResult, resultFile, writeResult } from '../experiments/result-file.ts';
import { cleanUp } from '../experiments/system/balancer.ts';
import { soakChart } from './soak/chart.ts';
import { churn, type SoakPlan, type SoakRun } from './soak/churn.ts';
import { type SoakResult, soakTables, verdicts } from './soak/result.ts';

const HERE = import.meta.dirname;
const RESULTS = join(HERE, 'results');
const FILE = join(RESULTS, 'soak.json');
const PAGE = join(HERE, '..', 'docs', 'soak.md');
const PLANS: readonly SoakPlan[] = [
  { runtime: 'process', replicas: 24, births: 2000, samples: 20 },
  { runtime: 'docker', replicas: 8, births: 104, samples: 8 },
];

const { values } = parseArgs({
  options: {
    draw: { type: 'boolean', default: false },
    runtime: { type: 'string' },
    births: { type: 'string' },
  },
});
const births = values.births === undefined ? undefined : Number(values.births);
if (births !== undefined && !(Number.isInteger(births) && births > 0))
  throw new Error(`--births=${values.births} must be a whole number above 0`);
if (values.runtime !== undefined && !PLANS.some(({ runtime }) => runtime === values.runtime))
  throw new Error(`--runtime=${values.runtime} must be process or docker`);

const plans = PLANS.filter(({ runtime }) => values.runtime === undefined || runtime === values.runtime);
if (births !== undefined) {
  report({ runs: await soakAll(plans.map((plan) => ({ ...plan, births }))) });
} else {
  if (!values.draw) await measure();
  const stored = readResult<SoakResult>(FILE);
  if (!stored) throw new Error('There is no result yet: npm run soak');
  await writeCharts([soakChart(stored.result)], RESULTS);
  const picture = '![Memory over births](../bench/results/soak.png)';
  fillPage(PAGE, 'soak', [picture, soakTables(stored.result), provenance(stored)].join('\n\n'));
  report(stored.result);
}

/** Runs of a runtime that is not measured now stay as they are stored. */
async function measure(): Promise<void> {
  const measured = await soakAll(plans);
  const before = readResult<SoakResult>(FILE)?.result.runs ?? [];
  const runs = PLANS.flatMap(({ runtime }) => [...measured, ...before].find((run) => run.runtime === runtime) ?? []);
  const timed = runs.flatMap(({ seconds }) => seconds ?? []);
  const tookMs = timed.length < runs.length ? null : timed.reduce((sum, seconds) => sum + 1000 * seconds, 0);
  writeResult(FILE, resultFile('Births and deaths of replicas', tookMs, { runs }));
}

async function soakAll(all: readonly SoakPlan[]): Promise<SoakRun[]> {
  const progress = new Progress(all.reduce((sum, plan) => sum + plan.births, 0));
  const runs: SoakRun[] = [];
  try {
    for (const plan of all) {
      progress.label(`${plan.runtime} runtime: ${plan.births} births and deaths`);
      runs.push(await churn(plan, (born) => progress.step(born)));
    }
  } finally {
    progress.end();
    await cleanUp();
  }
  return runs;
}

function report(result: SoakResult): void {
  process.stdout.write(`\n${soakTables(result)}\n\n`);
  const leaks = result.runs.flatMap((run) => verdicts(run).filter(({ flat }) => !flat));
  for (const { process: which, what, reason } of leaks)
    process.stdout.write(`Not flat: ${what} of ${which}: ${reason}\n`);
  process.stdout.write(leaks.length === 0 ? 'All flat.\n' : '');
  process.exitCode = leaks.length === 0 ? 0 : 1;
}
