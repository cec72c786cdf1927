// Owns the question of what a balancer left behind: processes that it started, containers and networks of its pool, zombies.
import { readdirSync, readFileSync } from 'node:fs';
import { containersOf, networksOf } from './docker-api.js';
import { type Balancer, eventually } from './harness.js';
import { replicasOf } from './http-client.js';

/** Alive, and no zombie that only waits to be collected. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return processState(pid) !== 'Z';
  } catch {
    return false;
  }
}

/** Pids of everything that the balancer runs on this machine: itself, data, and replicas that are processes. */
export async function pidsOf(balancer: Balancer): Promise<number[]> {
  const replicas = balancer.runtime === 'process' ? await replicasOf(balancer.adminUrl) : [];
  return [balancer.pid, balancer.dataPid, ...replicas.flatMap(({ instance }) => instance?.pid ?? [])];
}

/** @throws Error that names what still runs */
export async function expectAllEnded(pids: readonly number[]): Promise<void> {
  await eventually(`the end of ${pids.join(', ')}`, () => (pids.some(isAlive) ? undefined : true));
}

/** @throws Error that names what is still there */
export async function expectNoContainers(pool: string): Promise<void> {
  await eventually(`no container and no network of ${pool}`, async () => {
    const left = [...(await containersOf(pool)), ...(await networksOf(pool))];
    return left.length === 0 ? true : undefined;
  });
}

/** Children of a process that ended and were not collected. Linux only; elsewhere none are seen. */
export function zombiesBelow(parent: number): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => processState(pid) === 'Z' && parentOf(pid) === parent);
  } catch {
    return [];
  }
}

function processState(pid: number): string | undefined {
  return statFields(pid)[0];
}

function parentOf(pid: number): number {
  return Number(statFields(pid)[1]);
}

/** State, parent and so on: what follows the command's name, which may hold anything, in brackets. */
function statFields(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
