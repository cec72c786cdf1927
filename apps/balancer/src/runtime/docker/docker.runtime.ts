// Owns replicas as containers of a Docker engine (RUNTIME=docker): what the port promises, out of the parts in this
// folder. When to make or end one is the orchestrator's.
import type { ContainerInfo } from 'dockerode';
import type { Logger } from '../../telemetry/logger.js';
import { Hints } from '../hints.js';
import { parseReplicaEnv } from '../replica-env.js';
import type {
  ContainerTraits,
  Hardening,
  ImageWish,
  InstanceSpec,
  ObservedInstance,
  Place,
  Progress,
  PullPolicy,
  ReplicaRuntime,
  RuntimeHint,
  Workload,
} from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import type { ServiceSpec } from '../spec/compose-service.js';
import { containerName } from './container-name.js';
import { containerOptions } from './container-options.js';
import { EngineClient, type EngineInfo, type Reach, statusOf } from './engine-client.js';
import { hintOf } from './engine-event.js';
import { EngineIdentity } from './engine-identity.js';
import { DEFAULT_TIMING, EventStream, openEngineEvents } from './event-stream.js';
import { findImage, type LocalImage, pullImage } from './images.js';
import { Inspections } from './inspections.js';
import { IMAGE_LABEL } from './labels.js';
import { ensureNetwork, networkExists, removeNetworks } from './network.js';
import { observe, observeSummary } from './observe.js';
import { PoolContainers } from './pool-containers.js';
import { ensureServerImage, isServerImage } from './server-image.js';

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
  /** HARDENING. */
  readonly hardening?: Hardening;
  /** REPLICA_SPEC: what a compose service adds to the above. */
  readonly service?: ServiceTerms;
}

/** The part of a service that is not in the other options. */
export type ServiceTerms = Pick<
  ServiceSpec,
  'pullPolicy' | 'env' | 'stopGraceMs' | 'container' | 'optionalNetworks' | 'notes'
>;

/** A registry may be slow, but not silent. */
const PULL_STALL_MS = 60_000;

export class DockerRuntime implements ReplicaRuntime {
  readonly kind = 'docker';
  readonly adopts = true;
  private readonly identity: EngineIdentity;
  private readonly containers: PoolContainers;
  private readonly inspections = new Inspections();
  private readonly hints = new Hints();
  private readonly closed = new AbortController();
  /** What is true of an id stays true. */
  private readonly images = new Map<string, LocalImage>();
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
    const { pool, command, port, env, healthPath, hardening, service } = this.options;
    const info = await this.verify();
    await ensureNetwork(this.engine, pool, progress);
    for (const note of service?.notes ?? []) progress(`REPLICA_SPEC: ${note}`);
    const container = service && (await this.withNetworks(service, progress));
    const image = await this.resolveImage(info, progress);
    return {
      image: image.id,
      imageRef: image.ref,
      ...(command && { command }),
      port,
      env: { ...service?.env, ...parseReplicaEnv(env) },
      healthPath,
      ...(service?.stopGraceMs !== undefined && { stopGraceMs: service.stopGraceMs }),
      ...(hardening && { hardening }),
      ...(container && Object.keys(container).length > 0 && { container }),
    };
  }

  async pinImage({ named, current, pull }: ImageWish, progress: Progress): Promise<{ id: string; ref: string }> {
    const info = await this.verify();
    const ref = named ?? current;
    // The bundled server is not pulled by its name but built of what this installation has.
    if (ref === undefined || (named === undefined && isServerImage(this.options.pool, ref)))
      return this.serverImage(info, progress);
    return this.findOrPull(ref, pull ?? this.options.service?.pullPolicy ?? 'missing', progress);
  }

  async list(): Promise<ObservedInstance[]> {
    try {
      const { reach } = await this.verify();
      const containers = await this.containers.list();
      this.inspections.keep(containers);
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
    const local = await this.lookUp(image);
    const { hardening = local?.labels[IMAGE_LABEL] === 'server' ? 'strict' : 'default' } = spec.workload;
    const publish = (await this.verify()).reach === 'published';
    return this.containers.create(
      containerOptions({
        pool: this.options.pool,
        spec,
        image,
        strict: hardening === 'strict',
        imageStopSignal: local?.stopSignal,
        publish,
      }),
    );
  }

  start(instanceId: string): Promise<void> {
    return this.containers.start(instanceId);
  }

  rename(instanceId: string, place: Place): Promise<void> {
    return this.containers.rename(instanceId, containerName(this.options.pool, place));
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

  follow(instanceId: string, tail: number, signal: AbortSignal): AsyncIterable<string> {
    return this.containers.follow(instanceId, tail, AbortSignal.any([signal, this.closed.signal]));
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
    this.closed.abort();
    this.hints.clear();
    this.closeStream();
  }

  /** What list tells of one container; undefined when it has gone since. */
  private async lookAt(container: ContainerInfo, reach: Reach): Promise<ObservedInstance | undefined> {
    const { pool } = this.options;
    try {
      // Only an open event stream tells that something has happened since.
      if (this.stream?.live !== true) this.inspections.clear();
      return observe(pool, reach, await this.inspections.of(container, (id) => this.containers.inspect(id)));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      // One container that hangs inside the engine must not hide the others.
      if (error instanceof RuntimeError && error.code === 'timeout') return observeSummary(pool, reach, container);
      throw error;
    }
  }

  private async resolveImage(info: EngineInfo, progress: Progress): Promise<{ id: string; ref: string }> {
    const { image, service } = this.options;
    if (image === undefined) return this.serverImage(info, progress);
    return this.findOrPull(image, service?.pullPolicy ?? 'missing', progress);
  }

  private serverImage(info: EngineInfo, progress: Progress): Promise<{ id: string; ref: string }> {
    const { pool, baseImage } = this.options;
    return ensureServerImage({ engine: this.engine, info, pool, baseImage, progress });
  }

  private async findOrPull(
    image: string,
    policy: PullPolicy,
    progress: Progress,
  ): Promise<{ id: string; ref: string }> {
    const local = policy === 'always' ? undefined : await findImage(this.engine, image);
    if (!local && policy === 'never')
      throw new RuntimeError(
        'image_missing',
        `the image "${image}" is not here, and pull_policy says never to pull it`,
      );
    const { id } = local ?? (await pullImage(this.engine, image, PULL_STALL_MS, progress));
    return { id, ref: image };
  }

  /** What the service asks for, with the networks that it will really join. @throws RuntimeError code `bad_spec` */
  private async withNetworks(
    { container, optionalNetworks }: ServiceTerms,
    progress: Progress,
  ): Promise<ContainerTraits> {
    const here = (name: string) => networkExists(this.engine, name);
    for (const name of container.networks ?? []) {
      if (await here(name)) continue;
      const hint = 'bring up what is on it first, or create it';
      throw new RuntimeError('bad_spec', `the network "${name}" of REPLICA_SPEC does not exist: ${hint}`);
    }
    const found: string[] = [];
    for (const name of optionalNetworks) {
      if (await here(name)) found.push(name);
      else progress(`REPLICA_SPEC: there is no network "${name}" to join; replicas are on the pool's own alone`);
    }
    return found.length === 0 ? container : { ...container, networks: found };
  }

  private async lookUp(image: string): Promise<LocalImage | undefined> {
    const local = this.images.get(image) ?? (await findImage(this.engine, image));
    if (local) this.images.set(image, local);
    return local;
  }

  private verify(): Promise<EngineInfo> {
    return this.identity.verify(this.stream?.live === true);
  }

  private openStream(): EventStream {
    const handlers = {
      open: openEngineEvents(this.engine, this.options.pool),
      event: (event: Parameters<typeof hintOf>[0]) => {
        this.inspections.touch(event.containerId);
        this.hints.emit(hintOf(event));
      },
      connected: () => {
        this.inspections.clear();
        this.hints.emit({ kind: 'resync' as const });
      },
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
