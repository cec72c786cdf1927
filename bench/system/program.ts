// Owns a program of others that listens on loopback: started in the foreground in a folder of its own, waited for until it takes
// connections, and ended by its pid. No service manager knows of it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastAct } from './last-acts.ts';

const START_MS = 10_000;
const STOP_MS = 5000;
const PAUSE_MS = 20;

export interface Launch {
  readonly name: string;
  readonly command: string;
  /** @param folder of the program, with its files in it */
  readonly args: (folder: string) => readonly string[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly env?: Readonly<Record<string, string>>;
  /** That it opens: it runs once all of them take connections. */
  readonly ports: readonly number[];
}

export class Program {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #ended: () => void;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#ended = lastAct(() => this.end());
  }

  /** @throws Error with its output when it does not take connections in time */
  static async start({ name, command, args, files = {}, env = {}, ports }: Launch): Promise<Program> {
    const folder = mkdtempSync(join(tmpdir(), `hashflow-${name}-`));
    for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
    const child = spawn(command, args(folder), {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const program = new Program(child, folder);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-2000)));
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`${name} ended with ${code ?? signal}\n${output}`)));
    });
    // It may end late, when nobody waits for that any more.
    failed.catch(() => {});
    try {
      for (const port of ports) await Promise.race([takesConnections(port, name), failed]);
      return program;
    } catch (error) {
      await program.end();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? NaN;
  }

  /** Those that it has started; processes, not threads. */
  get children(): number[] {
    return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  }

  async end(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
      this.#child.kill();
      await exit;
      clearTimeout(timer);
    }
    rmSync(this.#folder, { recursive: true, force: true });
    this.#ended();
  }
}

/** What a program says of its version; undefined: it is not installed. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? (pattern.exec(stdout + stderr)?.[1] ?? 'of unknown version') : undefined;
}

async function takesConnections(port: number, name: string): Promise<void> {
  for (const giveUpAt = performance.now() + START_MS; performance.now() < giveUpAt;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('close', () => resolve(false)).end();
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`${name} does not take connections within ${START_MS} ms`);
}
