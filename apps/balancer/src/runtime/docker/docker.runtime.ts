// Owns replicas as containers of a Docker engine (RUNTIME=docker): what the port promises, told in calls of the engine.
// When to make or end one is the orchestrator's; only containers that carry the pool's label are ever touched.
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { existsSync } from 'node:fs';
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
import { containerName } from './container-name.js';
import { containerOptions } from './container-options.js';
import { EngineClient, type EngineInfo, statusOf } from './engine-client.js';
import { hintOf, WATCHED_ACTIONS } from './engine-event.js';
import { EventStream } from './event-stream.js';
import { findImage, pullImage } from './images.js';
import { IMAGE_LABEL, labelFilter, POOL_LABEL, SPEC_LABEL } from './labels.js';
import { linesOfFrames } from './log-frames.js';
import { ensureNetwork, removeNetworks } from './network.js';
import { observe, observeSummary, type Reach } from './observe.js';
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
  private readonly hints = new Hints();
  private stream: EventStream | undefined;
  /** The engine as it was first met. */
  private met: EngineInfo | undefined;
  private verified = false;
  private readonly strictImages = new Map<string, boolean>();

  constructor(
    private readonly options: DockerRuntimeOptions,
    private readonly logger: Logger,
    private readonly engine: EngineClient = new EngineClient(),
  ) {}

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
    const info = await this.verify();
    const containers = await this.query('list containers', (abortSignal) =>
      this.engine.docker.listContainers({
        all: true,
        filters: labelFilter({ [POOL_LABEL]: this.options.pool }),
        abortSignal,
      }),
    ).catch((error: RuntimeError) => {
      // Nothing is known from an engine that hangs: the same as one that is gone.
      throw error.code === 'timeout' ? new RuntimeError('unreachable', error.message, { cause: error }) : error;
    });
    const seen = await Promise.all(containers.map((container) => this.lookAt(container, reachOf(info))));
    return seen.filter((instance) => instance !== undefined);
  }

  async create(spec: InstanceSpec): Promise<string> {
    const { pool } = this.options;
    const image = spec.workload.image;
    if (image === undefined) throw new RuntimeError('bad_spec', `"${spec.slot}" has no image`);
    const strict = await this.isOwnImage(image);
    const publish = reachOf(await this.verify()) === 'published';
    const options = containerOptions({ pool, spec, image, strict, publish });
    try {
      const container = await this.engine.change(`create the container "${options.name}"`, (abortSignal) =>
        this.engine.docker.createContainer({ ...options, abortSignal }),
      );
      return container.id;
    } catch (error) {
      if (statusOf(error) === 409) return this.takeHolder(spec);
      if (statusOf(error) === 404) throw new RuntimeError('image_missing', (error as Error).message, { cause: error });
      if (statusOf(error) === 400) throw new RuntimeError('bad_spec', (error as Error).message, { cause: error });
      throw error;
    }
  }

  async start(instanceId: string): Promise<void> {
    const container = await this.ownContainer(instanceId);
    if (!container) throw new RuntimeError('failed', `container ${instanceId.slice(0, 12)} is gone`);
    if (container.State.Paused)
      throw new RuntimeError('failed', `container ${instanceId.slice(0, 12)} is paused by hand`);
    try {
      await this.startContainer(instanceId);
    } catch (error) {
      if (!isNetworkMissing(error)) throw explainStart(error);
      // Somebody removed the pool's network while the container had not started yet.
      await ensureNetwork(this.engine, this.options.pool, () => {});
      await this.startContainer(instanceId).catch((again: unknown) => {
        throw explainStart(again);
      });
    }
  }

  async stop(instanceId: string, graceMs: number): Promise<void> {
    if (!(await this.ownContainer(instanceId))) return;
    // The engine sends the image's own stop signal, SIGTERM unless it names another, and counts in whole seconds.
    const seconds = Math.ceil(graceMs / 1000);
    const deadline = seconds * 1000 + this.engine.deadlines.stop;
    await this.engine
      .call(`stop container ${instanceId.slice(0, 12)}`, deadline, (abortSignal) =>
        this.engine.docker.getContainer(instanceId).stop({ t: seconds, abortSignal }),
      )
      .catch(unlessStatus(304, 404));
  }

  async remove(instanceId: string): Promise<void> {
    if (!(await this.ownContainer(instanceId))) return;
    await this.engine
      .change(`remove container ${instanceId.slice(0, 12)}`, (abortSignal) =>
        this.engine.docker.getContainer(instanceId).remove({ force: true, v: true, abortSignal }),
      )
      // 409: somebody else's removal is under way.
      .catch(unlessStatus(404, 409));
  }

  async logs(instanceId: string, tail: number): Promise<string[]> {
    if (tail <= 0 || !(await this.ownContainer(instanceId))) return [];
    try {
      const frames = await this.query('give the output', (abortSignal) =>
        this.engine.docker.getContainer(instanceId).logs({ stdout: true, stderr: true, tail, abortSignal }),
      );
      return linesOfFrames(frames).slice(-tail);
    } catch (error) {
      unlessStatus(404, 409)(error);
      return [];
    }
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

  // What list tells of one container; undefined when it has gone since.
  private async lookAt(container: ContainerInfo, reach: Reach): Promise<ObservedInstance | undefined> {
    try {
      return observe(this.options.pool, reach, await this.inspect(container.Id));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      // One container that hangs inside the engine must not hide the others.
      if (error instanceof RuntimeError && error.code === 'timeout')
        return observeSummary(this.options.pool, reach, container);
      throw error;
    }
  }

  /** The name is held: success if it is the very instance that was asked for. */
  private async takeHolder(spec: InstanceSpec): Promise<string> {
    const name = containerName(this.options.pool, spec);
    const holder = await this.inspect(name).catch(unlessStatus(404));
    if (!holder) throw new RuntimeError('conflict', `the name "${name}" was held a moment ago`);
    const labels = holder.Config.Labels;
    if (labels[POOL_LABEL] !== this.options.pool) {
      throw new RuntimeError('conflict', `a container that is not ours holds the name "${name}": rename or remove it`);
    }
    if (labels[SPEC_LABEL] !== spec.specHash) {
      throw new RuntimeError('conflict', `"${name}" exists with another specification`);
    }
    return holder.Id;
  }

  /** Undefined when it is gone. @throws RuntimeError code `conflict` when it is not of this pool */
  private async ownContainer(id: string): Promise<ContainerInspectInfo | undefined> {
    const container = await this.inspect(id).catch(unlessStatus(404));
    if (container && container.Config.Labels[POOL_LABEL] !== this.options.pool) {
      throw new RuntimeError(
        'conflict',
        `container ${id.slice(0, 12)} does not belong to the pool "${this.options.pool}"`,
      );
    }
    return container;
  }

  private async startContainer(id: string): Promise<void> {
    await this.engine
      .change(`start container ${id.slice(0, 12)}`, (abortSignal) =>
        this.engine.docker.getContainer(id).start({ abortSignal }),
      )
      .catch(unlessStatus(304));
  }

  private inspect(idOrName: string): Promise<ContainerInspectInfo> {
    return this.query('say how a container is', (abortSignal) =>
      this.engine.docker.getContainer(idOrName).inspect({ abortSignal }),
    );
  }

  private async query<T>(what: string, run: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await this.engine.query(what, run);
    } catch (error) {
      if (error instanceof RuntimeError && error.code === 'unreachable') this.verified = false;
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

  /**
   * Another engine behind the same address (another context, a new data folder) is not this one with nothing on it:
   * planning from its empty list would double every replica. Asked again whenever a connection may have been lost.
   */
  private async verify(): Promise<EngineInfo> {
    if (this.met && this.verified && this.stream?.live) return this.met;
    const info = await this.engine.info();
    if (!this.met) {
      const again = await this.engine.info();
      // Some engines make up an id for each answer: then it says nothing.
      this.met = again.id === info.id ? info : { ...info, id: undefined };
    }
    if (this.met.id !== undefined && info.id !== this.met.id) {
      throw new RuntimeError('unreachable', 'another Docker engine answers than the one that holds the replicas');
    }
    this.verified = true;
    return this.met;
  }

  private openStream(): EventStream {
    const filters = {
      type: ['container'],
      event: WATCHED_ACTIONS,
      ...labelFilter({ [POOL_LABEL]: this.options.pool }),
    };
    const stream = new EventStream(
      {
        open: (since, signal) =>
          this.engine.call('open its event stream', this.engine.deadlines.query, (deadline) =>
            this.engine.docker.getEvents({
              filters,
              // Seconds with nanoseconds, which the typings' number could not hold.
              ...(since !== undefined && { since: since as unknown as number }),
              abortSignal: AbortSignal.any([signal, deadline]),
            }),
          ),
        event: (event) => this.hints.emit(hintOf(event)),
        connected: () => this.hints.emit({ kind: 'resync' }),
        lost: () => {
          this.verified = false;
          this.hints.emit({ kind: 'changed' });
        },
      },
      this.logger,
    );
    stream.start();
    return stream;
  }

  private closeStream(): void {
    this.stream?.close();
    this.stream = undefined;
  }
}

/**
 * On Linux a container's address is dialled, which costs nothing; so it is wherever the balancer runs in a container
 * itself. Elsewhere a port on loopback is published.
 */
function reachOf({ secluded }: EngineInfo): Reach {
  if (existsSync('/.dockerenv')) return 'address';
  return process.platform === 'linux' && !secluded ? 'address' : 'published';
}

function unlessStatus(...statuses: readonly number[]): (error: unknown) => undefined {
  return (error) => {
    if (!statuses.includes(statusOf(error) ?? 0)) throw error;
  };
}

function isNetworkMissing(error: unknown): boolean {
  return statusOf(error) === 404 && /network/i.test((error as Error).message);
}

/** The engine's wording for what the image or the command makes impossible; anything else may pass. */
function explainStart(error: unknown): unknown {
  const { message } = error as Error;
  const hopeless =
    /executable file not found|no such file or directory|permission denied|exec format error|not a directory/i;
  return statusOf(error) !== undefined && hopeless.test(message)
    ? new RuntimeError('bad_spec', message, { cause: error })
    : error;
}
