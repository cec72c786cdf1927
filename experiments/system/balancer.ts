// Owns the balancer's process: the built program, started with free ports and a state folder of its own, waited for, ended by
// its pid and cleaned up after. The drills start theirs here too. What is done to a pool meanwhile is pool.ts's.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'apps', 'balancer', 'src', 'main.js');
const CLEAN = join(ROOT, 'scripts', 'clean.mjs');
const START_MS = 180_000; // the first Docker start builds an image
const STOP_MS = 60_000;

/** One name for all balancers of this process, which run one after the other: they share the replicas' image. */
const POOL = `experiment-${process.pid.toString(36)}`;

/** What outlives one balancer process: its pool's name and state folder, and where its engine is. */
export interface Home {
  readonly pool: string;
  readonly stateDir: string;
  /** Of the balancer and of the clean-up; wins over this process's environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** What it says once it serves. */
export interface Serving {
  readonly dataUrl: string;
  readonly adminUrl: string;
  readonly runtime: string;
  /** Of control. */
  readonly pid: number;
  readonly dataPid: number;
}

export interface Balancer extends Serving {
  /** SIGKILL to control, as a crash would be; the data process and the replicas go on. */
  kill9(): Promise<void>;
  /** SIGINT: drains, ends all replicas. @throws Error with its output when it does not end well */
  stop(): Promise<void>;
}

const homes = new Set<Home>();
let running: { readonly child: ChildProcess; readonly ended: Promise<unknown> } | undefined;

/** A state folder of its own, cleaned away by cleanUp(). */
export function newHome(pool = POOL, env: Home['env'] = {}): Home {
  const home = { pool, stateDir: mkdtempSync(join(tmpdir(), 'hashflow-experiment-')), env };
  homes.add(home);
  return home;
}

/**
 * @param home of an earlier balancer, to start the same pool again
 * @throws Error with its output when it does not serve in time
 */
export async function startBalancer(
  settings: Readonly<Record<string, string>>,
  home: Home = newHome(),
): Promise<Balancer> {
  const child = spawn(process.execPath, [MAIN], {
    cwd: home.stateDir, // no .env of the work tree counts
    env: { ...environment(home), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'an unknown end')),
  );
  running = { child, ended };
  const serving = new Promise<Serving>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        const line = output.split('\n').find((one) => one.startsWith('{"event":"serving"') && one.endsWith('}'));
        if (line) resolve(JSON.parse(line) as Serving);
      });
  });
  const failed = (what: string) => new Error(`the balancer ${what}\n${output.slice(-4000)}`);
  const announced = await Promise.race([
    serving,
    ended.then((how) => Promise.reject(failed(`ended before it served (${how})`))),
    after(START_MS).then(() => Promise.reject(failed(`did not serve within ${START_MS} ms`))),
  ]);
  return {
    ...announced,
    kill9: async () => {
      child.kill('SIGKILL');
      await ended;
      running = undefined;
    },
    stop: async () => {
      child.kill('SIGINT');
      const how = await Promise.race([ended, after(STOP_MS)]);
      if (how !== 0) throw failed(`did not end well (${how ?? 'still running'})`);
      running = undefined;
    },
  };
}

let cleaning: Promise<void> | undefined;

/** Ends what still runs and removes what is left: state folders, containers, the replicas' image. A second call joins the first. */
export function cleanUp(): Promise<void> {
  return (cleaning ??= endAll().finally(() => (cleaning = undefined)));
}

async function endAll(): Promise<void> {
  if (running) {
    running.child.kill('SIGINT');
    await Promise.race([running.ended, after(STOP_MS)]);
    running.child.kill('SIGKILL');
    running = undefined;
  }
  for (const home of homes) {
    const clean = spawn(process.execPath, [CLEAN], {
      env: environment(home),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await new Promise((resolve) => clean.once('close', resolve));
    rmSync(home.stateDir, { recursive: true, force: true });
  }
  homes.clear();
}

/** This machine's paths and engine, no setting of whoever runs the experiments. */
function environment({ pool, stateDir, env }: Home): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'DOCKER_HOST', 'LANG', 'BASE_IMAGE'];
  const inherited = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return {
    ...(Object.fromEntries(inherited) as NodeJS.ProcessEnv),
    PORT: '0',
    ADMIN_PORT: '0',
    POOL: pool,
    STATE_DIR: stateDir,
    HASHFLOW_READY: 'json',
    ...env,
  };
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
}
