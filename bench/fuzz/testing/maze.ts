// Owns a parser for the test of the guided fuzzer, and the run of the fuzzer over it: what is wrong with it stands behind four bytes, each
// of which opens the way to the next. Whoever changes bytes blindly does not get there.
//
//   node bench/fuzz/testing/maze.ts        (prints both runs as JSON: the guided one, and one of as many inputs that is not)
import '../../wire/sources.ts';
import { BlockCoverage } from '../block-coverage.ts';
import { fuzzByCoverage } from '../guided.ts';
import type { FuzzTarget } from '../targets.ts';

const { seededDraw } = await import('../../../apps/balancer/src/proxy/wire/testing/fuzz/draw.ts');

/** @returns whether it has gone wrong */
function maze(input: string): boolean {
  if (input.charCodeAt(0) !== 0) return false;
  if (input.charCodeAt(1) !== 13) return false;
  if (input.charCodeAt(2) !== 10) return false;
  return input.charCodeAt(3) === 255;
}

const target: FuzzTarget = {
  name: 'a maze',
  share: 1,
  files: ['fuzz/testing/maze.ts'],
  draw: () => 'GET / HTTP/1.1',
  parse: (input) => void maze(input),
  judge: (input) => ({ outcome: '', fault: maze(input) ? 'found' : undefined }),
};
const coverage = new BlockCoverage();
const guided = await fuzzByCoverage(target, coverage, seededDraw(3), 50_000, true, () => {});
const blind = await fuzzByCoverage(target, coverage, seededDraw(3), guided.inputs, false, () => {});
process.stdout.write(JSON.stringify({ guided, blind }));
