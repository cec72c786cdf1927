// Owns replicas as containers of a Docker engine (RUNTIME=docker): what the port promises, out of the parts in this
// folder. When to make or end one is the orchestrator's.
import type { ContainerInfo } from 'dockerode';
import type { Logger } from '../../telemetry/logger.js';
import { Hints } from '../hints.js';
import { parseReplicaEnv } from '../replica-env.js';
import type {
  InstanceSpec,
  ObservedInstance,
  Progress,
  ReplicaRuntime,
  RuntimeHint,
  Workload,
} from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { containerOptions } from './container-options.js';
import { EngineClient, type EngineInfo, type Reach, statusOf } from './engine-client.js';
import { hintOf } from './engine-event.js';
import { EngineIdentity } from './engine-identity.js';
import { DEFAULT_TIMING, EventStream, openEngineEvents } from './event-stream.js';
import { findImage, pullImage } from './images.js';
import { IMAGE_LABEL } from './labels.js';
import { ensureNetwork, removeNetworks } from './network.js';
import { observe, observeSummary } from './observe.js';
import { PoolContainers } from './pool-containers.js';
import { ensureServerImage } from './server-image.js';

export interface DockerRuntimeOptions {
  readonly pool: string;
  /** REPLICA_IMAGE; the bundled server's when absent. */
  readonly image: string | undefined;
  /** REPLICA_COMMAND, split; the image's own when absent. */
  readonly command: readonly string[] | undefined;
  readonly port: number;
  /** REPLICA_ENV. */
  readonly env: readonly string[];
  readonly healthPath: string;
  /** BASE_IMAGE. */
  readonly baseImage: string | undefined;
}

/** A registry may be slow, but not silent. */
const PULL_STALL_MS = 60_000;

export class DockerRuntime implements ReplicaRuntime {
  readonly kind = 'docker';
  readonly adopts = true;
  private readonly identity: EngineIdentity;
  private readonly containers: PoolContainers;
  private readonly hints = new Hints();
  private readonly strictImages = new Map<string, boolean>();
  private stream: EventStream | undefined;

  constructor(
    private readonly options: DockerRuntimeOptions,
    private readonly logger: Logger,
    private readonly engine: EngineClient = new EngineClient(),
    private readonly timing = DEFAULT_TIMING,
  ) {
    this.identity = new EngineIdentity(engine);
    this.containers = new PoolContainers(engine, options.pool, () => ensureNetwork(engine, options.pool, () => {}));
  }

  async prepare(progress: Progress): Promise<Workload> {
    const { pool, command, port, env, healthPath } = this.options;
    const info = await this.verify();
    await ensureNetwork(this.engine, pool, progress);
    const image = await this.resolveImage(info, progress);
    return {
      image: image.id,
      imageRef: image.ref,
      ...(command && { command }),
      port,
      env: parseReplicaEnv(env),
      healthPath,
    };
  }

  async list(): Promise<ObservedInstance[]> {
    try {
      const { reach } = await this.verify();
      const containers = await this.containers.list();
      const seen = await Promise.all(containers.map((container) => this.lookAt(container, reach)));
      return seen.filter((instance) => instance !== undefined);
    } catch (error) {
      this.identity.doubt();
      throw error;
    }
  }

  async create(spec: InstanceSpec): Promise<string> {
    const { image } = spec.workload;
    if (image === undefined) throw new RuntimeError('bad_spec', `"${spec.slot}" has no image`);
    const strict = await this.isOwnImage(image);
    const publish = (await this.verify()).reach === 'published';
    return this.containers.create(containerOptions({ pool: this.options.pool, spec, image, strict, publish }));
  }

  start(instanceId: string): Promise<void> {
    return this.containers.start(instanceId);
  }

  /** The grace is rounded up to whole seconds, which is how the engine counts. */
  stop(instanceId: string, graceMs: number): Promise<void> {
    return this.containers.stop(instanceId, graceMs);
  }

  remove(instanceId: string): Promise<void> {
    return this.containers.remove(instanceId);
  }

  logs(instanceId: string, tail: number): Promise<string[]> {
    return this.containers.logs(instanceId, tail);
  }

  watch(listener: (hint: RuntimeHint) => void): () => void {
    const unsubscribe = this.hints.add(listener);
    this.stream ??= this.openStream();
    return () => {
      unsubscribe();
      if (!this.hints.watched) this.closeStream();
    };
  }

  async cleanup(): Promise<void> {
    const { inUse } = await removeNetworks(this.engine, this.options.pool);
    if (inUse.length > 0) this.logger.info({ networks: inUse }, 'a network of the pool is still in use: left');
  }

  async close(): Promise<void> {
    this.hints.clear();
    this.closeStream();
  }

  /** What list tells of one container; undefined when it has gone since. */
  private async lookAt(container: ContainerInfo, reach: Reach): Promise<ObservedInstance | undefined> {
    const { pool } = this.options;
    try {
      return observe(pool, reach, await this.containers.inspect(container.Id));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      // One container that hangs inside the engine must not hide the others.
      if (error instanceof RuntimeError && error.code === 'timeout') return observeSummary(pool, reach, container);
      throw error;
    }
  }

  private async resolveImage(info: EngineInfo, progress: Progress): Promise<{ id: string; ref: string }> {
    const { pool, image, baseImage } = this.options;
    if (image === undefined) return ensureServerImage({ engine: this.engine, info, pool, baseImage, progress });
    const { id } =
      (await findImage(this.engine, image)) ?? (await pullImage(this.engine, image, PULL_STALL_MS, progress));
    return { id, ref: image };
  }

  private async isOwnImage(image: string): Promise<boolean> {
    let own = this.strictImages.get(image);
    if (own === undefined) {
      own = (await findImage(this.engine, image))?.labels[IMAGE_LABEL] === 'server';
      this.strictImages.set(image, own);
    }
    return own;
  }

  private verify(): Promise<EngineInfo> {
    return this.identity.verify(this.stream?.live === true);
  }

  private openStream(): EventStream {
    const handlers = {
      open: openEngineEvents(this.engine, this.options.pool),
      event: (event: Parameters<typeof hintOf>[0]) => this.hints.emit(hintOf(event)),
      connected: () => this.hints.emit({ kind: 'resync' as const }),
      lost: () => {
        this.identity.doubt();
        this.hints.emit({ kind: 'changed' });
      },
    };
    const stream = new EventStream(handlers, this.logger, this.timing);
    stream.start();
    return stream;
  }

  private closeStream(): void {
    this.stream?.close();
    this.stream = undefined;
  }
}
