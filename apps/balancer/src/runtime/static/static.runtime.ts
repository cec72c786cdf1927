// Owns replicas that run elsewhere (RUNTIME=static): they are registered and forgotten, never started and never killed.
// Whether they answer is the prober's, where a host name leads host-names.ts's.
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../telemetry/logger.js';
import { Hints } from '../hints.js';
import type {
  Address,
  InstanceSpec,
  ObservedInstance,
  Place,
  ReplicaRuntime,
  RuntimeHint,
  Workload,
} from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { HostNames, type Lookup } from './host-names.js';
import { parseStaticReplicas } from './static-replica.js';

export interface StaticRuntimeOptions {
  /** The starting set, `NAME=URL[;weight]` each. */
  readonly replicas: readonly string[];
  readonly healthPath: string;
  /** Between two lookups of a host name, in milliseconds. */
  readonly dnsInterval: number;
  /** Left out: the system's. */
  readonly lookup?: Lookup;
}

interface Registration {
  readonly instance: Omit<ObservedInstance, 'address'>;
  /** As the operator named it: an address, or a name that means one. */
  readonly place: Address;
}

export class StaticRuntime implements ReplicaRuntime {
  readonly kind = 'static';
  /** The registrations live in this process; what they point at outlives it anyway. */
  readonly adopts = false;
  private readonly registered = new Map<string, Registration>();
  private readonly hints = new Hints();
  private readonly names: HostNames;

  constructor(
    private readonly options: StaticRuntimeOptions,
    log: Logger,
  ) {
    const { dnsInterval: interval, lookup } = options;
    this.names = new HostNames({ interval, lookup, log, onChange: (host) => this.onMoved(host) });
  }

  /** @throws RuntimeError code `bad_spec` when an entry of REPLICAS cannot be read or a name comes twice */
  async prepare(): Promise<Workload> {
    parseStaticReplicas(this.options.replicas);
    return { port: 0, env: {}, healthPath: this.options.healthPath };
  }

  async pinImage(): Promise<never> {
    throw new RuntimeError('bad_spec', 'static replicas have no image: they run elsewhere');
  }

  /** One whose name has no address yet has none either. */
  async list(): Promise<ObservedInstance[]> {
    return Array.from(this.registered.values(), ({ instance, place }) => {
      const host = this.names.addressOf(place.host);
      return host === undefined ? instance : { ...instance, address: { host, port: place.port } };
    });
  }

  async create(spec: InstanceSpec): Promise<string> {
    const { slot, generation, specHash, address } = spec;
    for (const { instance } of this.registered.values()) {
      if (instance.slot !== slot || instance.generation !== generation) continue;
      if (instance.specHash === specHash) return instance.id;
      throw new RuntimeError('conflict', `"${slot}" generation ${generation} is registered with another specification`);
    }
    if (!address) throw new RuntimeError('bad_spec', `"${slot}" has no address: name it as NAME=http://host:port`);
    const id = randomUUID();
    this.registered.set(id, {
      instance: { id, slot, generation, specHash, state: 'running', leftover: false },
      place: { host: address.host, port: address.port },
    });
    this.watchNames();
    this.hints.emit({ kind: 'changed', instanceId: id });
    return id;
  }

  async start(instanceId: string): Promise<void> {
    if (!this.registered.has(instanceId)) throw new RuntimeError('failed', `${instanceId} is not registered any more`);
  }

  async rename(instanceId: string, { slot, generation }: Place): Promise<void> {
    const registration = this.registered.get(instanceId);
    if (!registration) throw new RuntimeError('failed', `${instanceId} is not registered any more`);
    for (const {
      instance: { id, ...other },
    } of this.registered.values()) {
      if (id !== instanceId && other.slot === slot && other.generation === generation)
        throw new RuntimeError('conflict', `"${slot}" generation ${generation} is registered as another instance`);
    }
    this.registered.set(instanceId, { ...registration, instance: { ...registration.instance, slot, generation } });
    this.hints.emit({ kind: 'changed', instanceId });
  }

  /** Forgets: the replica itself goes on running, it gets no more requests from us. */
  async stop(instanceId: string): Promise<void> {
    if (!this.registered.delete(instanceId)) return;
    this.watchNames();
    this.hints.emit({ kind: 'changed', instanceId });
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
    this.names.close();
    this.hints.clear();
  }

  private watchNames(): void {
    this.names.watch(new Set(Array.from(this.registered.values(), ({ place }) => place.host)));
  }

  private onMoved(host: string): void {
    for (const { instance, place } of this.registered.values())
      if (place.host === host) this.hints.emit({ kind: 'changed', instanceId: instance.id });
  }
}
