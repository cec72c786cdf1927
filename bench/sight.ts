// Owns the command of the sight benchmark: what it costs a request to be counted, traced and logged, in CPU of the data process;
// then the result file and the section of docs/observability.md. Ends with status 1 when something costs more than it may.
//
//   node bench/sight.ts [--pairs=15] [--requests=3000] [--draw]   (--draw measures nothing: the section is made again)
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillPage } from '../experiments/page/page.ts';
import { Progress } from '../experiments/progress.ts';
import { provenance, readResult, resultFile, writeResult } from '../experiments/result-file.ts';
import { type Contest, measure, SETTINGS } from './sight/measure.ts';
import { extraCost, type Measured, type SightResult, sightTable } from './sight/result.ts';

const HERE = import.meta.dirname;
const FILE = join(HERE, 'results', 'sight.json');
const PAGE = join(HERE, '..', 'docs', 'observability.md');

const PLAIN = { without: [], settings: SETTINGS };
const TRACED = { without: [], settings: { ...SETTINGS, trace: true } };
const CONTESTS: readonly (Contest & Pick<Measured, 'what' | 'most'>)[] = [
  {
    what: 'metrics, hot keys and `TRACE=true`',
    most: 0.05,
    without: { without: ['metrics', 'hot keys'], settings: SETTINGS },
    with: TRACED,
  },
  { what: 'metrics alone', most: null, without: { without: ['metrics'], settings: SETTINGS }, with: PLAIN },
  { what: 'nothing: the noise of the measurement', most: null, without: PLAIN, with: PLAIN },
];

const { values } = parseArgs({
  options: {
    draw: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '15' },
    requests: { type: 'string', default: '3000' },
  },
});
if (!values.draw) await measureAll(Number(values.pairs), Number(values.requests));
const stored = readResult<SightResult>(FILE);
if (!stored) throw new Error('There is no result yet: npm run bench:sight');
const table = sightTable(stored.result);
fillPage(PAGE, 'sight', [table, provenance(stored)].join('\n\n'));
process.stdout.write(`\n${table}\n\n${provenance(stored)}\n`);
const missed = stored.result.measured.filter((one) => one.most !== null && extraCost(one) > one.most);
process.exitCode = missed.length === 0 ? 0 : 1;

async function measureAll(pairs: number, requests: number): Promise<void> {
  if (!(Number.isSafeInteger(pairs) && pairs >= 1 && pairs <= 200)) throw new Error('--pairs must be 1 to 200');
  if (!(Number.isSafeInteger(requests) && requests >= 100)) throw new Error('--requests must be at least 100');
  const progress = new Progress(CONTESTS.length * pairs * 2);
  const began = performance.now();
  const measured: Measured[] = [];
  for (const { what, most, ...contest } of CONTESTS) {
    progress.label(what);
    measured.push({ what, most, pairs: await measure(contest, { pairs, requests }, () => progress.step()) });
  }
  progress.end();
  writeResult(FILE, resultFile('What sight costs', performance.now() - began, { requests, measured }));
}
