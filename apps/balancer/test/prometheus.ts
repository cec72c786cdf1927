// Owns a real Prometheus for the end-to-end suites: its programs, from the PATH or unpacked from Debian's package into a folder
// of our own (nothing is installed, no service begins), and one server of it, ended with the suite. What is asked of it is the
// suite's.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../src/proxy/testing/free-port.js';
import { eventually } from './harness.js';

const run = promisify(execFile);
const FETCH_MS = 120_000;
const START_MS = 60_000;

export interface Tools {
  readonly prometheus: string;
  readonly promtool: string;
}

const unpacked = mkdtempSync(join(tmpdir(), 'hashflow-prometheus-'));
const servers = new Set<ChildProcess>();

afterAll(() => {
  for (const server of servers) server.kill('SIGKILL');
  rmSync(unpacked, { recursive: true, force: true });
});

/** In words why there are none, where there are none. */
export async function prometheusTools(): Promise<Tools | string> {
  const onPath = { prometheus: 'prometheus', promtool: 'promtool' };
  if (await works(onPath)) return onPath;
  try {
    await run('apt-get', ['download', '-qq', 'prometheus'], { cwd: unpacked, timeout: FETCH_MS });
    const [archive = ''] = readdirSync(unpacked).filter((name) => name.endsWith('.deb'));
    await run('dpkg-deb', ['-x', join(unpacked, archive), unpacked], { timeout: FETCH_MS });
  } catch (error) {
    return `no prometheus on the PATH, and Debian's package cannot be had: ${(error as Error).message.split('\n')[0]}`;
  }
  const bin = join(unpacked, 'usr', 'bin');
  const own = { prometheus: join(bin, 'prometheus'), promtool: join(bin, 'promtool') };
  return (await works(own)) ? own : 'Debian’s prometheus does not run here';
}

/** @returns what it says @throws Error with that when it is not content */
export async function promtool(tools: Tools, args: readonly string[], input = ''): Promise<string> {
  const running = run(tools.promtool, [...args], { timeout: START_MS });
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running.catch((error: Error & { stdout: string; stderr: string }) => {
    throw new Error(`${error.message}\n${error.stdout}${error.stderr}`);
  });
  return stdout + stderr;
}

export interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
  };
}

export interface Prometheus {
  query(expression: string): Promise<Answer>;
  get(path: string): Promise<unknown>;
  /** @throws Error with its last words when it ended by itself */
  stop(): Promise<void>;
}

/** @param config path of its configuration */
export async function startPrometheus(tools: Tools, config: string): Promise<Prometheus> {
  const port = await freePort();
  const child = spawn(
    tools.prometheus,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(unpacked, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { cwd: unpacked, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  servers.add(child);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (words = (words + chunk).slice(-4000)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  await eventually(
    'Prometheus is ready',
    async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended: ${words}`);
      return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok === true ? true : undefined;
    },
    START_MS,
  );
  return {
    query: async (expression) =>
      (await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`)).json()) as Answer,
    get: async (path) => (await fetch(`${url}${path}`)).json(),
    stop: async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended: ${words}`);
      child.kill('SIGTERM');
      await ended;
      servers.delete(child);
    },
  };
}

async function works({ prometheus, promtool: tool }: Tools): Promise<boolean> {
  try {
    for (const program of [prometheus, tool]) await run(program, ['--version'], { timeout: START_MS });
    return true;
  } catch {
    return false;
  }
}
