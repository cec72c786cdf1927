// Owns the command of the fuzzer: the built parsers of the express lane beside llhttp in strict mode, over drawn heads and chunked
// bodies, by the million; or over inputs that are chosen by what they make the parsers do. Ends with status 1 at the first input
// on which the two disagree, and prints it.
//
//   node bench/fuzz.ts [--inputs=2000000] [--seed=1] [--from=0] [--minutes=20]     (--from: the number of a printed input)
//   node bench/fuzz.ts --guided [--inputs=20000] [--seed=1]                        (inputs for each parser, twice: see docs/wire.md)
import { parseArgs } from 'node:util';
import { table } from '../experiments/page/markdown.ts';
import { Progress } from '../experiments/progress.ts';
import { BlockCoverage } from './fuzz/block-coverage.ts';
import { fuzzByCoverage } from './fuzz/guided.ts';
import { type FuzzTarget, TARGETS } from './fuzz/targets.ts';

const { seededDraw } = await import('../apps/balancer/src/proxy/wire/testing/fuzz/draw.ts');

/** From nearly legal to nearly nothing legal. */
const ODD_IN = [6, 12, 25, 60];
/** Whose turn it is. */
const TURNS = TARGETS.flatMap((target) => Array.from({ length: target.share }, () => target));

const { values } = parseArgs({
  options: {
    guided: { type: 'boolean', default: false },
    inputs: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    from: { type: 'string', default: '0' },
    minutes: { type: 'string', default: '20' },
  },
});
const [inputs, seed, from, minutes] = [
  values.inputs ?? (values.guided ? '20000' : '2000000'),
  values.seed,
  values.from,
  values.minutes,
].map(Number) as [number, number, number, number];
if (![inputs, seed, from].every(Number.isSafeInteger) || inputs < 1 || !(minutes > 0))
  throw new Error('--inputs, --seed and --from must be whole numbers, --minutes more than 0');
process.exitCode = (await (values.guided ? runGuided() : runDrawn())) ? 0 : 1;

/** @returns whether no two readers disagreed */
async function runDrawn(): Promise<boolean> {
  const counts = new Map<string, number>();
  const progress = new Progress(inputs);
  progress.label(`seed ${seed}`);
  const began = performance.now();
  let number = from;
  for (; number < from + inputs; number++) {
    if (number % 1024 === 0) {
      progress.step(Math.min(1024, number - from));
      // Node lets go of closed connections only between turns.
      await new Promise(setImmediate);
      if (performance.now() - began > minutes * 60_000) break;
    }
    // Each input has a seed of its own, so that one can be had again without those before it.
    const draw = seededDraw(Math.imul(number, 0x9e3779b1) ^ seed);
    const target = TURNS[number % TURNS.length];
    const input = target.draw(draw, ODD_IN[number % ODD_IN.length]);
    const { outcome, fault } = await target.judge(input, draw);
    const what = `${target.name}: ${outcome}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
    if (fault === undefined) continue;
    progress.end();
    process.stdout.write(`input ${number} of seed ${seed}: ${target.name}: ${fault}\n${JSON.stringify(input)}\n`);
    return false;
  }
  progress.end();
  const seconds = (performance.now() - began) / 1000;
  const told = [...counts].map(([what, count]) => `${what} ${count.toLocaleString('en-US')}`).sort();
  const done = (number - from).toLocaleString('en-US');
  process.stdout.write(
    `${done} inputs of seed ${seed} in ${Math.round(seconds)} s, no disagreement\n${told.join('\n')}\n`,
  );
  return true;
}

/** @returns whether no two readers disagreed */
async function runGuided(): Promise<boolean> {
  const progress = new Progress(TARGETS.length * 2 * inputs);
  progress.label(`seed ${seed}`);
  const coverage = new BlockCoverage();
  const rows: string[][] = [];
  for (const target of TARGETS) {
    for (const keeps of [false, true]) {
      const run = await fuzzByCoverage(target, coverage, seededDraw(seed), inputs, keeps, () => progress.step());
      if (run.fault) {
        progress.end();
        process.stdout.write(`seed ${seed}: ${faultText(target, run.fault)}`);
        return false;
      }
      const percent = `${(100 * run.reached).toFixed(1)} %`;
      const numbers = [run.inputs, run.corpus, run.behaviours].map((count) => count.toLocaleString('en-US'));
      rows.push([target.name, keeps ? 'guided' : 'not guided', ...numbers, percent]);
    }
  }
  progress.end();
  const titles = ['parser', 'inputs are', 'inputs', 'kept', 'behaviours', 'code reached'];
  process.stdout.write(`${table(titles, rows)}\n\nseed ${seed}, no disagreement\n`);
  return true;
}

function faultText({ name }: FuzzTarget, { input, reason }: { input: string; reason: string }): string {
  return `${name}: ${reason}\n${JSON.stringify(input)}\n`;
}
