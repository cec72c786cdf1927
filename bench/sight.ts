// Owns the command of the sight benchmark: what it costs a request to be counted, traced and logged, in CPU of the thread that carries it;
// then the result file and the section of docs/observability.md. Ends with status 1 when something costs more than it may: the access log,
// more than the same line costs nginx in the same run, where it is installed.
//
//   node bench/sight.ts [--pairs=15] [--requests=20000] [--only=TEXT] [--draw]
//
// --only measures what has the text in its name, and keeps nothing; --draw measures nothing: the section is made again.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillPage } from '../experiments/page/page.ts';
import { Progress } from '../experiments/progress.ts';
import { provenance, readResult, resultFile, writeResult } from '../experiments/result-file.ts';
import { startAnswering } from './proxy/answering/answering.ts';
import { divideCores } from './proxy/cores.ts';
import { type Contest, type Course, measure, SETTINGS } from './sight/measure.ts';
import { Nginx } from './sight/nginx.ts';
import { extraCost, type Measured, type SightResult, sightTable } from './sight/result.ts';

const HERE = import.meta.dirname;
const FILE = join(HERE, 'results', 'sight.json');
const PAGE = join(HERE, '..', 'docs', 'observability.md');

const PLAIN = { bare: false, settings: SETTINGS };
const BARE = { bare: true, settings: SETTINGS };
const TRACED = { bare: false, settings: { ...SETTINGS, trace: true } };
const NGINX = { combined: 'nginx: its access log, `combined`', json: 'nginx: the members of our line, as JSON' };

interface Contestants extends Contest {
  readonly what: string;
  /** In parts of what a request costs without; a name: what that costs in the same run. */
  readonly most: number | string | null;
}

const { values } = parseArgs({
  options: {
    draw: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '15' },
    requests: { type: 'string', default: '20000' },
    only: { type: 'string', default: '' },
  },
});
const measured = values.draw ? undefined : await measureAll(Number(values.pairs), Number(values.requests), values.only);
if (values.only === '') {
  const stored = readResult<SightResult>(FILE);
  if (!stored) throw new Error('There is no result yet: npm run bench:sight');
  const [began, ended] = stored.result.load;
  const disturbed = `Load average of the machine: ${began} before, ${ended} after.`;
  fillPage(PAGE, 'sight', [sightTable(stored.result), `${provenance(stored)} ${disturbed}`].join('\n\n'));
}
const shown = measured ?? readResult<SightResult>(FILE)?.result.measured ?? [];
process.stdout.write(`\n${sightTable({ measured: shown })}\n`);
const missed = shown.filter((one) => one.most !== null && extraCost(one) > one.most);
process.exitCode = missed.length === 0 ? 0 : 1;

function contests(logFile: string): Contestants[] {
  const logged = (format: 'combined' | 'json') => {
    const accessLog = { part: 1, format, file: logFile, mask: ['token', 'session'] } as const;
    return { bare: false, settings: { ...SETTINGS, accessLog } };
  };
  const nginx = (format: 'combined' | 'json'): Contestants[] =>
    Nginx.installed ? [{ what: NGINX[format], most: null, without: { nginx: 'off' }, with: { nginx: format } }] : [];
  return [
    { what: 'metrics, hot keys and `TRACE=true`', most: 0.05, without: BARE, with: TRACED },
    { what: 'metrics and hot keys', most: null, without: BARE, with: PLAIN },
    { what: 'nothing: the noise of the measurement', most: null, without: PLAIN, with: PLAIN },
    ...nginx('combined'),
    { what: '`ACCESS_LOG_FORMAT=combined`', most: NGINX.combined, without: PLAIN, with: logged('combined') },
    ...nginx('json'),
    { what: '`ACCESS_LOG=all`', most: NGINX.json, without: PLAIN, with: logged('json') },
  ];
}

async function measureAll(pairs: number, requests: number, only: string): Promise<Measured[]> {
  if (!(Number.isSafeInteger(pairs) && pairs >= 1 && pairs <= 200)) throw new Error('--pairs must be 1 to 200');
  if (!(Number.isSafeInteger(requests / 2) && requests >= 100))
    throw new Error('--requests must be even, and at least 100');
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-sight-'));
  const chosen = contests(join(folder, 'access.log')).filter(({ what }) => what.includes(only));
  const progress = new Progress(chosen.length * pairs);
  const began = performance.now();
  const before = loadAverage();
  const measured: Measured[] = [];
  const cores = divideCores();
  const answering = await startAnswering(cores.answers, false);
  const course: Course = { pairs, requests, replicas: answering.replicas, cores };
  try {
    for (const { what, most, ...contest } of chosen) {
      progress.label(what);
      const taken = await measure(contest, course, () => progress.step());
      measured.push({ what, most: limitOf(most, measured), pairs: taken });
    }
  } finally {
    await answering.end();
    rmSync(folder, { recursive: true, force: true });
    progress.end();
  }
  const result: SightResult = { requests, load: [before, loadAverage()], measured };
  if (only === '') writeResult(FILE, resultFile('What sight costs', performance.now() - began, result));
  return measured;
}

function limitOf(most: Contestants['most'], measured: readonly Measured[]): number | null {
  if (typeof most !== 'string') return most;
  const other = measured.find(({ what }) => what === most);
  return other ? extraCost(other) : null;
}

/** Of the last minute. */
function loadAverage(): number {
  return Number((loadavg()[0] ?? NaN).toFixed(1));
}
