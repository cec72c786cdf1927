// Owns HashFlow under measurement: the built program as a user starts it, replicas that run elsewhere, one worker. Its data process
// has the proxy's core; control keeps to the load's, and what it costs is nobody's request.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchBalancer, type BenchRuntime } from '../../system/balancer.ts';
import type { Replica } from '../answering/answering.ts';
import { type Cores, holdOnCore } from '../cores.ts';
import type { Contestant, ContestantKind } from './contestant.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Its defaults, but for where its replicas are: keys by a field, counters, limits, hot keys and forwarding fields are all on. */
const SETTINGS = { LOG_LEVEL: 'error', SEED_ROUTES: 'false' };

export interface HashFlow extends Contestant {
  readonly balancer: BenchBalancer;
}

export type LaneName = 'express' | 'standard';

export function hashFlow(lane: LaneName): ContestantKind {
  return {
    id: lane,
    name: `HashFlow, ${lane} lane`,
    version: () => (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version,
    start: (replicas, cores) => startHashFlow(lane, cores, 'static', { REPLICAS: replicas.map(named).join(',') }),
  };
}

export async function startHashFlow(
  lane: LaneName,
  cores: Cores,
  runtime: BenchRuntime,
  settings: Readonly<Record<string, string>>,
): Promise<HashFlow> {
  const express = String(lane === 'express');
  const balancer = await BenchBalancer.start(runtime, {
    EXPRESS: express,
    EXPOSE_REPLICA: 'false',
    ...SETTINGS,
    ...settings,
  });
  try {
    holdOnCore(balancer.controlPid, cores.load);
    holdOnCore(balancer.dataPid, cores.proxy);
  } catch (error) {
    await balancer.end();
    throw error;
  }
  return {
    balancer,
    port: Number(new URL(balancer.dataUrl).port),
    pids: [balancer.dataPid],
    end: () => balancer.end(),
  };
}

/** As long as the names that the balancer gives itself: the sample replica says its name in its answer. */
function named({ host, port }: Replica, k: number): string {
  return `server-${k + 1}=http://${host}:${port}`;
}
