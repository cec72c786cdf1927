// which keys move when one replica joins, leaves, dies and returns. The same 10,000 keys are asked for before and after.
import { movedBars } from '../charts/moved-bars.ts';
import { type Context, experiment } from '../experiment.ts';
import { number, percent, table } from '../page/markdown.ts';
import { moves, type Moves } from '../statistics.ts';
import { Pool } from '../system/pool.ts';
import { ask } from '../system/traffic.ts';
import {
  classicAssignment,
  classicKeyed,
  classicReadme,
  frt,
  frtCapped,
  hrw,
  ketama,
  maglev,
  nameOf,
  type Variant,
} from '../variants.ts';

const KEYS = 10_000;
const N = 5;
const VICTIM = 'Server 3';
const VARIANTS = [hrw, frt, frtCapped, maglev, ketama, classicKeyed, classicAssignment, classicReadme];

export interface Step extends Moves {
  readonly step: 'joins' | 'leaves' | 'dies' | 'returns';
  /** Part of the keys that moves at the least: a replica's fair part comes or goes; a replica that comes back changes nothing for good. */
  readonly minimum: number;
  /** Part of the keys that the replica had to give up or was given, whatever a fair part would be. */
  readonly owned: number;
}

export interface MoveResult {
  readonly keys: number;
  readonly N: number;
  readonly victim: string;
  readonly variants: readonly {
    readonly variant: string;
    readonly label: string;
    readonly runtime: string;
    readonly steps: readonly Step[];
  }[];
}

export const a5 = experiment<MoveResult>({
  id: 'a5',
  title: 'Keys that move',
  steps: KEYS * 5 * VARIANTS.length,
  run: measureMoves,
  charts: (result) => [movedBars('a5', result)],
  tables: moveTable,
});

async function measureMoves(context: Context): Promise<MoveResult> {
  const variants: MoveResult['variants'][number][] = [];
  for (const variant of VARIANTS) variants.push(await measureVariant(context, variant));
  return { keys: KEYS, N, victim: VICTIM, variants };
}

async function measureVariant(
  { runtime, progress }: Context,
  variant: Variant,
): Promise<MoveResult['variants'][number]> {
  progress.label(`${nameOf(variant)}: starting`);
  return Pool.during(N, { ...variant.settings, RUNTIME: runtime }, async (pool) => {
    const owners = async (what: string) => {
      progress.label(`${nameOf(variant)}: ${what}`);
      return ask(pool.dataUrl, { requests: KEYS, keyOf: (i) => `key-${i}`, onAnswer: () => progress.step() });
    };
    const ownedBy = (name: string, all: readonly string[]) => all.filter((owner) => owner === name).length / KEYS;

    const five = await owners(`${N} replicas`);
    await pool.add();
    const newcomer = (await pool.names()).at(-1) ?? '';
    const six = await owners(`${newcomer} has joined`);
    // The one that dies is in the middle of the list; so is the one that leaves: the order of the names must not matter.
    const leaver = 'Server 2';
    await pool.remove(leaver);
    const without = await owners(`${leaver} has left`);

    const restarts = await pool.restartsOf(VICTIM);
    await pool.freeze(VICTIM);
    const outage = await owners(`${VICTIM} is out`);
    await pool.kill(VICTIM);
    await pool.returned(VICTIM, restarts);
    const back = await owners(`${VICTIM} is back`);

    const fairPart = { joins: 1 / (N + 1), leaves: 1 / (N + 1), dies: 1 / N, returns: 0 };
    const step = (name: Step['step'], before: string[], after: string[], owned: number): Step => ({
      step: name,
      ...moves(before, after),
      minimum: fairPart[name],
      owned,
    });
    return {
      variant: variant.id,
      label: variant.label,
      runtime: pool.runtime,
      steps: [
        step('joins', five, six, ownedBy(newcomer, six)),
        step('leaves', six, without, ownedBy(leaver, six)),
        step('dies', without, outage, ownedBy(VICTIM, without)),
        step('returns', without, back, ownedBy(VICTIM, without)),
      ],
    };
  });
}

function moveTable({ keys, N: size, victim, variants }: MoveResult): string {
  const cell = ({ moved, collateral }: Step) => `${percent(moved)} (${percent(collateral)})`;
  const [first] = variants;
  const rows = variants.map(({ label, steps }) => [label.replace('\n', ' '), ...steps.map(cell)]);
  rows.push(['*least, of fair parts*', ...(first?.steps ?? []).map(({ minimum }) => percent(minimum))]);
  return [
    `Keys with another owner than before, of ${number(keys)}; in brackets those that moved between two replicas that stay:`,
    table(
      [
        'placement',
        `one joins ${size}`,
        `one of ${size + 1} leaves`,
        `${victim} is out`,
        'it is back, against before the outage',
      ],
      rows,
    ),
  ].join('\n\n');
}
