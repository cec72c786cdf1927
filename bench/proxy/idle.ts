// Owns what connections cost that wait for a next request: resident memory with many of them, less that without. Each has been
// answered once, as an idle connection has.
import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import type { Replica } from './answering/answering.ts';
import type { ContestantKind } from './contestants/contestant.ts';
import type { Cores } from './cores.ts';
import { Load } from './load/load.ts';
import { costOf } from './process-cost.ts';
import type { Ask } from './requests.ts';
import type { Idle } from './result.ts';

const ASK: Ask = { path: '/small', upload: 0, close: false };
/** Memory that requests need is taken by then. */
const WARM_CONNECTIONS = 64;
const WARM_MS = 1000;
const SETTLE_MS = 1500;
/** Descriptors that a program needs besides. HashFlow keeps as many for connections to replicas as it takes of clients. */
const SPARE = 1000;

/** @returns so many connections as this process and its children may open @param wanted the limit is raised for them if it may be */
export function idleConnections(wanted: number): number {
  const needed = 2 * (wanted + SPARE);
  if (descriptorLimit() < needed)
    spawnSync('prlimit', ['--pid', String(process.pid), `--nofile=${needed}:${needed}`], { stdio: 'ignore' });
  return Math.min(wanted, Math.floor(descriptorLimit() / 2) - SPARE);
}

export async function measureIdle(
  kinds: readonly ContestantKind[],
  replicas: readonly Replica[],
  cores: Cores,
  connections: number,
  onStep: (what: string) => void,
): Promise<Idle> {
  const rss: Record<string, { before: number; after: number }> = {};
  for (const kind of kinds) {
    onStep(`${connections} idle connections: ${kind.id}`);
    const load = new Load(cores.load);
    const contestant = await kind.start(replicas, cores);
    try {
      const { port, pids } = contestant;
      await load.open({ port, connections: WARM_CONNECTIONS, ask: ASK });
      await load.run(WARM_MS);
      await load.close();
      await settle();
      const before = costOf(pids).rss;
      await load.open({ port, connections, ask: ASK });
      await settle();
      rss[kind.id] = { before, after: costOf(pids).rss };
      await load.close();
    } finally {
      await load.end();
      await contestant.end();
    }
  }
  return { connections, rss };
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

/** The hard one: Node raises its own soft limit to it, and its children inherit that. */
function descriptorLimit(): number {
  const hard = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return Number(hard ?? NaN);
}
