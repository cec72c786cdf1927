// Owns the port through which replicas are made and ended, in domain words. Adapters (docker, process, static) live in
// folders of their own; deciding what to make or end is the orchestrator's.

export type RuntimeKind = 'docker' | 'process' | 'static';

/** What every replica of the pool runs. Resolved once at deploy time: `image` is pinned by id, so that a moved tag changes nothing. */
export interface Workload {
  /** Rises with each deploy that makes new instances, also with one that is rolled back; absent: as the pool was made. */
  readonly revision?: number;
  /** Pinned image id (`sha256:…`); docker only. */
  readonly image?: string;
  /** The reference the operator wrote (`nginx:1.27`); for display and drift. */
  readonly imageRef?: string;
  /** argv; the image's own command, or the bundled server's, when absent. */
  readonly command?: readonly string[];
  /** Port that the replica listens on; 0 on the process runtime: one is chosen per instance and told in `PORT`. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly healthPath: string;
  /** From the stop signal to SIGKILL, in milliseconds; STOP_TIMEOUT when absent. */
  readonly stopGraceMs?: number;
  /** HARDENING; when absent, strict for the bundled server's image and default for others. Docker only. */
  readonly hardening?: Hardening;
  /** What a compose service asks of its containers beyond the image; docker only. */
  readonly container?: ContainerTraits;
}

/** `strict`: no capabilities, a read-only root, limits on memory and CPU. `default`: what every image bears. */
export type Hardening = 'strict' | 'default';

export interface ContainerTraits {
  /** argv; an empty one takes the image's own away. */
  readonly entrypoint?: readonly string[];
  readonly workingDir?: string;
  /** Name or id, with group: `app`, `1000:1000`. */
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Path in the container → options (`size=64m`), which may be empty. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  /** Existing networks that it joins besides the pool's own, by their names in the engine. */
  readonly networks?: readonly string[];
  /** Bytes. */
  readonly memory?: number;
  /** Processors, in parts of one: 0.5. */
  readonly cpus?: number;
  readonly pids?: number;
  /** Name as in `SIGQUIT`; the image's own, else SIGTERM, when absent. */
  readonly stopSignal?: string;
}

/** Stands for the replica in the source of a mount. */
export const SLOT_PLACEHOLDER = '{slot}';

export interface Mount {
  readonly type: 'volume' | 'bind';
  /** Volume's name or absolute path; SLOT_PLACEHOLDER in it stands for the replica, so that each has one of its own. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One instance to bring to life: the slot it fills and the deterministic identity that makes `create` idempotent. */
export interface InstanceSpec {
  /** Replica name as the operator knows it (`Server 4`). */
  readonly slot: string;
  /** Rises by one with each instance that the slot gets. */
  readonly generation: number;
  /** Fingerprint of the workload; "already there" is success only if it matches. */
  readonly specHash: string;
  readonly workload: Workload;
  /** Static runtime only: where the replica already runs. */
  readonly address?: Address & { readonly url: string };
}

/** Whose an instance is: the slot that it fills, and as which of its generations. */
export type Place = Pick<InstanceSpec, 'slot' | 'generation'>;

export interface InstanceExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly oom: boolean;
  /** Epoch milliseconds, as the runtime tells it. */
  readonly at: number;
}

/** One container, process or static address as it really is now. */
export interface ObservedInstance {
  /** Container id, or a generated one; never reused. */
  readonly id: string;
  readonly slot: string;
  readonly generation: number;
  readonly specHash: string;
  /** `created`: made, not started. `paused`: alive but frozen by hand. */
  readonly state: 'created' | 'running' | 'paused' | 'exited';
  /** Where to dial it; absent while it has none. */
  readonly address?: Address;
  readonly pid?: number;
  /** Epoch milliseconds. */
  readonly startedAt?: number;
  readonly exit?: InstanceExit;
  /** Left by an earlier balancer and not adoptable (local processes): serves until its successor is ready, then it is ended. */
  readonly leftover: boolean;
}

/** "Look again": never the truth, only a reason to list. `stopping` = a stop signal was sent, the death comes later. */
export interface RuntimeHint {
  readonly kind: 'changed' | 'stopping' | 'died' | 'resync';
  readonly instanceId?: string;
}

/** Told while long work goes on (an image is built, a network is made). */
export type Progress = (line: string) => void;

/** When an image is fetched though, or only if, it is not here. */
export type PullPolicy = 'always' | 'missing' | 'never';

/** Which image a deploy asks for. */
export interface ImageWish {
  /** A reference that the operator names now; absent: the one in force, resolved anew. */
  readonly named?: string;
  /** The reference in force. */
  readonly current?: string;
  /** Absent: as at the start. */
  readonly pull?: PullPolicy;
}

export interface ReplicaRuntime {
  readonly kind: RuntimeKind;
  /** True where instances outlive the balancer and a restarted one adopts them. */
  readonly adopts: boolean;
  /**
   * Makes ready what instances need (network, image) and resolves the settings into a pinned workload. Idempotent.
   * @throws RuntimeError
   */
  prepare(progress: Progress): Promise<Workload>;
  /**
   * The image's id and reference as of now; no instance is touched.
   * @throws RuntimeError `bad_spec` where replicas have no image, `image_missing` when it can neither be found nor pulled
   */
  pinImage(wish: ImageWish, progress: Progress): Promise<{ readonly id: string; readonly ref: string }>;
  /** All instances of this pool and no others. @throws RuntimeError code `unreachable` when the engine does not answer. */
  list(): Promise<ObservedInstance[]>;
  /** @returns the instance id; an instance with the same slot, generation and specHash counts as success. @throws RuntimeError */
  create(spec: InstanceSpec): Promise<string>;
  /** Already running is success. @throws RuntimeError */
  start(instanceId: string): Promise<void>;
  /**
   * Gives an instance, whatever its state, to another slot. It keeps its id, its address and what it was told at its making
   * (SERVER_ID). It is there already is success.
   * @throws RuntimeError code `conflict` when another instance or a stranger is in that place, `failed` when it is gone
   */
  rename(instanceId: string, place: Place): Promise<void>;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves once it is dead. Already stopped or gone is success. @throws RuntimeError */
  stop(instanceId: string, graceMs: number): Promise<void>;
  /** Frees name, address and disk; kills first if needed. Already gone is success. @throws RuntimeError */
  remove(instanceId: string): Promise<void>;
  /** The last `tail` lines of output, oldest first; empty when the instance is gone. */
  logs(instanceId: string, tail: number): Promise<string[]>;
  /**
   * The last `tail` lines, then each as it is written; ends when the instance has ended or is gone, when the signal is given,
   * and with `close`. Reads no further ahead than a buffer while nobody takes the next line. Lines are cut at 64 KiB.
   * @throws RuntimeError from the iteration
   */
  follow(instanceId: string, tail: number, signal: AbortSignal): AsyncIterable<string>;
  /** Subscribes to hints until the returned function is called. Lost hints cost latency only. */
  watch(listener: (hint: RuntimeHint) => void): () => void;
  /** Removes what the pool leaves besides instances (network); called when the pool ends. */
  cleanup(): Promise<void>;
  /** Closes streams and timers; touches no instance. */
  close(): Promise<void>;
}

/** Injection token of the one runtime that was chosen at the start. */
export const ReplicaRuntime = Symbol('ReplicaRuntime');
