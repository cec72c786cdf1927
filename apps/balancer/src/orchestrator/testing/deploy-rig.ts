// Owns what the suites of deploys start from: a pool that is up, a newer image at hand, successors that fail, and what is seen.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeployChange } from '../deploy/deploy-change.js';
import type { DeployOptions } from '../deploy/deploys.js';
import { PoolRig, type RigOptions } from './pool-rig.js';

export const ALL = ['Server 1', 'Server 2', 'Server 3'];
/** What is deployed where it does not matter what. */
export const NEW: DeployChange = { env: { COLOUR: 'green' } };

interface StoredDeploy {
  readonly workload: { readonly image: string; readonly env: object };
  readonly rollout?: { readonly status: string; readonly steps: readonly { name: string; state: string }[] };
}

export class DeployRig {
  /** Fingerprint of what the pool was made with. */
  readonly old: string;

  /** @param pool another one after a SIGKILL */
  private constructor(public pool: PoolRig) {
    this.old = pool.runtime.running()[0]?.specHash ?? '';
  }

  static async up(options?: RigOptions): Promise<DeployRig> {
    const pool = await PoolRig.up(options);
    pool.runtime.images.set('app:2', 'sha256:bb');
    return new DeployRig(pool);
  }

  begin(change: DeployChange = NEW, options?: DeployOptions) {
    return this.pool.manager.deploys.begin(change, options);
  }

  view() {
    return this.pool.manager.deploys.view();
  }

  steps(): Record<string, string> {
    return Object.fromEntries(this.view().replicas.map(({ name, step }) => [name, step]));
  }

  /** What each replica runs; there is one running instance of each. */
  hashes(): Record<string, string> {
    return Object.fromEntries(ALL.map((name) => [name, this.pool.runtime.one(name).specHash]));
  }

  async stored(): Promise<StoredDeploy> {
    return JSON.parse(await readFile(join(this.pool.stateDir, 'state.json'), 'utf8')) as StoredDeploy;
  }

  /** Instances that are made from now on in that slot never pass a probe. */
  sicken(slot: string): void {
    this.onStart((made) => made.slot === slot, 'sick');
  }

  /** Instances that are made from now on in that slot die before their first probe passes. */
  crash(slot: string, which: 'new' | 'all' = 'new'): void {
    this.onStart((made) => made.slot === slot && (which === 'all' || made.specHash !== this.old), 'dead');
  }

  onStart(whom: (made: { slot: string; specHash: string }) => boolean, fate: 'sick' | 'dead'): void {
    const { runtime, clock } = this.pool;
    runtime.onCall = (call, subject) => {
      const made = call === 'start' ? runtime.world.get(subject) : undefined;
      if (!made || !whom(made)) return;
      runtime.behaviours.set(made.id, 'sick');
      if (fate === 'dead') clock.after(5, () => runtime.die(made.id));
    };
  }

  heal(): void {
    this.pool.runtime.onCall = () => {};
  }
}
