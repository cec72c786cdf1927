// Owns fuzzing by coverage: an input that makes the parser do what none before has made it do is kept, and changed again. The corpus
// lives as long as the run. What is reached is block-coverage.ts's, what is right the target's oracle's.
import type { Draw } from '../../apps/balancer/src/proxy/wire/testing/fuzz/draw.ts';
import type { BlockCoverage } from './block-coverage.ts';
import type { FuzzTarget } from './targets.ts';

const { mutate, pick, rarely } = await import('../../apps/balancer/src/proxy/wire/testing/fuzz/draw.ts');

/** Longer ones cost time and say no more. Bytes. */
const LONGEST = 2000;
const NEWEST = 4;
/** One in so many inputs is drawn from the grammar, odd once in so many of its parts. */
const [FRESH_EVERY, ODD_IN] = [8, 12];
/** Legal inputs that each run begins with. */
const SEEDS = 8;

export interface GuidedRun {
  readonly inputs: number;
  /** Inputs that were kept. */
  readonly corpus: number;
  /** Different things that the parser was seen to do: blocks, each with how often it ran. */
  readonly behaviours: number;
  /** Part of the parser's code that ran, 0 to 1. */
  readonly reached: number;
  /** The first input on which parser and oracle disagree. */
  readonly fault: { readonly input: string; readonly reason: string } | undefined;
}

/** @param keeps false: nothing is kept, for comparison: inputs come from the first ones and the grammar alone @param onStep called after each input */
export async function fuzzByCoverage(
  target: FuzzTarget,
  coverage: BlockCoverage,
  draw: Draw,
  inputs: number,
  keeps: boolean,
  onStep: () => void,
): Promise<GuidedRun> {
  const corpus = Array.from({ length: SEEDS }, () => target.draw(draw, Infinity));
  const seen = new Set<string>();
  coverage.begin(target.files);
  let fault: GuidedRun['fault'];
  let count = 0;
  for (; count < inputs && !fault; count++) {
    const fresh = count >= SEEDS && rarely(draw, FRESH_EVERY);
    const input = count < SEEDS ? corpus[count] : fresh ? target.draw(draw, ODD_IN) : child(draw, corpus);
    const before = seen.size;
    for (const behaviour of coverage.of(() => target.parse(input))) seen.add(behaviour);
    if (keeps && seen.size > before && count >= SEEDS) corpus.push(input);
    const { fault: reason } = await target.judge(input, draw);
    if (reason !== undefined) fault = { input, reason };
    // Node lets go of closed connections only between turns.
    if (count % 256 === 0) await new Promise(setImmediate);
    onStep();
  }
  return { inputs: count, corpus: corpus.length, behaviours: seen.size, reached: coverage.reached, fault };
}

function child(draw: Draw, corpus: readonly string[]): string {
  const parents = corpus as readonly [string, ...string[]];
  // Every other time it is one of those that did something new last: that is where there is more to find.
  const newest = parents[Math.max(0, parents.length - 1 - draw.below(NEWEST))];
  let bytes = rarely(draw, 2) ? newest : pick(draw, parents);
  // The beginning of one with the end of another.
  if (rarely(draw, 4)) {
    const other = pick(draw, parents);
    bytes = bytes.slice(0, draw.below(bytes.length + 1)) + other.slice(draw.below(other.length + 1));
  }
  return mutate(draw, bytes, 1 + draw.below(4)).slice(0, LONGEST) || 'x';
}
