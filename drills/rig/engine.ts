// Owns a Docker engine of the drill's own, which may be restarted: its folders, socket and address range apart from every
// other engine's, without iptables (the balancer dials container addresses) and without the default bridge. Linux, as root.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Skipped } from '../drill.ts';
import { monotonic, pause } from './clock.ts';

const START_MS = 60_000;
const STOP_MS = 60_000;
/** Apart from the ranges that an engine takes by itself. */
const ADDRESSES = 'base=10.213.0.0/16,size=24';

export interface PrivateEngine {
  /** For whoever is to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** SIGTERM, and its end awaited. @returns when it was sent */
  stop(): Promise<number>;
  /** Starts it again and waits until it answers. */
  start(): Promise<void>;
}

/**
 * Gives `use` an engine, and removes it and all of its data afterwards.
 * @param kind undefined: no engine of its own is wanted
 * @throws Skipped where none can be started
 */
export async function withEngine<T>(
  kind: 'plain' | 'live' | undefined,
  use: (engine: PrivateEngine | undefined) => Promise<T>,
): Promise<T> {
  if (kind === undefined) return use(undefined);
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !(await hasDockerd()))
    throw new Skipped('needs a dockerd and root, for an engine of its own');
  const folder = mkdtempSync(join(tmpdir(), 'hashflow-engine-'));
  const engine = new Dockerd(folder, kind === 'live');
  try {
    await engine.start();
    return await use(engine);
  } finally {
    await engine.stop();
    await unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

class Dockerd implements PrivateEngine {
  readonly env: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #live: boolean;
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(folder: string, live: boolean) {
    this.#folder = folder;
    this.#live = live;
    this.env = { DOCKER_HOST: `unix://${join(folder, 'docker.sock')}` };
  }

  async start(): Promise<void> {
    const inFolder = (name: string) => join(this.#folder, name);
    for (const name of ['data', 'exec']) mkdirSync(inFolder(name), { recursive: true });
    const log = openSync(inFolder('dockerd.log'), 'a');
    const options = [
      ['--data-root', inFolder('data')],
      ['--exec-root', inFolder('exec')],
      ['--pidfile', inFolder('dockerd.pid')],
      ['-H', this.env['DOCKER_HOST'] ?? ''],
      ['--bridge=none', '--iptables=false', '--ip6tables=false', '--default-address-pool', ADDRESSES],
      this.#live ? ['--live-restore'] : [],
    ];
    const child = spawn('dockerd', options.flat(), { stdio: ['ignore', log, log], detached: true });
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    const end = monotonic() + START_MS;
    while (!(await this.#answers())) {
      if (child.exitCode !== null) throw new Skipped('an engine of its own does not start here');
      if (monotonic() > end) throw new Skipped(`an engine of its own did not answer within ${START_MS} ms`);
      await pause(50);
    }
  }

  async stop(): Promise<number> {
    const at = monotonic();
    this.#child?.kill('SIGTERM');
    // Whoever asked is not held by the clock once the engine has ended.
    await Promise.race([this.#ended, delay(STOP_MS, undefined, { ref: false })]);
    return at;
  }

  #answers(): Promise<boolean> {
    const ping = ['--max-time', '2', '-fsS', '--unix-socket', join(this.#folder, 'docker.sock'), 'http://engine/_ping'];
    return promisify(execFile)('curl', ping).then(
      () => true,
      () => false,
    );
  }
}

async function hasDockerd(): Promise<boolean> {
  return promisify(execFile)('dockerd', ['--version']).then(
    () => true,
    () => false,
  );
}

/** What the engine has left mounted would keep its folder from being removed. */
async function unmountBelow(folder: string): Promise<void> {
  if (!existsSync('/proc/mounts')) return;
  const { stdout } = await promisify(execFile)('cat', ['/proc/mounts']);
  const below = stdout
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of below.reverse()) await promisify(execFile)('umount', ['-l', path]).catch(() => undefined);
}
