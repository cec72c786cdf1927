// Owns replicas that run elsewhere (RUNTIME=static): they are registered and forgotten, never started and never killed.
// Whether they answer is the prober's.
import { randomUUID } from 'node:crypto';
import { Hints } from '../hints.js';
import type {
  InstanceSpec,
  ObservedInstance,
  Place,
  ReplicaRuntime,
  RuntimeHint,
  Workload,
} from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { parseStaticReplica } from './static-replica.js';

export interface StaticRuntimeOptions {
  /** The starting set, `NAME=URL[;weight]` each. */
  readonly replicas: readonly string[];
  readonly healthPath: string;
}

export class StaticRuntime implements ReplicaRuntime {
  readonly kind = 'static';
  /** The registrations live in this process; what they point at outlives it anyway. */
  readonly adopts = false;
  private readonly instances = new Map<string, ObservedInstance>();
  private readonly hints = new Hints();

  constructor(private readonly options: StaticRuntimeOptions) {}

  /** @throws RuntimeError code `bad_spec` when an entry of REPLICAS cannot be read or a name comes twice */
  async prepare(): Promise<Workload> {
    const names = this.options.replicas.map((text) => parseStaticReplica(text).name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new RuntimeError('bad_spec', `REPLICAS names "${twice}" twice`);
    return { port: 0, env: {}, healthPath: this.options.healthPath };
  }

  async pinImage(): Promise<never> {
    throw new RuntimeError('bad_spec', 'static replicas have no image: they run elsewhere');
  }

  async list(): Promise<ObservedInstance[]> {
    return [...this.instances.values()];
  }

  async create(spec: InstanceSpec): Promise<string> {
    const { slot, generation, specHash, address } = spec;
    for (const instance of this.instances.values()) {
      if (instance.slot !== slot || instance.generation !== generation) continue;
      if (instance.specHash === specHash) return instance.id;
      throw new RuntimeError('conflict', `"${slot}" generation ${generation} is registered with another specification`);
    }
    if (!address) throw new RuntimeError('bad_spec', `"${slot}" has no address: name it as NAME=http://host:port`);
    const id = randomUUID();
    this.instances.set(id, {
      id,
      slot,
      generation,
      specHash,
      state: 'running',
      address: { host: address.host, port: address.port },
      leftover: false,
    });
    this.hints.emit({ kind: 'changed', instanceId: id });
    return id;
  }

  async start(instanceId: string): Promise<void> {
    if (!this.instances.has(instanceId)) throw new RuntimeError('failed', `${instanceId} is not registered any more`);
  }

  async rename(instanceId: string, { slot, generation }: Place): Promise<void> {
    const instance = this.instances.get(instanceId);
    if (!instance) throw new RuntimeError('failed', `${instanceId} is not registered any more`);
    for (const { id, ...other } of this.instances.values()) {
      if (id !== instanceId && other.slot === slot && other.generation === generation)
        throw new RuntimeError('conflict', `"${slot}" generation ${generation} is registered as another instance`);
    }
    this.instances.set(instanceId, { ...instance, slot, generation });
    this.hints.emit({ kind: 'changed', instanceId });
  }

  /** Forgets: the replica itself goes on running, it gets no more requests from us. */
  async stop(instanceId: string): Promise<void> {
    if (this.instances.delete(instanceId)) this.hints.emit({ kind: 'changed', instanceId });
  }

  async remove(instanceId: string): Promise<void> {
    await this.stop(instanceId);
  }

  /** Its output is kept where it runs. */
  async logs(): Promise<string[]> {
    return [];
  }

  async *follow(): AsyncGenerator<string> {}

  watch(listener: (hint: RuntimeHint) => void): () => void {
    return this.hints.add(listener);
  }

  async cleanup(): Promise<void> {}

  async close(): Promise<void> {
    this.hints.clear();
  }
}
