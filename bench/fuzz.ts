// Owns the command of the fuzzer: the built parsers of the express lane beside llhttp in strict mode, over drawn heads and chunked
// bodies, by the million. Ends with status 1 at the first input on which the two disagree, and prints it with its number.
//
//   node bench/fuzz.ts [--inputs=2000000] [--seed=1] [--from=0] [--minutes=20]     (--from: the number of a printed input)
import './wire/sources.ts';
import { parseArgs } from 'node:util';
import type { ChunkedBody } from '../apps/balancer/src/proxy/express/chunked.ts';
import type { RequestHeadReader } from '../apps/balancer/src/proxy/express/request-head.ts';
import { Progress } from '../experiments/progress.ts';

const { judgeChunks } = await import('../apps/balancer/src/proxy/wire/testing/fuzz/chunk-oracle.ts');
const { seededDraw, split } = await import('../apps/balancer/src/proxy/wire/testing/fuzz/draw.ts');
const { drawChunkedBody, drawHead } = await import('../apps/balancer/src/proxy/wire/testing/fuzz/drawn-requests.ts');
const { judgeHead } = await import('../apps/balancer/src/proxy/wire/testing/fuzz/head-oracle.ts');
const { NodeReader } = await import('../apps/balancer/src/proxy/wire/testing/fuzz/node-reader.ts');
const BUILT = '../dist/apps/balancer/src/proxy/express';
const heads = (await import(`${BUILT}/request-head.js`)) as { RequestHeadReader: typeof RequestHeadReader };
const chunked = (await import(`${BUILT}/chunked.js`)) as { ChunkedBody: typeof ChunkedBody };

/** One body for so many heads. */
const BODY_EVERY = 4;
/** From nearly legal to nearly nothing legal. */
const ODD_IN = [6, 12, 25, 60];

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '2000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    from: { type: 'string', default: '0' },
    minutes: { type: 'string', default: '20' },
  },
});
const [inputs, seed, from, minutes] = [values.inputs, values.seed, values.from, values.minutes].map(Number) as [
  number,
  number,
  number,
  number,
];
if (![inputs, seed, from].every(Number.isSafeInteger) || inputs < 1 || !(minutes > 0))
  throw new Error('--inputs, --seed and --from must be whole numbers, --minutes more than 0');
process.exitCode = (await run()) ? 0 : 1;

/** @returns whether no two readers disagreed */
async function run(): Promise<boolean> {
  const node = new NodeReader();
  const reader = new heads.RequestHeadReader({
    maxHead: 16_384,
    maxFields: 100,
    preserveHost: true,
    trace: false,
    addsPeer: false,
    requestId: false,
  });
  const counts = { plain: 0, other: 0, refused: 0, incomplete: 0, 'whole bodies': 0, 'broken or unfinished bodies': 0 };
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
    const oddIn = ODD_IN[number % ODD_IN.length] ?? 12;
    let fault: string | undefined;
    let input: string;
    if (number % (BODY_EVERY + 1) === BODY_EVERY) {
      const pieces = split(draw, `${drawChunkedBody(draw, oddIn)}GET / HTTP/1.1\r\n`, 6);
      const judgement = judgeChunks((sink) => new chunked.ChunkedBody(sink, true), node, pieces);
      counts[judgement.done ? 'whole bodies' : 'broken or unfinished bodies']++;
      [fault, input] = [judgement.fault, JSON.stringify(pieces)];
    } else {
      const bytes = Buffer.from(drawHead(draw, oddIn).text || 'G', 'latin1');
      const judgement = judgeHead(reader, node, bytes, 1 + draw.below(bytes.length));
      counts[judgement.read]++;
      [fault, input] = [judgement.fault, JSON.stringify(bytes.toString('latin1'))];
    }
    if (fault === undefined) continue;
    progress.end();
    process.stdout.write(`input ${number} of seed ${seed}: ${fault}\n${input}\n`);
    return false;
  }
  progress.end();
  const seconds = (performance.now() - began) / 1000;
  const told = Object.entries(counts).map(([what, count]) => `${count.toLocaleString('en-US')} ${what}`);
  const done = (number - from).toLocaleString('en-US');
  process.stdout.write(
    `${done} inputs of seed ${seed} in ${Math.round(seconds)} s: ${told.join(', ')}; no disagreement\n`,
  );
  return true;
}
