// Owns what a program has cost so far: CPU and resident memory of some processes and all their descendants, by the kernel's counts.
import { readdirSync, readFileSync } from 'node:fs';

export interface Cost {
  /** Seconds of CPU, user and system, since each process began. */
  readonly cpu: number;
  /** MiB; pages that processes share count in each. */
  readonly rss: number;
}

/** @param pids of the processes, without their descendants @throws Error when one has ended */
export function costOf(pids: readonly number[]): Cost {
  const all = pids.flatMap(withDescendants);
  return { cpu: sum(all.map(cpuSeconds)), rss: sum(all.map(residentMiB)) };
}

/** Seconds of CPU of the one thread of this name. @throws Error when there is none, or more than one */
export function threadSeconds(pid: number, name: string): number {
  const named = readdirSync(`/proc/${pid}/task`).filter(
    (task) => readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').trim() === name,
  );
  const [task] = named;
  if (task === undefined || named.length > 1) throw new Error(`process ${pid} has ${named.length} threads "${name}"`);
  return taskSeconds(pid, task);
}

function withDescendants(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(withDescendants)];
}

/** In nanoseconds, of the threads that there are: /proc/PID/stat goes by ticks of 10 ms, a hundredth of a turn. */
function cpuSeconds(pid: number): number {
  return sum(readdirSync(`/proc/${pid}/task`).map((task) => taskSeconds(pid, task)));
}

function taskSeconds(pid: number, task: string): number {
  const [onCpu = ''] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
  return Number(onCpu) / 1e9;
}

function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has ended`);
  return Number(kib) / 1024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
