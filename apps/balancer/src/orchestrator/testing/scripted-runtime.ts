// Owns a ReplicaRuntime whose world a test writes: instances in memory, calls that fail or hang, events that are lost. The
// test adapter of the port; it never pretends to a real engine, whose suites run against the real adapters.
import type {
  ImageWish,
  InstanceExit,
  InstanceSpec,
  ObservedInstance,
  Place,
  ReplicaRuntime,
  RuntimeHint,
  RuntimeKind,
  Workload,
} from '../../runtime/replica-runtime.js';
import { RuntimeError } from '../../runtime/runtime-error.js';
import type { Clock } from '../loop/clock.js';
import type { ProbeResult } from '../health.js';
import type { ProbeTarget } from '../probing/probe.js';

type Call = 'prepare' | 'pinImage' | 'list' | 'create' | 'start' | 'rename' | 'stop' | 'remove' | 'logs';

/** What a call does instead of its work; `hang` never settles, `slow` takes so many milliseconds. */
export type Disturbance = { readonly error: Error } | 'hang' | { readonly slow: number };

export type ScriptedInstance = { -readonly [K in keyof ObservedInstance]: ObservedInstance[K] };

/** What an instance does with probes; `mute` lets them run into their timeout. */
export type Behaviour = 'healthy' | 'sick' | 'mute';

export class ScriptedRuntime implements ReplicaRuntime {
  readonly calls: { readonly call: Call; readonly subject: string; readonly at: number }[] = [];
  /** From the stop signal to SIGKILL, of each stop. */
  readonly graces: number[] = [];
  world = new Map<string, ScriptedInstance>();
  /** Instances that this balancer made, not one before it or somebody by hand. */
  readonly made = new Set<string>();
  readonly behaviours = new Map<string, Behaviour>();
  /** Of instances that are made from now on. */
  behaviour: Behaviour = 'healthy';
  /** Events reach nobody. */
  silent = false;
  /** What the next calls meet; `subject` is a slot or an instance id. */
  disturb: (call: Call, subject: string) => Disturbance | undefined = () => undefined;
  /** Told of each call before it is met. */
  onCall: (call: Call, subject: string) => void = () => {};
  /** Instances of which a probe has passed. */
  readonly passed = new Set<string>();
  workload: Workload = { image: 'sha256:aa', imageRef: 'app:1', port: 5000, env: {}, healthPath: '/heartbeat' };
  /** Ids by reference, as the engine and its registry have them. */
  images = new Map([['app:1', 'sha256:aa']]);
  cleaned = false;
  closed = false;
  private readonly listeners = new Set<(hint: RuntimeHint) => void>();
  private readonly counter: { ids: number; addresses: number } = { ids: 0, addresses: 0 };
  private severed = false;

  constructor(
    private readonly clock: Clock,
    readonly kind: RuntimeKind = 'docker',
    readonly adopts = kind === 'docker',
  ) {}

  async prepare(): Promise<Workload> {
    await this.meet('prepare', '');
    return this.workload;
  }

  async pinImage({ named, current = '' }: ImageWish): Promise<{ id: string; ref: string }> {
    const ref = named ?? current;
    await this.meet('pinImage', ref);
    const id = this.images.get(ref);
    if (id === undefined)
      throw new RuntimeError('image_missing', `the image "${ref}" is not here and cannot be pulled`);
    return { id, ref };
  }

  async list(): Promise<ObservedInstance[]> {
    // A slow answer tells of the world as it was asked about.
    const seen = [...this.world.values()].map((instance) => ({ ...instance }));
    await this.meet('list', '');
    return seen;
  }

  async create(spec: InstanceSpec): Promise<string> {
    await this.meet('create', spec.slot);
    const there = [...this.world.values()].find((i) => i.slot === spec.slot && i.generation === spec.generation);
    if (there && there.specHash !== spec.specHash) throw new RuntimeError('conflict', 'another specification');
    if (there) return there.id;
    const { slot, generation, specHash } = spec;
    const { id } = this.place({ slot, generation, specHash, state: 'created' });
    this.made.add(id);
    return id;
  }

  async start(instanceId: string): Promise<void> {
    await this.meet('start', instanceId);
    const instance = this.world.get(instanceId);
    if (!instance) throw new RuntimeError('failed', 'no such instance');
    if (instance.state !== 'created') return;
    instance.state = 'running';
    instance.startedAt = this.clock.wall();
    instance.address = { host: '10.0.0.1', port: 10_000 + this.counter.addresses++ };
    this.emit({ kind: 'changed', instanceId });
  }

  async rename(instanceId: string, { slot, generation }: Place): Promise<void> {
    await this.meet('rename', instanceId);
    const instance = this.world.get(instanceId);
    if (!instance) throw new RuntimeError('failed', 'no such instance');
    const holder = [...this.world.values()].find((i) => i.slot === slot && i.generation === generation);
    if (holder && holder !== instance) throw new RuntimeError('conflict', 'another instance is in that place');
    Object.assign(instance, { slot, generation });
    this.emit({ kind: 'changed', instanceId });
  }

  async stop(instanceId: string, graceMs: number): Promise<void> {
    this.graces.push(graceMs);
    await this.meet('stop', instanceId);
    if (this.world.get(instanceId)?.state === 'exited') return;
    this.die(instanceId, { code: 143, signal: null, oom: false, at: this.clock.wall() });
  }

  async remove(instanceId: string): Promise<void> {
    await this.meet('remove', instanceId);
    if (this.world.delete(instanceId)) this.emit({ kind: 'changed', instanceId });
  }

  async logs(instanceId: string): Promise<string[]> {
    await this.meet('logs', instanceId);
    return this.world.has(instanceId) ? [`last words of ${instanceId}`] : [];
  }

  async *follow(instanceId: string, tail: number, signal: AbortSignal): AsyncGenerator<string> {
    if (tail > 0) yield* await this.logs(instanceId);
    await new Promise<void>((resolve) => {
      const look = () => this.world.get(instanceId)?.state === 'running' || resolve();
      this.watch(look);
      signal.addEventListener('abort', () => resolve());
      look();
    });
  }

  watch(listener: (hint: RuntimeHint) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async cleanup(): Promise<void> {
    this.cleaned = true;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.listeners.clear();
  }

  /** The probe that goes with this world. */
  readonly probe = async (target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> => {
    const instance = this.running().find(({ address }) => address?.port === target.address.port);
    if (!instance) return { kind: 'failed', reason: 'the connection was refused' };
    const behaviour = this.behaviours.get(instance.id) ?? this.behaviour;
    if (behaviour === 'healthy') {
      this.passed.add(instance.id);
      return { kind: 'passed' };
    }
    if (behaviour === 'sick') return { kind: 'failed', reason: 'it answered 500' };
    await new Promise<void>((resolve) => {
      this.clock.after(timeoutMs, resolve);
      signal.addEventListener('abort', () => resolve());
    });
    return { kind: 'failed', reason: `no complete answer within ${timeoutMs} ms` };
  };

  /**
   * The balancer was killed: its calls end nowhere, and the world goes on.
   * @returns the runtime of its successor; what does not outlive a balancer in good order is a leftover there
   */
  succeed(clock: Clock): ScriptedRuntime {
    this.severed = true;
    this.listeners.clear();
    const next = new ScriptedRuntime(clock, this.kind, this.adopts);
    next.world = this.world;
    next.workload = this.workload;
    next.images = this.images;
    Object.assign(next.counter, this.counter);
    for (const [id, behaviour] of this.behaviours) next.behaviours.set(id, behaviour);
    if (!this.adopts) for (const instance of this.world.values()) instance.leftover = true;
    return next;
  }

  /** An instance that nobody asked for: left by an earlier balancer, or made by hand. */
  place(instance: Partial<ObservedInstance> & Pick<ObservedInstance, 'slot'>): ScriptedInstance {
    const id = `i${++this.counter.ids}`;
    const placed: ScriptedInstance = {
      id,
      generation: 1,
      specHash: '',
      state: 'running',
      leftover: false,
      ...instance,
    };
    if (placed.state !== 'created' && !placed.address)
      placed.address = { host: '10.0.0.1', port: 10_000 + this.counter.addresses++ };
    this.world.set(placed.id, placed);
    this.behaviours.set(placed.id, this.behaviour);
    return placed;
  }

  /** It ends by itself, or is killed from outside. */
  die(instanceId: string, exit: InstanceExit = { code: 1, signal: null, oom: false, at: this.clock.wall() }): void {
    const instance = this.world.get(instanceId);
    if (!instance || instance.state === 'exited') return;
    instance.state = 'exited';
    instance.exit = exit;
    delete instance.address;
    this.emit({ kind: 'died', instanceId });
  }

  emit(hint: RuntimeHint): void {
    if (!this.silent) for (const listener of [...this.listeners]) listener(hint);
  }

  running(slot?: string): ScriptedInstance[] {
    return [...this.world.values()].filter((i) => i.state === 'running' && (slot === undefined || i.slot === slot));
  }

  /** The only running instance of a slot. */
  one(slot: string): ScriptedInstance {
    const [instance, ...others] = this.running(slot);
    if (!instance || others.length > 0)
      throw new Error(`${slot} has ${others.length + (instance ? 1 : 0)} running instances`);
    return instance;
  }

  count(call: Call): number {
    return this.calls.filter((made) => made.call === call).length;
  }

  private async meet(call: Call, subject: string): Promise<void> {
    if (this.severed) await new Promise(() => {});
    this.calls.push({ call, subject, at: this.clock.now() });
    this.onCall(call, subject);
    const disturbance = this.disturb(call, subject);
    if (disturbance === 'hang') await new Promise(() => {});
    else if (disturbance && 'slow' in disturbance)
      await new Promise<void>((resolve) => this.clock.after(disturbance.slow, resolve));
    else if (disturbance) throw disturbance.error;
  }
}
