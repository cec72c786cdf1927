// Owns the system under test: a real balancer with real replicas, and what is done to them. The balancer's process is
// balancer.ts's; asking the pool is traffic.ts's.
import type { ReplicaView } from '../../apps/balancer/src/orchestrator/views/replica-view.ts';
import { killContainer, pauseContainer } from '../../apps/balancer/test/docker-api.ts';
import { type Balancer, startBalancer } from './balancer.ts';

export type RuntimeChoice = 'auto' | 'process' | 'docker';

/** A running balancer and the few things that are done to it. */
export class Pool {
  readonly #balancer: Balancer;

  private constructor(balancer: Balancer) {
    this.#balancer = balancer;
  }

  /** Starts a pool of its own, gives it to `use`, and ends it whatever happens. */
  static async during<T>(
    replicas: number,
    settings: Readonly<Record<string, string>>,
    use: (pool: Pool) => Promise<T>,
  ): Promise<T> {
    const balancer = await startBalancer({ ...FIXED, ...settings, N: String(replicas) });
    try {
      return await use(new Pool(balancer));
    } finally {
      await balancer.stop();
    }
  }

  get dataUrl(): string {
    return this.#balancer.dataUrl;
  }

  get adminUrl(): string {
    return this.#balancer.adminUrl;
  }

  /** What `auto` came to. */
  get runtime(): string {
    return this.#balancer.runtime;
  }

  async names(): Promise<string[]> {
    return (await this.replicas()).map(({ name }) => name);
  }

  /** Adds one replica and waits until it serves. */
  async add(): Promise<void> {
    await this.#change('POST', '/add?wait=ready', { n: 1 });
  }

  /** Removes one and waits until it is gone. */
  async remove(name: string): Promise<void> {
    await this.#change('DELETE', '/rm?wait=gone', { n: 1, hostnames: [name] });
  }

  /** Stops it in the middle of whatever it does, and waits until the balancer sends it nothing more. */
  async freeze(name: string): Promise<void> {
    const { id, pid } = await this.#instance(name);
    if (this.runtime === 'docker') await pauseContainer(id);
    else process.kill(pid, 'SIGSTOP');
    await this.#until(name, ({ state }) => state === 'unready');
    await this.#tablesSettled();
  }

  /** SIGKILL, as a crash would be. @returns when it was sent, in milliseconds of performance.now() */
  async kill(name: string): Promise<number> {
    const { id, pid } = await this.#instance(name);
    const at = performance.now();
    if (this.runtime === 'docker') await killContainer(id);
    else process.kill(pid, 'SIGKILL');
    return at;
  }

  /** Waits until another instance than before serves under the name. @param restarts that it had before */
  async returned(name: string, restarts: number): Promise<void> {
    await this.#until(name, (now) => now.state === 'ready' && now.restarts > restarts);
    await this.#tablesSettled();
  }

  async restartsOf(name: string): Promise<number> {
    return (await this.#replica(name)).restarts;
  }

  async replicas(): Promise<ReplicaView[]> {
    const response = await fetch(`${this.adminUrl}/api/replicas`);
    return ((await response.json()) as { replicas: ReplicaView[] }).replicas;
  }

  async #replica(name: string): Promise<ReplicaView> {
    const found = (await this.replicas()).find((replica) => replica.name === name);
    if (!found) throw new Error(`${name} is no replica`);
    return found;
  }

  /** @throws Error when it has not come to that within half a minute */
  async #until(name: string, holds: (replica: ReplicaView) => boolean): Promise<void> {
    const end = performance.now() + UNTIL_MS;
    for (;;) {
      const replica = await this.#replica(name);
      if (holds(replica)) return;
      if (performance.now() > end) throw new Error(`${name} is ${replica.state} for too long: ${replica.reason}`);
      await pause(LOOK_MS);
    }
  }

  async #instance(name: string): Promise<{ id: string; pid: number }> {
    const { instance } = await this.#replica(name);
    if (!instance) throw new Error(`${name} has no instance`);
    // A pid of 0 would mean the whole process group.
    if (this.runtime === 'process' && !instance.pid) throw new Error(`${name} has no pid`);
    return { id: instance.id, pid: instance.pid ?? 0 };
  }

  async #change(method: string, path: string, body: object): Promise<void> {
    const response = await fetch(this.adminUrl + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    await this.#tablesSettled();
  }

  // The data process works with the table of an epoch once it has acknowledged it, some milliseconds after the view changed.
  async #tablesSettled(): Promise<void> {
    await pause(TABLE_MS);
  }
}

const LOOK_MS = 20;
const UNTIL_MS = 30_000;
const TABLE_MS = 200;

/** The same for every variant; all else is the product's default. */
const FIXED = {
  // Placement alone is compared: a request must not be moved for load.
  LOAD_FACTOR: '0',
  // A fixed seed, so that fixed keys have the same owners in every run.
  HASH_SEED: '0001020304050607',
  // A frozen replica stays until it is killed.
  RESTART_UNHEALTHY_AFTER: '10m',
  HEALTH_INTERVAL: '500ms',
  LOG_LEVEL: 'warn',
};

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
