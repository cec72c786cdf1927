// Owns the verdicts over a soak: which series there are, what each may do, and the tables of docs/soak.md. When a series is
// flat is flatness.ts's.
import { number, table } from '../../experiments/page/markdown.ts';
import { COUNTS, PROCESSES, type SoakRun } from './churn.ts';
import { type Allowance, amountVerdict, countVerdict, type Point, type Verdict } from './flatness.ts';
import type { ProcessFacts } from './process-facts.ts';

export interface SoakResult {
  readonly runs: readonly SoakRun[];
}

export interface Series extends Verdict {
  readonly process: (typeof PROCESSES)[number];
  readonly what: keyof ProcessFacts;
}

export const AMOUNTS: Readonly<Record<'heap' | 'rss', Allowance>> = {
  heap: { part: 0.02, fixed: 0.5 },
  // The kernel's view wavers with what the allocator keeps for later.
  rss: { part: 0.05, fixed: 4 },
};

const WORDS: Readonly<Record<keyof ProcessFacts, string>> = {
  rss: 'resident memory (MiB)',
  heap: 'heap in use (MiB)',
  sockets: 'open sockets',
  descriptors: 'open descriptors',
  handles: 'handles and requests',
  timers: 'timers',
  socketObjects: 'socket objects',
};

export function verdicts({ taken }: SoakRun): Series[] {
  const points = (process: Series['process'], what: Series['what']): Point[] =>
    taken.map((sample) => ({ at: sample.births, value: sample[process][what] }));
  return PROCESSES.flatMap((process) => [
    ...(['rss', 'heap'] as const).map((what) => ({
      process,
      what,
      ...amountVerdict(points(process, what), AMOUNTS[what]),
    })),
    ...COUNTS.map((what) => ({ process, what, ...countVerdict(points(process, what)) })),
  ]);
}

/** Births of all rounds between the first look and the last. */
export function birthsOf({ taken }: SoakRun): number {
  return taken.at(-1)?.births ?? 0;
}

export function soakTables({ runs }: SoakResult): string {
  return runs.map(soakTable).join('\n\n');
}

function soakTable(run: SoakRun): string {
  const rows = verdicts(run).map(({ process, what, before, after, slope, flat }) => {
    const decimals = what === 'rss' || what === 'heap' ? 1 : 0;
    const perThousand = decimals === 0 ? '' : number(slope, 2);
    return [
      process,
      WORDS[what],
      number(before, decimals),
      number(after, decimals),
      perThousand,
      flat ? 'yes' : '**no**',
    ];
  });
  const traffic = `${number(run.answered)} requests answered meanwhile, ${number(run.lost)} lost`;
  const head = `**${run.runtime} runtime**: ${number(birthsOf(run))} births and as many deaths, ${run.replicas} replicas; ${traffic}.`;
  return `${head}\n\n${table(['process', 'what', 'before', 'after', 'per 1000 births', 'flat'], rows)}`;
}
