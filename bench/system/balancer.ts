// Owns a built balancer with a pool of its own under a benchmark: its start, what is asked of it, and its end.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, eventually } from './ask.ts';
import { lastAct } from './last-acts.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/apps/balancer/src/main.js');
const CLEAN = join(ROOT, 'scripts/clean.mjs');
/** The first Docker start builds an image. */
const START_MS = 120_000;
const STOP_MS = 60_000;

export type BenchRuntime = 'docker' | 'process' | 'static';

interface Replica {
  readonly name: string;
  readonly state: string;
  readonly since: string;
  readonly instance: { readonly id: string; readonly pid: number | null; readonly address: string | null } | null;
}

export class BenchBalancer {
  private readonly child: ChildProcess;
  private readonly stateDir = mkdtempSync(join(tmpdir(), 'hashflow-bench-'));
  readonly pool = `bench-${randomBytes(3).toString('hex')}`;
  private adminUrl = '';
  dataUrl = '';
  dataPid = NaN;
  controlPid = NaN;

  readonly runtime: BenchRuntime;
  private readonly ended: () => void;

  private constructor(runtime: BenchRuntime, settings: Readonly<Record<string, string>>, nodeArgs: readonly string[]) {
    this.runtime = runtime;
    this.child = spawn(process.execPath, [...nodeArgs, MAIN], {
      cwd: this.stateDir,
      env: this.environment(settings),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.ended = lastAct(() => this.end());
  }

  /** Resolves once all replicas and standbys are ready. @throws Error when that does not come */
  static async start(
    runtime: BenchRuntime,
    settings: Readonly<Record<string, string>>,
    nodeArgs: readonly string[] = [],
  ): Promise<BenchBalancer> {
    const balancer = new BenchBalancer(runtime, settings, nodeArgs);
    try {
      await balancer.serving();
      await balancer.calm();
      return balancer;
    } catch (error) {
      await balancer.end();
      throw error;
    }
  }

  /** Whoever answers a key now; undefined when nobody does. */
  async answererOf(key: string): Promise<string | undefined> {
    const answer = await ask(`${this.dataUrl}/home`, { headers: { 'x-hash-key': key } }).catch(() => undefined);
    return answer?.status === 200 ? answer.replica : undefined;
  }

  /** A key that this replica answers. */
  async keyOf(name: string): Promise<string> {
    for (let k = 0; k < 2000; k++) if ((await this.answererOf(`key ${k}`)) === name) return `key ${k}`;
    throw new Error(`no key of ${name} in 2000`);
  }

  async replicas(): Promise<Replica[]> {
    const { text } = await ask(`${this.adminUrl}/api/replicas`);
    return (JSON.parse(text) as { replicas: Replica[] }).replicas;
  }

  /** @throws Error unless it is answered with 200 */
  async change(method: 'POST' | 'DELETE', path: string, hostname: string): Promise<void> {
    const body = JSON.stringify({ n: 1, hostnames: [hostname] });
    const { status, text } = await ask(`${this.adminUrl}${path}`, { method, body });
    if (status !== 200) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
  }

  /** All replicas and standbys are ready, and nobody leaves. */
  calm(): Promise<void> {
    return eventually('all replicas and standbys are ready', async () => {
      const { text } = await ask(`${this.adminUrl}/api/status`);
      const { desired, ready, draining, standby } = JSON.parse(text) as Record<
        'desired' | 'ready' | 'draining',
        number
      > & {
        standby: { wanted: number; ready: number };
      };
      return ready === desired && draining === 0 && standby.ready === standby.wanted;
    });
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
      this.child.kill('SIGINT');
      await once(this.child, 'exit');
      clearTimeout(timer);
    }
    const clean = spawn(process.execPath, [CLEAN], { env: this.environment({}), stdio: 'ignore' });
    await once(clean, 'exit');
    rmSync(this.stateDir, { recursive: true, force: true });
    this.ended();
  }

  private environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    const inherited = ['PATH', 'HOME', 'DOCKER_HOST', 'LANG', 'BASE_IMAGE'].map((name) => [name, process.env[name]]);
    return {
      ...(Object.fromEntries(inherited.filter(([, value]) => value !== undefined)) as NodeJS.ProcessEnv),
      RUNTIME: this.runtime,
      PORT: '0',
      ADMIN_PORT: '0',
      POOL: this.pool,
      STATE_DIR: this.stateDir,
      EXPOSE_REPLICA: 'true',
      HASHFLOW_READY: 'json',
      LOG_LEVEL: 'error',
      ...settings,
    };
  }

  private async serving(): Promise<void> {
    let text = '';
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the balancer did not serve within ${START_MS} ms`)), START_MS);
      this.child.once('exit', (code) => reject(new Error(`the balancer ended with ${code} before it served`)));
      this.child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const line = text.split('\n').find((one) => one.startsWith('{"event":"serving"') && one.endsWith('}'));
        if (!line) return;
        clearTimeout(timer);
        ({
          dataUrl: this.dataUrl,
          adminUrl: this.adminUrl,
          dataPid: this.dataPid,
          pid: this.controlPid,
        } = JSON.parse(line) as Record<'dataUrl' | 'adminUrl', string> & Record<'dataPid' | 'pid', number>);
        resolve();
      });
    });
  }
}
