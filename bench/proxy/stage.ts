// Owns the cases that have the same servers behind the proxies: all programs are started, warmed, and measured in turns, round by round,
// each alone. Those that wait for their turn hold no connection and cost nothing but their probes.
import type { Replica } from './answering/answering.ts';
import type { Case } from './cases.ts';
import type { Contestant, ContestantKind } from './contestants/contestant.ts';
import type { Cores } from './cores.ts';
import { Load } from './load/load.ts';
import { costOf } from './process-cost.ts';
import { DIRECT, type MeasuredCase, type Turn } from './result.ts';

export interface StagePlan {
  readonly cases: readonly Case[];
  readonly kinds: readonly ContestantKind[];
  readonly replicas: readonly Replica[];
  /** What answers, in words. */
  readonly answers: string;
  readonly cores: Cores;
  readonly rounds: number;
  readonly turnMs: number;
  /** Starts of kinds that are not as usual, by id. */
  readonly instead?: ReadonlyMap<string, Contestant>;
  readonly onTurn: (what: string) => void;
}

/** Cases that are measured without a proxy, too: what the load itself can do, and how long an answer takes. */
const DIRECT_CASES = ['small', 'one'];

/** Turns of a whole plan, warm-ups included. */
export function turnsOf({ cases, kinds, rounds }: Pick<StagePlan, 'cases' | 'kinds' | 'rounds'>): number {
  const direct = cases.filter(({ id }) => DIRECT_CASES.includes(id)).length;
  return (cases.length * kinds.length + direct) * (rounds + 1);
}

/** @throws Error naming program and case when an answer is not what it should be: then nothing is measured */
export async function measureStage(plan: StagePlan): Promise<MeasuredCase[]> {
  const { cases, kinds, replicas, cores, rounds, turnMs, instead } = plan;
  const load = new Load(cores.load);
  const started = new Map<string, Contestant>();
  const turns = new Map(cases.map(({ id }) => [id, new Map<string, Turn[]>()]));
  try {
    for (const kind of kinds) started.set(kind.id, instead?.get(kind.id) ?? (await kind.start(replicas, cores)));
    for (let round = 0; round <= rounds; round++) {
      for (const one of cases) {
        for (const [id, contestant] of inTurns(started, one, replicas, round)) {
          plan.onTurn(`${one.name}: ${id}`);
          const turn = await takeTurn(load, contestant, one, turnMs).catch((error: Error) => {
            throw new Error(`${id}, ${one.name}: ${error.message}`);
          });
          // The first round is there to warm up: code is compiled, buffers and connections are there afterwards.
          if (round === 0) continue;
          const byId = turns.get(one.id);
          byId?.set(id, [...(byId.get(id) ?? []), turn]);
        }
      }
    }
  } finally {
    await load.end();
    for (const [id, contestant] of started) if (!instead?.has(id)) await contestant.end();
  }
  return cases.map(({ id, name }) => ({
    id,
    name,
    answers: plan.answers,
    turns: Object.fromEntries(turns.get(id) ?? []),
  }));
}

/** Who comes first changes from round to round. */
function inTurns(
  started: ReadonlyMap<string, Contestant>,
  { id }: Case,
  [replica]: readonly Replica[],
  round: number,
): [string, Contestant][] {
  const all = [...started];
  if (DIRECT_CASES.includes(id) && replica) all.push([DIRECT, { port: replica.port, pids: [], end: async () => {} }]);
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

async function takeTurn(
  load: Load,
  { port, pids }: Contestant,
  { connections, ask }: Case,
  milliseconds: number,
): Promise<Turn> {
  await load.open({ port, connections, ask });
  const before = costOf(pids);
  const { requests, seconds, p50, p99 } = await load.run(milliseconds);
  const after = costOf(pids);
  await load.close();
  return {
    requests,
    seconds: rounded(seconds, 4),
    cpuSeconds: rounded(after.cpu - before.cpu, 6),
    p50: rounded(p50, 1),
    p99: rounded(p99, 1),
    rss: rounded(after.rss, 1),
  };
}

/** More digits than were measured only make the file long. */
function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
