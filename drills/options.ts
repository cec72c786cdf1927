// Owns what the command line may say. Pure: no file, no process. Carrying it out is main.ts's.
import { parseArgs } from 'node:util';
import type { MadeRuntime } from './drill.ts';

export interface Order {
  /** Ids of drills; empty: help is wanted. */
  readonly drills: readonly string[];
  readonly runtimes: readonly MadeRuntime[];
  /** Requests per second; undefined: half of the capacity. */
  readonly rate: number | undefined;
  readonly seconds: number;
  readonly events: number;
  readonly seed: number;
  /** Folder of results and page; undefined: the project's own. */
  readonly out: string | undefined;
  /** Page and pictures are made again from results; nothing is carried out. */
  readonly drawOnly: boolean;
  readonly help: boolean;
}

/** Said without a stack: the reader can do something about it. */
export class UsageError extends Error {}

const RUNTIMES: readonly MadeRuntime[] = ['process', 'docker'];

export function usage(ids: readonly string[]): string {
  return `npm run drill [NAME …] [-- OPTIONS]      without a name: all of them

  ${ids.join(' ')}

  --runtime process|docker   on this runtime only; both otherwise, Docker where an engine answers
  --rate N                   requests per second, 1 to 5000; otherwise half of what the pool is measured to get
                             through: all of that half for \`steady\`, at most 300 for the others
  --seconds N                load before and after the event together, 2 to 600; 6
  --events N                 random events of \`steady\`, 1 to 10000; 200
  --seed N                   what they are drawn with; 1
  --out DIR                  results, pictures and page go there and not to drills/results and docs/drills.md
  --draw                     carries out nothing: pictures and page again, from the results
  --help
`;
}

/** @throws UsageError that names what is wrong and what is allowed */
export function readOrder(args: readonly string[], ids: readonly string[]): Order {
  const { values, positionals } = parsed(args);
  const unknown = positionals.filter((name) => name !== 'all' && !ids.includes(name));
  if (unknown.length > 0)
    throw new UsageError(`there is no drill ${unknown.join(', ')}; there are: all, ${ids.join(', ')}`);
  const runtimes = values.runtime === undefined ? RUNTIMES : RUNTIMES.filter((one) => one === values.runtime);
  if (runtimes.length === 0)
    throw new UsageError(`--runtime ${values.runtime} is not allowed: one of ${RUNTIMES.join(', ')}`);
  return {
    drills:
      positionals.length === 0 || positionals.includes('all') ? ids : ids.filter((id) => positionals.includes(id)),
    runtimes,
    rate: values.rate === undefined ? undefined : integer('rate', values.rate, 1, 5000),
    seconds: integer('seconds', values.seconds, 2, 600),
    events: integer('events', values.events, 1, 10_000),
    seed: integer('seed', values.seed, 0, 2 ** 31),
    out: values.out,
    drawOnly: values.draw,
    help: values.help,
  };
}

function integer(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name} ${text} is not allowed: a whole number from ${least} to ${most}`);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runtime: { type: 'string' },
        rate: { type: 'string' },
        seconds: { type: 'string', default: '6' },
        events: { type: 'string', default: '200' },
        seed: { type: 'string', default: '1' },
        out: { type: 'string' },
        draw: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    } as const);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
