// Owns the command of the life benchmark: how long a replica is away after a crash, and how long it takes to add one, with and
// without a standby, against what the engine itself needs; then the result file and the section of docs/orchestrator.md.
//
//   node bench/life.ts [--rounds=20] [--draw | --phases]   (--draw measures nothing: the section is made again from the result
//   file; --phases tells where the time of a crash goes, and writes nothing)
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillPage } from '../experiments/page/page.ts';
import { Progress } from '../experiments/progress.ts';
import { provenance, readResult, resultFile, writeResult } from '../experiments/result-file.ts';
import type { BenchRuntime } from './system/balancer.ts';
import { engineAnswers } from './life/bare.ts';
import { measure } from './life/measure.ts';
import { phases } from './life/phases.ts';
import { N } from './life/pool.ts';
import { type LifeResult, lifeTable, loadNote } from './life/result.ts';

const HERE = import.meta.dirname;
const FILE = join(HERE, 'results', 'life.json');
const PAGE = join(HERE, '..', 'docs', 'orchestrator.md');
/** No further round begins on a runtime after so long. */
const RUNTIME_MS = 240_000;

const { values } = parseArgs({
  options: {
    draw: { type: 'boolean', default: false },
    phases: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '20' },
  },
});
const rounds = Number(values.rounds);
if (!(Number.isSafeInteger(rounds) && rounds >= 1 && rounds <= 200)) throw new Error('--rounds must be 1 to 200');
if (values.phases) await showPhases();
else {
  if (!values.draw) await measureAll();
  draw();
}

function draw(): void {
  const stored = readResult<LifeResult>(FILE);
  if (!stored) throw new Error('There is no result yet: npm run bench:life');
  const table = lifeTable(stored.result);
  const origin = `${provenance(stored)} ${loadNote(stored.result, stored.machine.cores)}`;
  fillPage(PAGE, 'life', [table, origin].join('\n\n'));
  process.stdout.write(`\n${table}\n\n${origin}\n`);
}

async function runtimesHere(): Promise<BenchRuntime[]> {
  return (await engineAnswers()) ? ['docker', 'process'] : ['process'];
}

async function showPhases(): Promise<void> {
  const runtimes = await runtimesHere();
  const progress = new Progress(runtimes.length * rounds);
  const tables: string[] = [];
  for (const runtime of runtimes) {
    progress.label(runtime);
    tables.push(await phases(runtime, rounds, () => progress.step()));
  }
  progress.end();
  process.stdout.write(`\n${tables.join('\n\n')}\n`);
}

async function measureAll(): Promise<void> {
  const runtimes = await runtimesHere();
  const progress = new Progress(runtimes.length * rounds);
  const began = performance.now();
  const [loadBefore = 0] = loadavg();
  const measured = [];
  for (const runtime of runtimes) {
    progress.label(runtime);
    const giveUpAt = performance.now() + RUNTIME_MS;
    measured.push({ runtime, samples: await measure(runtime, rounds, giveUpAt, () => progress.step()) });
  }
  progress.end();
  writeResult(
    FILE,
    resultFile('A crash, and an addition', performance.now() - began, { replicas: N, loadBefore, runtimes: measured }),
  );
}
