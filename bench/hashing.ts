// Owns the command of the hashing benchmark: each contestant in processes of its own, one after the other, then the result
// file, the chart and the section of docs/hashing.md.
//
//   node bench/hashing.ts [--draw]      (--draw measures nothing: chart and section are made again from the result file)
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { writeCharts } from '../experiments/charts/render.ts';
import { installPackages } from '../experiments/optional-packages.ts';
import { fillPage } from '../experiments/page/page.ts';
import { Progress } from '../experiments/progress.ts';
import { provenance, readResult, resultFile, writeResult } from '../experiments/result-file.ts';
import { hashingChart } from './hashing/chart.ts';
import { CONTESTANTS, type Measurement, SIZES } from './hashing/measure.ts';
import { best, type HashingResult, hashingTables } from './hashing/result.ts';

const HERE = import.meta.dirname;
const RESULTS = join(HERE, 'results');
const FILE = join(RESULTS, 'hashing.json');
const PAGE = join(HERE, '..', 'docs', 'hashing.md');
const CONTESTANT_MS = 120_000;
/** Each contestant runs so often, the others in between: a busy moment of the machine spoils one pass of one of them. */
const PASSES = 3;

const { values } = parseArgs({ options: { draw: { type: 'boolean', default: false } } });
if (!values.draw) await measureAll();
const stored = readResult<HashingResult>(FILE);
if (!stored) throw new Error('There is no result yet: npm run bench:hashing');
await writeCharts([hashingChart(stored.result)], RESULTS);
const tables = hashingTables(stored.result);
const picture = '![Build and lookup over the number of members](../bench/results/hashing.png)';
fillPage(PAGE, 'bench', [picture, tables, provenance(stored)].join('\n\n'));
process.stdout.write(`\n${tables}\n\n${provenance(stored)}\n`);

async function measureAll(): Promise<void> {
  await installPackages(HERE);
  const progress = new Progress(CONTESTANTS.length * PASSES);
  const began = performance.now();
  const passes = new Map<string, Measurement[][]>();
  for (let pass = 1; pass <= PASSES; pass++) {
    for (const { name } of CONTESTANTS) {
      progress.label(`${name}, pass ${pass} of ${PASSES}`);
      const args = ['--no-deprecation', join(HERE, 'hashing', 'measure.ts'), name];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: CONTESTANT_MS });
      passes.set(name, [...(passes.get(name) ?? []), JSON.parse(stdout) as Measurement[]]);
      progress.step();
    }
  }
  const contestants = CONTESTANTS.map(({ name, ours }) => ({ name, ours, measured: best(passes.get(name) ?? []) }));
  progress.end();
  writeResult(
    FILE,
    resultFile('Building a placement and looking up a key', performance.now() - began, { sizes: SIZES, contestants }),
  );
}
