// Owns what a million requests leave in the data process: heap and resident memory now and then, each after a collection as in the soak,
// and whether they are flat, by the rule of the soak.
import { number, table } from '../../experiments/page/markdown.ts';
import { amountVerdict, type Verdict } from '../soak/flatness.ts';
import { ProcessWatch } from '../soak/process-facts.ts';
import { AMOUNTS } from '../soak/result.ts';
import type { Replica } from './answering/answering.ts';
import { hashFlow, type LaneName } from './contestants/hashflow.ts';
import type { Cores } from './cores.ts';
import { Load } from './load/load.ts';
import { costOf } from './process-cost.ts';

export interface MemorySample {
  /** So far. */
  readonly requests: number;
  /** MiB resident as it stood, garbage and all. */
  readonly standing: number;
  /** MiB after a collection: resident, and live objects in the heaps of all threads. */
  readonly rss: number;
  readonly heap: number;
}

export interface MemoryRun {
  readonly lane: LaneName;
  readonly connections: number;
  readonly samples: readonly MemorySample[];
}

export interface MemoryVerdict extends Verdict {
  readonly what: string;
}

const CONNECTIONS = 64;
export const SAMPLES = 40;

export async function measureMemory(
  lane: LaneName,
  replicas: readonly Replica[],
  cores: Cores,
  requests: number,
  onSample: () => void,
): Promise<MemoryRun> {
  const load = new Load(cores.load);
  const contestant = await hashFlow(lane).start(replicas, cores);
  const samples: MemorySample[] = [];
  let sent = 0;
  try {
    const [pid = NaN] = contestant.pids;
    const watch = await ProcessWatch.begin(pid);
    const ask = { path: '/small', upload: 0, close: false } as const;
    await load.open({ port: contestant.port, connections: CONNECTIONS, ask });
    for (let k = 0; k < SAMPLES; k++) {
      sent += (await load.send(requests / SAMPLES)).requests;
      const standing = costOf(contestant.pids).rss;
      const { rss, heap } = await watch.look();
      samples.push({ requests: sent, standing: toTenth(standing), rss: toTenth(rss), heap: toTenth(heap) });
      onSample();
    }
    watch.end();
    await load.close();
  } finally {
    await load.end();
    await contestant.end();
  }
  return { lane, connections: CONNECTIONS, samples };
}

export function memoryVerdicts({ samples }: MemoryRun): MemoryVerdict[] {
  const points = (what: 'rss' | 'heap') => samples.map((sample) => ({ at: sample.requests, value: sample[what] }));
  return [
    { what: 'resident memory (MiB)', ...amountVerdict(points('rss'), AMOUNTS.rss) },
    { what: 'heap in use (MiB)', ...amountVerdict(points('heap'), AMOUNTS.heap) },
  ];
}

export function memoryTable(run: MemoryRun): string {
  const { lane, connections, samples } = run;
  const rows = memoryVerdicts(run).map(({ what, before, after, slope, flat }) => [
    what,
    number(before, 1),
    number(after, 1),
    // The slope is per thousand, which would be nothing but zeros.
    number(1000 * slope, 2),
    flat ? 'yes' : '**no**',
  ]);
  const most = Math.max(...samples.map(({ standing }) => standing));
  const head = `${lane} lane, ${number(samples.at(-1)?.requests ?? 0)} requests over ${connections} connections. Most resident with its garbage: ${number(most)} MiB.`;
  return `${head}\n\n${table(['', 'second quarter', 'last quarter', 'per million requests', 'flat'], rows)}`;
}

function toTenth(mebibytes: number): number {
  return Math.round(10 * mebibytes) / 10;
}
