// Owns what the command line of the proxy benchmark may say, and what that means. Pure: whom it finds installed it is told.
import { parseArgs } from 'node:util';

export interface Options {
  readonly rounds: number;
  /** Of one turn: one program under one case. */
  readonly turnMs: number;
  readonly idleConnections: number;
  /** Ids of cases, `idle` among them. */
  readonly only: readonly string[];
  /** Ids of the other programs; HashFlow always runs. */
  readonly peers: readonly string[];
  readonly memoryRequests: number;
  readonly action: 'measure' | 'memory' | 'draw';
  readonly install: boolean;
  readonly write: boolean;
}

/** What there is to choose from. */
export interface Choices {
  readonly cases: readonly string[];
  readonly peers: readonly string[];
}

const FULL = { rounds: 5, turnMs: 1500, idleConnections: 10_000, memoryRequests: 1_000_000 };
const QUICK = { rounds: 1, turnMs: 250, idleConnections: 1000, memoryRequests: 40_000 };

/** @throws Error that names flag and value */
export function parseOptions(args: readonly string[], choices: Choices): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      only: { type: 'string' },
      peers: { type: 'string' },
      quick: { type: 'boolean', default: false },
      memory: { type: 'boolean', default: false },
      draw: { type: 'boolean', default: false },
      install: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const { quick, memory, draw, install, write } = values;
  if (memory && draw) throw new Error('--memory and --draw exclude each other');
  const partial = (['rounds', 'only', 'peers', 'quick'] as const).filter((flag) => values[flag]);
  if (write && !draw && partial.some((flag) => flag !== 'rounds' || Number(values.rounds) < FULL.rounds))
    throw new Error(
      `--write is for a whole run of at least ${FULL.rounds} rounds: leave --${partial.join(', --')} out`,
    );
  const sizes = quick ? QUICK : FULL;
  return {
    ...sizes,
    rounds: roundsOf(values.rounds) ?? sizes.rounds,
    only: chosen('only', values.only, choices.cases),
    peers: chosen('peers', values.peers, choices.peers),
    action: memory ? 'memory' : draw ? 'draw' : 'measure',
    install,
    write,
  };
}

function roundsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const rounds = Number(text);
  if (!(Number.isSafeInteger(rounds) && rounds >= 1 && rounds <= 100))
    throw new Error(`--rounds=${text} must be a whole number from 1 to 100`);
  return rounds;
}

/** In the order that there is, whatever order was asked for; all when nothing was. */
function chosen(flag: string, text: string | undefined, all: readonly string[]): readonly string[] {
  if (text === undefined) return all;
  const asked = text.split(',').filter(Boolean);
  const unknown = asked.filter((id) => !all.includes(id));
  if (unknown.length > 0) throw new Error(`--${flag}=${unknown.join(',')} must be of ${all.join(', ')}`);
  return all.filter((id) => asked.includes(id));
}
