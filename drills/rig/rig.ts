// Owns the system under drill: a real balancer with real replicas of the drills' own, and everything that is done to it. It
// judges nothing: what came of it is evidence/'s.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReplicaView } from '../../apps/balancer/src/orchestrator/views/replica-view.ts';
import { type Balancer, type Home, newHome, startBalancer } from '../../experiments/system/balancer.ts';
import type { Doomed, MadeRuntime } from '../drill.ts';
import { parseNotes, type ReplicaNotes } from '../evidence/replica-notes.ts';
import { type AdminAnswer, adminCall } from './admin-client.ts';
import { monotonic, pause } from './clock.ts';
import type { PrivateEngine } from './engine.ts';
import { signalContainer } from './engine-call.ts';
import { DRILL_SETTINGS } from './settings.ts';
import { workloadSettings } from './workload.ts';

export interface RigTerms {
  readonly runtime: MadeRuntime;
  readonly replicas: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** DOCKER_HOST, where it is not the usual one. */
  readonly env?: Readonly<Record<string, string>>;
}

const LOOK_MS = 20;
const UNTIL_MS = 60_000;
let count = 0;

export class Rig {
  readonly runtime: MadeRuntime;
  /** Instances that were killed, frozen or taken down on purpose: what they had taken is lost with them. */
  readonly doomed: Doomed[] = [];
  /** Where the drill has an engine of its own. */
  engine: PrivateEngine | undefined;
  readonly #home: Home;
  readonly #scratch: string;
  readonly #settings: Readonly<Record<string, string>>;
  #balancer: Balancer | undefined;
  #lastAdminUrl = '';
  #lastDataUrl = '';

  private constructor(runtime: MadeRuntime, home: Home, scratch: string, settings: Readonly<Record<string, string>>) {
    this.runtime = runtime;
    this.#home = home;
    this.#scratch = scratch;
    this.#settings = settings;
  }

  /** Starts a pool of its own, gives it to `use` once all replicas serve, and ends it whatever happens. */
  static async during<T>(
    { runtime, replicas, settings, env = {} }: RigTerms,
    use: (rig: Rig) => Promise<T>,
  ): Promise<T> {
    const home = newHome(`drill-${process.pid.toString(36)}-${count++}`, env);
    const scratch = mkdtempSync(join(tmpdir(), 'hashflow-drill-'));
    const logDir = join(scratch, 'log');
    mkdirSync(logDir);
    const workload = await workloadSettings({ runtime, logDir, scratch, pool: home.pool, env });
    const ports = { PORT: await freePort(), ADMIN_PORT: await freePort() };
    const rig = new Rig(runtime, home, scratch, {
      ...DRILL_SETTINGS,
      ...workload,
      ...ports,
      N: String(replicas),
      ...settings,
    });
    try {
      await rig.startControl();
      await rig.allReady(replicas);
      return await use(rig);
    } finally {
      await rig.#end();
    }
  }

  get dataUrl(): string {
    return this.#lastDataUrl;
  }

  get adminUrl(): string {
    return this.#lastAdminUrl;
  }

  get dataPid(): number {
    const note = JSON.parse(readFileSync(join(this.#home.stateDir, 'data.pid'), 'utf8')) as { pid: number };
    return note.pid;
  }

  async startControl(): Promise<void> {
    this.#balancer = await startBalancer(this.#settings, this.#home);
    this.#lastAdminUrl = this.#balancer.adminUrl;
    this.#lastDataUrl = this.#balancer.dataUrl;
  }

  /** SIGKILL to control alone. @returns when */
  async killControl(): Promise<number> {
    const at = monotonic();
    await this.#balancer?.kill9();
    this.#balancer = undefined;
    return at;
  }

  call(method: string, path: string, body?: object): Promise<AdminAnswer> {
    return adminCall(this.adminUrl, method, path, body);
  }

  /** @throws Error unless it is answered 200 */
  async change(method: string, path: string, body?: object): Promise<unknown> {
    const { status, json } = await this.call(method, path, body);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
    return json;
  }

  /** `POST /api/replicas/NAME/WISH`. */
  async tell(name: string, wish: string): Promise<void> {
    await this.change('POST', `/api/replicas/${encodeURIComponent(name)}/${wish}`);
  }

  async replicas(): Promise<ReplicaView[]> {
    const { json } = await this.call('GET', '/api/replicas');
    return (json as { replicas: ReplicaView[] }).replicas;
  }

  async replica(name: string): Promise<ReplicaView> {
    const found = (await this.replicas()).find((replica) => replica.name === name);
    if (!found) throw new Error(`${name} is no replica`);
    return found;
  }

  /** SIGKILL, as a crash would be. @returns when it was sent */
  async kill(name: string): Promise<number> {
    return this.#doom(await this.replica(name), 'SIGKILL');
  }

  /** Stops it in the middle of whatever it does: SIGSTOP, or docker pause. @returns when it was sent */
  async freeze(name: string): Promise<number> {
    return this.#doom(await this.replica(name), 'SIGSTOP');
  }

  /** To be said before something takes all instances down. */
  async doomAll(): Promise<void> {
    for (const { instance } of await this.replicas())
      if (instance) this.doomed.push({ token: this.#tokenOf(instance), at: monotonic() });
  }

  /** How late it answers work from now on; probes are answered as ever. @returns when it was told */
  async behave(name: string, delay: number | 'never'): Promise<number> {
    const { instance } = await this.replica(name);
    if (!instance?.address) throw new Error(`${name} has no address`);
    if (delay === 'never') this.doomed.push({ token: this.#tokenOf(instance), at: monotonic() });
    await fetch(`http://${instance.address}/behave?delay=${delay}`, { method: 'POST' });
    return monotonic();
  }

  /** Waits until another instance than `before` serves under the name. */
  returned(name: string, before: string | undefined): Promise<ReplicaView> {
    return this.until(`${name} serves again`, async () => {
      const replica = await this.replica(name);
      return replica.state === 'ready' && replica.instance?.id !== before ? replica : undefined;
    });
  }

  /** Waits until all replicas are ready. @param least as many as there have to be */
  async allReady(least = 1): Promise<void> {
    await this.until('all replicas ready', async () => {
      const replicas = await this.replicas();
      return replicas.length >= least && replicas.every(({ state }) => state === 'ready') ? true : undefined;
    });
  }

  /** Asks until the answer is no longer undefined. @throws Error naming what was waited for */
  async until<T>(what: string, ask: () => Promise<T | undefined>, withinMs = UNTIL_MS): Promise<T> {
    const end = monotonic() + withinMs;
    let last = '';
    for (;;) {
      const answer = await ask().catch((error: unknown) => void (last = String(error)));
      if (answer !== undefined) return answer;
      if (monotonic() > end) {
        const view = await this.replicas().catch(() => 'control does not answer');
        throw new Error(`not within ${withinMs} ms: ${what}; ${last} ${JSON.stringify(view)}`);
      }
      await pause(LOOK_MS);
    }
  }

  /** What every replica, the dead ones too, has noted so far. */
  notes(): ReplicaNotes[] {
    const folder = join(this.#scratch, 'log');
    return readdirSync(folder).map((file) =>
      parseNotes(file.replace(/\.log$/, ''), readFileSync(join(folder, file), 'utf8')),
    );
  }

  async #doom({ name, instance }: ReplicaView, signal: 'SIGKILL' | 'SIGSTOP'): Promise<number> {
    if (!instance) throw new Error(`${name} has no instance`);
    // A pid of 0 would mean the whole process group.
    if (this.runtime === 'process' && !instance.pid) throw new Error(`${name} has no pid`);
    const at = monotonic();
    this.doomed.push({ token: this.#tokenOf(instance), at });
    if (this.runtime === 'process') process.kill(instance.pid ?? NaN, signal);
    else await signalContainer(instance.id, signal);
    return at;
  }

  /** How the names of an instance's notes begin: what a replica can tell of itself. */
  #tokenOf({ id, pid }: NonNullable<ReplicaView['instance']>): string {
    return this.runtime === 'docker' ? `${id.slice(0, 12)}-` : `${hostname()}-${pid}-`;
  }

  async #end(): Promise<void> {
    try {
      await this.#balancer?.stop();
    } finally {
      rmSync(this.#scratch, { recursive: true, force: true });
    }
  }
}

/** Fixed for the life of a pool, so that whoever comes back comes back there. */
function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(String(port)));
    });
  });
}
