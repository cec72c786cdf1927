// Owns one pool under the life benchmark, and what is done to it: a crash, an addition, each until the answer in the name in question.
import { eventually, pause, timed } from '../system/ask.ts';
import { BenchBalancer, type BenchRuntime } from '../system/balancer.ts';

export const N = 4;
/** The restart policy asks for 10 s of service before a death is replaced without a backoff. */
const STABLE_MS = 10_500;
const SETTINGS = { N: String(N), CRASH_LOOP_LIMIT: '1000', SPAWN_RATE: '10000' };
const NEWCOMER = 'Newcomer';

export interface Crash {
  /** Epoch milliseconds with decimals: comparable among processes. */
  readonly at: number;
  readonly took: number;
}

export class Pool {
  /** By name, and when it was last made. */
  private readonly born = new Map<string, number>();

  readonly balancer: BenchBalancer;
  private readonly keys: ReadonlyMap<string, string>;
  private readonly names: readonly string[];

  private constructor(balancer: BenchBalancer, keys: ReadonlyMap<string, string>, names: readonly string[]) {
    this.balancer = balancer;
    this.keys = keys;
    this.names = names;
  }

  /** @param hook of Node into the balancer, and its settings */
  static async open(
    runtime: BenchRuntime,
    standby: number,
    hook: { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } = { args: [], env: {} },
  ): Promise<Pool> {
    const settings = { ...SETTINGS, STANDBY: String(standby), ...hook.env };
    const balancer = await BenchBalancer.start(runtime, settings, hook.args);
    try {
      const names = (await balancer.replicas()).map(({ name }) => name);
      const keys = new Map<string, string>();
      for (const name of names) keys.set(name, await balancer.keyOf(name));
      // A key of a replica that is not there yet: it has the same one each time that it comes.
      await balancer.change('POST', '/add?wait=ready', NEWCOMER);
      keys.set(NEWCOMER, await balancer.keyOf(NEWCOMER));
      await balancer.change('DELETE', '/rm?wait=gone', NEWCOMER);
      const pool = new Pool(balancer, keys, names);
      for (const name of names) pool.born.set(name, performance.now());
      return pool;
    } catch (error) {
      await balancer.end();
      throw error;
    }
  }

  async anyInstance(): Promise<string> {
    const id = (await this.balancer.replicas())[0]?.instance?.id;
    if (id === undefined) throw new Error('no instance to be like');
    return id;
  }

  /** SIGKILL to one of them until the next answer in its name. */
  async crash(round: number): Promise<Crash> {
    await this.balancer.calm();
    const name = this.names[round % this.names.length] ?? '';
    await pause(Math.max(0, (this.born.get(name) ?? 0) + STABLE_MS - performance.now()));
    const before = (await this.balancer.replicas()).find((replica) => replica.name === name);
    const pid = before?.instance?.pid;
    if (!pid) throw new Error(`${name} has no process to kill`);
    await eventually(`${name} answers`, () => this.answers(name));
    // The signal is sent before it has worked: an answer counts once somebody else, or nobody, has answered in between.
    let away = false;
    const back = async () => {
      const own = await this.answers(name);
      away ||= !own;
      return away && own;
    };
    const at = performance.timeOrigin + performance.now();
    const took = await timed(`${name} answers again`, () => process.kill(pid, 'SIGKILL'), back);
    this.born.set(name, performance.now());
    return { at, took };
  }

  /** From the call of /add until the new name answers. */
  async add(): Promise<number> {
    await this.balancer.calm();
    const join = () => void this.balancer.change('POST', '/add', NEWCOMER).catch(() => {});
    const took = await timed('the newcomer answers', join, () => this.answers(NEWCOMER));
    await this.balancer.calm();
    await this.balancer.change('DELETE', '/rm?wait=gone', NEWCOMER);
    return took;
  }

  private async answers(name: string): Promise<boolean> {
    return (await this.balancer.answererOf(this.keys.get(name) ?? '')) === name;
  }
}
