// Owns how one process is told from every other: pids are reused, a pid with its start time is not. Whom to look for or to
// signal is for those who ask.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal only for the very same process. */
  readonly startTime: string;
}

export interface LiveProcess extends ProcessIdentity {
  /** Stopped by SIGSTOP or a debugger. */
  readonly frozen: boolean;
}

const LINUX = process.platform === 'linux';
let bootId: string | undefined;

/** Who holds `pid` now; undefined when nobody does, or only a zombie. */
export async function identify(pid: number): Promise<LiveProcess | undefined> {
  return LINUX ? identifyFromProc(pid) : identifyFromPs(pid);
}

/** The same process still lives, not another one with its pid. */
export async function isAlive({ pid, startTime }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.startTime === startTime;
}

/** Sends the signal to that very process and to no other. @returns false when it is gone */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(identity))) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

/**
 * The leader of the process group whose environment holds `name=value` (what it forked has inherited it), among our own
 * user's processes. Only Linux shows environments; elsewhere nothing is found.
 */
export async function findLeaderByEnvironment(name: string, value: string): Promise<number | undefined> {
  if (!LINUX) return undefined;
  const wanted = `${name}=${value}`;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').includes(wanted) && statFields(entry)[2] === entry) return Number(entry);
  }
  return undefined;
}

async function identifyFromProc(pid: number): Promise<LiveProcess | undefined> {
  const fields = statFields(pid);
  const [state, startTicks] = [fields[0], fields[19]];
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  // Ticks count from boot: after a reboot another process can have the same pid and the same ticks.
  bootId ??= (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'boot')).trim();
  return { pid, startTime: `${bootId}:${startTicks}`, frozen: state === 'T' || state === 't' };
}

/** /proc/PID/stat from its third field on: state, parent, group, … The second stands in parentheses and may hold anything. */
function statFields(pid: number | string): string[] {
  const stat = readStat(pid);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Synchronous: the kernel answers from memory in microseconds, and each replica is asked about in each list. */
function readStat(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

async function identifyFromPs(pid: number): Promise<LiveProcess | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  }).catch(() => ({ stdout: '' }));
  const match = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(stdout);
  const [state, startTime] = [match?.[1], match?.[2]];
  if (state === undefined || startTime === undefined || state.startsWith('Z')) return undefined;
  return { pid, startTime, frozen: state.startsWith('T') };
}
