// Owns starting, watching and ending a built balancer for the end-to-end suites: a real control process with its own pool,
// state folder and free ports, and the clean-up after each suite, however it went. Speaking to it is http-client.ts's,
// looking for what it left behind leftovers.ts's.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
export const MAIN = join(ROOT, 'dist/apps/balancer/src/main.js');
const CLEAN = join(ROOT, 'scripts/clean.mjs');

const START_MS = 120_000; // the first Docker start builds an image
const STOP_MS = 45_000;

export interface Serving {
  readonly dataUrl: string;
  readonly adminUrl: string;
  readonly pool: string;
  readonly runtime: 'docker' | 'process' | 'static';
  readonly replicas: readonly string[];
  readonly pid: number;
  readonly dataPid: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** Settings; win over the harness's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Limit of file descriptors of all its processes. */
  readonly descriptors?: number;
  /** Of an earlier balancer, to start the same pool again. */
  readonly home?: Home;
}

/** What outlives one balancer process: the pool's name and its state folder. */
export interface Home {
  readonly pool: string;
  readonly stateDir: string;
}

export interface Balancer extends Serving {
  readonly home: Home;
  /** stdout and stderr so far. */
  logs(): string;
  /** Sends the signal and waits for the end. @throws Error when it does not end */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
  /** Sends the signal and returns at once. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL to control alone, as a crash would be. */
  kill9(): Promise<Exit>;
  readonly exited: Promise<Exit>;
}

const homes: Home[] = [];
const living = new Set<ChildProcess>();

/** A pool that nobody else on this machine has; cleaned away at the end of the suite. */
export function newHome(): Home {
  const pool = `e2e-${process.pid.toString(36)}-${Date.now().toString(36).slice(-5)}-${homes.length + 1}`;
  const home = { pool, stateDir: mkdtempSync(join(tmpdir(), 'hashflow-e2e-')) };
  homes.push(home);
  return home;
}

// A suite that failed half-way leaves nothing either; one that passed leaves just the images of its pools.
afterAll(async () => {
  for (const child of living) child.kill('SIGKILL');
  for (const home of homes.splice(0)) {
    const clean = spawn(process.execPath, [CLEAN], { env: environment(home), stdio: ['ignore', 'ignore', 'inherit'] });
    await exitOf(clean);
    rmSync(home.stateDir, { recursive: true, force: true });
  }
}, 120_000);

/** The environment of a balancer: this machine's paths and engine, no setting of whoever runs the tests. */
export function environment(home: Home, env: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(
    ['PATH', 'HOME', 'DOCKER_HOST', 'LANG', 'BASE_IMAGE'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    ...inherited,
    PORT: '0',
    ADMIN_PORT: '0',
    POOL: home.pool,
    STATE_DIR: home.stateDir,
    HASHFLOW_READY: 'json',
    HEALTH_INTERVAL: '200ms',
    ...env,
  };
}

/** Starts a balancer and waits until it serves. @throws Error with its output when it ends before that */
export async function startBalancer({ env, descriptors, home = newHome() }: StartOptions = {}): Promise<Balancer> {
  const child = launch(home, env, descriptors);
  const output = collect(child);
  const exited = exitOf(child);
  const serving = await Promise.race([
    servingLine(child),
    exited.then(({ code, signal }) => fail(`the balancer ended before it served (${code ?? signal})`, output())),
    deadline(START_MS, () => `the balancer did not serve within ${START_MS} ms\n${output()}`),
  ]).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });

  return {
    ...serving,
    home,
    exited,
    logs: output,
    signal: (signal) => void child.kill(signal),
    stop: async (signal = 'SIGINT') => {
      child.kill(signal);
      return Promise.race([exited, deadline(STOP_MS, () => `${signal} did not end the balancer\n${output()}`)]);
    },
    kill9: async () => {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

/** A start that is expected to end by itself. @returns how, and all it said */
export async function startFailing({ env, home = newHome() }: StartOptions = {}): Promise<Exit & { output: string }> {
  const child = launch(home, env);
  const output = collect(child);
  const exit = await Promise.race([exitOf(child), deadline(START_MS, () => `it did not end\n${output()}`)]).catch(
    (error: unknown) => {
      child.kill('SIGKILL');
      throw error;
    },
  );
  return { ...exit, output: output() };
}

/** A start that is killed, control alone and without a word, as soon as its log has these words. */
export async function startKilled({ env, home = newHome() }: StartOptions, words: string): Promise<void> {
  const child = launch(home, env);
  const output = collect(child);
  const exited = exitOf(child);
  try {
    await eventually(words, () => (output().includes(words) || child.exitCode !== null ? true : undefined), START_MS);
  } finally {
    child.kill('SIGKILL');
  }
  const { code } = await exited;
  if (code !== null) fail(`the balancer ended before it could be killed (${code})`, output());
}

/** Asks again and again until the answer is no longer undefined. @throws Error naming what was waited for */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  ms = 20_000,
): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(20);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function launch(home: Home, env: StartOptions['env'], descriptors?: number): ChildProcess {
  const program = [process.execPath, MAIN];
  const [command, ...args] =
    descriptors === undefined ? program : ['sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`, ...program];
  const child = spawn(command, args, {
    cwd: home.stateDir, // no .env of the repository counts
    env: environment(home, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  living.add(child);
  child.once('close', () => living.delete(child));
  return child;
}

function servingLine(child: ChildProcess): Promise<Serving> {
  let text = '';
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text
        .split('\n')
        .find((candidate) => candidate.startsWith('{"event":"serving"') && candidate.endsWith('}'));
      if (line) resolve(JSON.parse(line) as Serving);
    });
  });
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
}

function deadline(ms: number, message: () => string): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(message())), ms).unref());
}

function fail(message: string, output: string): never {
  throw new Error(`${message}\n${output}`);
}
