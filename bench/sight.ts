// Owns the command of the sight benchmark: what it costs a request to be counted, traced and logged, in CPU of the data process;
// then the result file and the section of docs/observability.md. Ends with status 1 when something costs more than it may: the access log,
// more than that of nginx costs nginx in the same run, where it is installed.
//
//   node bench/sight.ts [--pairs=15] [--requests=3000] [--draw]   (--draw measures nothing: the section is made again)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillPage } from '../experiments/page/page.ts';
import { Progress } from '../experiments/progress.ts';
import { provenance, readResult, resultFile, writeResult } from '../experiments/result-file.ts';
import { type Contest, measure, SETTINGS } from './sight/measure.ts';
import { Nginx } from './sight/nginx.ts';
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
const NGINX = {
  what: 'nginx: its own access log',
  contest: { without: { nginx: 'off' }, with: { nginx: 'log' } },
} as const;
const LOGGED = '`ACCESS_LOG=all`';

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
  const withNginx = Nginx.installed;
  const progress = new Progress((CONTESTS.length + (withNginx ? 2 : 1)) * pairs * 2);
  const began = performance.now();
  const measured: Measured[] = [];
  const compare = async (what: string, most: number | null, contest: Contest): Promise<Measured> => {
    progress.label(what);
    const one = { what, most, pairs: await measure(contest, { pairs, requests }, () => progress.step()) };
    measured.push(one);
    return one;
  };
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-sight-'));
  try {
    for (const { what, most, ...contest } of CONTESTS) await compare(what, most, contest);
    const nginx = withNginx ? await compare(NGINX.what, null, NGINX.contest) : undefined;
    const accessLog = {
      part: 1,
      format: 'json',
      file: join(folder, 'access.log'),
      mask: ['token', 'session'],
    } as const;
    const logged = { without: [], settings: { ...SETTINGS, accessLog } };
    await compare(LOGGED, nginx ? extraCost(nginx) : null, { without: PLAIN, with: logged });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  progress.end();
  writeResult(FILE, resultFile('What sight costs', performance.now() - began, { requests, measured }));
}
