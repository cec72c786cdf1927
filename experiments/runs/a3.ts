// A-3: every endpoint answers as it should, and a replica that is killed under load costs no request and is back by itself.
import { outageLines } from '../charts/outage-lines.ts';
import { type Context, experiment } from '../experiment.ts';
import { number, table } from '../page/markdown.ts';
import { Pool } from '../system/pool.ts';
import { type Sample, startLoad } from '../system/traffic.ts';
import { CONTRACT_STEPS, type ContractRow, walkContract } from './a3-contract.ts';

const N = 3;
const BEFORE_MS = 1000;
const AFTER_MS = 1500;
/** A replica that served for ten seconds is replaced without backoff; one that dies sooner waits for its turn. */
const STABLE_MS = 10_000;
const BIN_MS = 100;

export interface Kill {
  readonly victim: string;
  /** From the signal to the first answer of its successor, in milliseconds. */
  readonly servesAgainMs: number;
  /** Instances that it took; more than 1: a successor did not live either. */
  readonly instances: number;
  /** When, since the load began, in milliseconds. */
  readonly killedAt: number;
  readonly servesAgainAt: number;
}

export interface ResilienceResult {
  readonly runtime: string;
  readonly contract: readonly ContractRow[];
  readonly kills: readonly Kill[];
  readonly answered: number;
  /** One line per request that got no 200. */
  readonly lost: readonly string[];
  readonly binMs: number;
  /** Answers in each bin since the load began, per replica. */
  readonly timeline: Readonly<Record<string, readonly number[]>>;
}

export const a3 = experiment<ResilienceResult>({
  id: 'a3',
  title: 'Every endpoint, every error, and a kill under load',
  steps: CONTRACT_STEPS + N,
  run: ({ runtime, progress }) => {
    progress.label('every endpoint');
    return Pool.during(N, { HASH_ALGORITHM: 'hrw', RUNTIME: runtime }, async (pool) => {
      const contract = await walkContract(pool, () => progress.step());
      return { runtime: pool.runtime, contract, ...(await killUnderLoad(pool, progress)) };
    });
  },
  charts: (result) => [outageLines('a3', result)],
  tables: (result) =>
    [
      killTable(result),
      `Endpoints and errors, ${result.contract.filter(({ asExpected }) => asExpected).length} of ${result.contract.length} as expected:`,
      table(
        ['port', 'request', 'expected', 'got', 'answer'],
        result.contract.map(({ port, request, expected, status, answer, asExpected }) => [
          port,
          code(request),
          String(expected),
          `${status}${asExpected ? '' : ' **not as expected**'}`,
          answer === '' ? '' : code(answer),
        ]),
      ),
    ].join('\n\n'),
});

/** Each replica is killed once, one after the other, while eight clients go on. */
async function killUnderLoad(
  pool: Pool,
  progress: Context['progress'],
): Promise<Pick<ResilienceResult, 'kills' | 'answered' | 'lost' | 'binMs' | 'timeline'>> {
  progress.label('waiting until the replicas count as stable');
  await pause(STABLE_MS);
  const names = await pool.names();
  const began = performance.now();
  const load = startLoad(pool.dataUrl);
  const killed: { victim: string; at: number; instances: number }[] = [];
  await pause(BEFORE_MS);
  for (const victim of names) {
    progress.label(`killing ${victim} under load`);
    const restarts = await pool.restartsOf(victim);
    const at = await pool.kill(victim);
    await pool.returned(victim, restarts);
    killed.push({ victim, at, instances: (await pool.restartsOf(victim)) - restarts });
    await pause(AFTER_MS);
    progress.step();
  }
  const samples = await load.stop();
  return {
    kills: killed.map(({ victim, at, instances }) => {
      const servesAgainAt = firstOfSuccessor(samples, victim, at);
      return {
        victim,
        servesAgainMs: Math.round(servesAgainAt - at),
        instances,
        killedAt: Math.round(at - began),
        servesAgainAt: Math.round(servesAgainAt - began),
      };
    }),
    answered: samples.filter(({ owner }) => owner !== undefined).length,
    lost: samples.flatMap(({ failure }) => failure ?? []),
    binMs: BIN_MS,
    timeline: timeline(samples, names, began),
  };
}

/**
 * The old instance may have sent a last answer while the signal was under way: the successor's first one is the end of the
 * longest silence after the kill.
 */
function firstOfSuccessor(samples: readonly Sample[], victim: string, killedAt: number): number {
  const answers = samples.filter(({ owner, at }) => owner === victim && at > killedAt - 50).map(({ at }) => at);
  let [longest, end] = [0, NaN];
  answers.slice(1).forEach((at, i) => {
    const silence = at - (answers[i] ?? at);
    if (silence > longest && at > killedAt) [longest, end] = [silence, at];
  });
  return end;
}

function timeline(samples: readonly Sample[], names: readonly string[], began: number): Record<string, number[]> {
  const bins = Math.ceil(Math.max(...samples.map(({ at }) => at - began)) / BIN_MS);
  const counts = Object.fromEntries([...names, 'lost'].map((name) => [name, new Array<number>(bins).fill(0)]));
  for (const { owner = 'lost', at } of samples) {
    const bin = counts[owner];
    const i = Math.floor((at - began) / BIN_MS);
    if (bin?.[i] !== undefined) bin[i] += 1;
  }
  return counts;
}

function killTable({ kills, answered, lost, runtime }: ResilienceResult): string {
  const asked = number(answered + lost.length);
  return [
    `Replicas of the ${runtime} runtime, each killed once; ${asked} requests meanwhile, **${number(lost.length)} lost**:`,
    table(
      ['killed', 'serves again after', 'instances that took'],
      kills.map(({ victim, servesAgainMs, instances }) => [victim, `${number(servesAgainMs)} ms`, String(instances)]),
    ),
  ].join('\n\n');
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|').replaceAll('`', "'")}\``;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
