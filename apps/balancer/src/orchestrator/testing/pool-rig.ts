// Owns a whole manager over the scripted runtime and link, with fake time and a real STATE_DIR: what the room's own tests,
// and those of the rooms above, start from.
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, loadSettings } from '../../config/load.js';
import { type Logger, silentLogger } from '../../telemetry/logger.js';
import { ManagerOptions } from '../manager-options.js';
import { PoolRing } from '../ring/pool-ring.js';
import { ReplicaManager } from '../replica-manager.service.js';
import { FakeClock, settle } from './fake-clock.js';
import { ScriptedLink } from './scripted-link.js';
import { ScriptedRuntime } from './scripted-runtime.js';

/** On the disk at once: fake time does not wait for a real one. */
const writeFile = async (path: string, text: string) => writeFileSync(path, text);

export interface RigOptions {
  readonly env?: Environment;
  readonly clock?: FakeClock;
  readonly runtime?: ScriptedRuntime;
  readonly link?: ScriptedLink;
  readonly stateDir?: string;
  readonly log?: Logger;
  readonly options?: Partial<ManagerOptions>;
}

export class PoolRig {
  readonly manager: ReplicaManager;

  private constructor(
    readonly clock: FakeClock,
    readonly runtime: ScriptedRuntime,
    readonly link: ScriptedLink,
    readonly stateDir: string,
    { env, log, options }: RigOptions,
  ) {
    const settings = loadSettings({ POOL: 'test', RUNTIME: runtime.kind, STATE_DIR: stateDir, ...env });
    const parts: ManagerOptions = {
      ...new ManagerOptions(),
      clock,
      random: () => 0.5,
      probe: runtime.probe,
      writeFile,
      ...options,
    };
    this.manager = new ReplicaManager(settings, runtime, link, log ?? silentLogger, new PoolRing(), parts);
  }

  static async make(options: RigOptions = {}): Promise<PoolRig> {
    const clock = options.clock ?? new FakeClock();
    const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'hashflow-pool-')));
    return new PoolRig(
      clock,
      options.runtime ?? new ScriptedRuntime(clock),
      options.link ?? new ScriptedLink(clock),
      stateDir,
      options,
    );
  }

  /** A pool that has come up: N replicas, all ready. */
  static async up(options: RigOptions = {}): Promise<PoolRig> {
    const rig = await PoolRig.make(options);
    await rig.manager.start();
    await rig.pass(1000);
    return rig;
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await settle();
  }

  states(): Record<string, string> {
    return Object.fromEntries(this.manager.replicas().map(({ name, state }) => [name, state]));
  }

  view(name: string) {
    const view = this.manager.replicas().find((replica) => replica.name === name);
    if (!view) throw new Error(`no replica ${name}`);
    return view;
  }

  /** SIGKILL: nobody is told anything. @returns what a successor finds; it is not started yet */
  async kill9(options: Omit<RigOptions, 'stateDir' | 'runtime' | 'clock'> = {}): Promise<PoolRig> {
    const clock = new FakeClock();
    // The lock's holder is this test's own process, which lives: a dead one is state-lock's test.
    await rm(join(this.stateDir, 'lock'));
    return PoolRig.make({ ...options, clock, runtime: this.runtime.succeed(clock), stateDir: this.stateDir });
  }

  async dispose(): Promise<void> {
    this.runtime.disturb = () => undefined;
    await this.manager.shutdown('end', { now: true });
    await rm(this.stateDir, { recursive: true, force: true });
  }
}
