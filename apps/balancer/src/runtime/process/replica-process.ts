// Owns one local replica process that this balancer has started: its birth, its exit, and the end of its group.
// Which slot it fills and what the ledger says of it is process.runtime.ts's.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { InstanceExit } from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { openLog } from './log-file.js';
import { endGroup, signalGroup } from './process-group.js';

/** Refusals of the OS that the same command gets every time. */
const UNRECOVERABLE = new Set(['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR', 'E2BIG', 'ERR_INVALID_ARG_VALUE']);

export class ReplicaProcess {
  exit: InstanceExit | undefined;
  private readonly exited: Promise<void>;

  private constructor(
    child: ChildProcess,
    readonly pid: number,
    onExit: (exit: InstanceExit) => void,
  ) {
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.exit = { code, signal, oom: false, at: Date.now() };
        // What it forked would hold its port. The group's number cannot have been given to anybody else yet.
        signalGroup(pid, 'SIGKILL');
        resolve();
        onExit(this.exit);
      });
    });
    // Neither the replica nor its exit keeps a balancer alive that has closed everything else.
    child.unref();
  }

  /** Output goes to `log`. @throws RuntimeError code `bad_spec` when the OS refuses the command, else `failed` */
  static async spawn(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    log: string,
    onExit: (exit: InstanceExit) => void,
  ): Promise<ReplicaProcess> {
    const [program = '', ...args] = argv;
    let fd: number | undefined;
    try {
      fd = openLog(log);
      // Detached: a process group of its own (process-group.ts says why).
      const child = spawn(program, args, { env, detached: true, stdio: ['ignore', fd, fd] });
      if (child.pid !== undefined) return new ReplicaProcess(child, child.pid, onExit);
      await new Promise((_, reject) => child.once('error', reject));
      throw new Error('no process and no error');
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      const reason = `cannot run "${argv.join(' ')}": ${WORDS[code] ?? message}`;
      throw new RuntimeError(UNRECOVERABLE.has(code) ? 'bad_spec' : 'failed', reason, { cause: error });
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** SIGTERM, then SIGKILL after `graceMs`; resolves once it is dead. @throws RuntimeError code `timeout` */
  async end(graceMs: number): Promise<void> {
    if (this.exit) return;
    await endGroup(this.pid, graceMs, (ms) => this.deadWithin(ms));
  }

  private async deadWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, ms, false)));
    try {
      return await Promise.race([this.exited.then(() => true as const), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such program',
  EACCES: 'it may not be executed',
  ENOEXEC: 'it is no program',
};
