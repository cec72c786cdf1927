// Owns what a million requests leave in the data process: its resident memory now and then, and whether that is flat, by the rule of
// the soak. Nothing collects garbage for it.
import { number, table } from '../../experiments/page/markdown.ts';
import { amountVerdict, type Verdict } from '../soak/flatness.ts';
import { AMOUNTS } from '../soak/result.ts';
import type { Replica } from './answering/answering.ts';
import { hashFlow, type LaneName } from './contestants/hashflow.ts';
import type { Cores } from './cores.ts';
import { Load } from './load/load.ts';
import { costOf } from './process-cost.ts';

export interface MemoryRun {
  readonly lane: LaneName;
  readonly connections: number;
  /** MiB resident after so many requests. */
  readonly samples: readonly { readonly requests: number; readonly rss: number }[];
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
  const samples = [];
  let sent = 0;
  try {
    await load.open({
      port: contestant.port,
      connections: CONNECTIONS,
      ask: { path: '/small', upload: 0, close: false },
    });
    for (let k = 0; k < SAMPLES; k++) {
      sent += (await load.send(requests / SAMPLES)).requests;
      samples.push({ requests: sent, rss: costOf(contestant.pids).rss });
      onSample();
    }
    await load.close();
  } finally {
    await load.end();
    await contestant.end();
  }
  return { lane, connections: CONNECTIONS, samples };
}

export function memoryVerdict({ samples }: MemoryRun): Verdict {
  return amountVerdict(
    samples.map(({ requests, rss }) => ({ at: requests, value: rss })),
    AMOUNTS.rss,
  );
}

export function memoryTable(run: MemoryRun): string {
  const { flat, before, after, slope } = memoryVerdict(run);
  const last = run.samples.at(-1);
  const row = [
    `${run.lane} lane`,
    number(last?.requests ?? 0),
    number(before, 1),
    number(after, 1),
    // Of thousands of requests it would be nothing but zeros.
    number(1000 * slope, 2),
    flat ? 'yes' : '**no**',
  ];
  const head = [
    '',
    'requests',
    'resident in the second quarter (MiB)',
    'in the last',
    'MiB per million requests',
    'flat',
  ];
  return table(head, [row]);
}
