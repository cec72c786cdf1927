// Owns the command of the wire comparison: the ambiguous requests of the smuggling suite through both lanes and through nginx and
// HAProxy where they are installed, then the result file and the sections of docs/wire.md. Ends with status 1 when one of our
// lanes does what it may not.
//
//   node bench/wire.ts [--draw]      (--draw sends nothing: the sections are made again from the result file)
import './wire/sources.ts';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillPage } from '../experiments/page/page.ts';
import { Progress } from '../experiments/progress.ts';
import { provenance, readResult, resultFile, writeResult } from '../experiments/result-file.ts';
import { WIRE_CONTESTANTS } from './wire/contestants.ts';
import { differenceTable, faults, sumTable, type WireCase, type WireResult } from './wire/result.ts';

const { AMBIGUOUS } = await import('../apps/balancer/src/proxy/wire/testing/ambiguous.ts');
const { SURPLUS } = await import('../apps/balancer/src/proxy/wire/testing/ambiguous-request.ts');
const { startRecordingReplica } = await import('../apps/balancer/src/proxy/wire/testing/recording-replica.ts');
const { isAllowed, judge } = await import('../apps/balancer/src/proxy/wire/testing/verdict.ts');
const { exchange } = await import('../apps/balancer/src/proxy/wire/testing/wire-client.ts');

const FILE = join(import.meta.dirname, 'results', 'wire.json');
const PAGE = join(import.meta.dirname, '..', 'docs', 'wire.md');
/** Milliseconds without a byte after which a proxy is taken to wait for more. */
const PATIENCE = 300;
/** What a proxy has sent on when its client is done arrives at the replica within this. */
const SETTLE = 10;

const { values } = parseArgs({ options: { draw: { type: 'boolean', default: false } } });
if (!values.draw) await compareAll();
const stored = readResult<WireResult>(FILE);
if (!stored) throw new Error('There is no result yet: npm run wire');
const { result } = stored;
const contents = [sumTable(result), differenceTable(result), provenance(stored)].join('\n\n');
fillPage(PAGE, 'wire', contents);
process.stdout.write(`\n${contents}\n`);
for (const fault of faults(result)) process.stdout.write(`NOT ALLOWED ${fault}\n`);
process.exitCode = faults(result).length === 0 ? 0 : 1;

async function compareAll(): Promise<void> {
  const began = performance.now();
  const contestants = WIRE_CONTESTANTS.filter(({ version }) => version() !== undefined);
  const requests = AMBIGUOUS.flatMap(({ group, requests }) => requests.map((request) => ({ group, request })));
  const progress = new Progress(contestants.length * requests.length);
  const verdicts: WireCase['verdicts'][number][][] = requests.map(() => []);
  for (const contestant of contestants) {
    progress.label(contestant.name);
    const replica = await startRecordingReplica();
    const running = await contestant.start(replica.port);
    try {
      for (const [index, { request }] of requests.entries()) {
        const options = { patience: PATIENCE, ends: request.unfinished === true };
        const result = await exchange(running.port, [request.bytes + SURPLUS], options);
        await new Promise((resolve) => setTimeout(resolve, SETTLE));
        const { judgement, reason } = judge(request, result, replica.take());
        verdicts[index]?.push({ judgement, allowed: isAllowed(request, judgement), reason });
        progress.step();
      }
    } finally {
      await running.end();
      await replica.close();
    }
  }
  progress.end();
  const cases = requests.map(({ group, request: { name, section, may } }, index) => ({
    group,
    name,
    section,
    may,
    verdicts: verdicts[index] ?? [],
  }));
  const known = contestants.map(({ name, ours, version }) => ({ name, ours, version: version() ?? '' }));
  writeResult(
    FILE,
    resultFile('Ambiguous requests through four proxies', performance.now() - began, { contestants: known, cases }),
  );
}
