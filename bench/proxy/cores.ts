// Owns which core does what: one for the proxy alone, one for the load, one for the answers (the load's own where there are only
// two), and how a process is held there. Linux only.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cores {
  readonly proxy: number;
  readonly load: number;
  readonly answers: number;
}

/** Of those that this process may run on. @throws Error with less than two of them, and where there is no taskset */
export function divideCores(): Cores {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const allowed = list.split(',').flatMap(numbersIn);
  const [load, second] = allowed;
  const proxy = allowed.at(-1);
  if (load === undefined || proxy === undefined || allowed.length < 2)
    throw new Error(`the measurement needs two cores, and may use ${allowed.length}`);
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
  } catch {
    throw new Error('the measurement needs taskset (package util-linux) to hold each program on its core');
  }
  return { proxy, load, answers: allowed.length > 2 && second !== undefined ? second : load };
}

/** Command and arguments of a program that runs on one core from its start, and its children with it. */
export function onCore(core: number, command: string, args: readonly string[]): [string, string[]] {
  return ['taskset', ['--cpu-list', String(core), command, ...args]];
}

/** Moves all threads of a process that runs already. @throws Error when it may not */
export function holdOnCore(pid: number, core: number): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)], { stdio: 'ignore' });
}

function numbersIn(range: string): number[] {
  const [first = NaN, last = first] = range.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, k) => first + k);
}
