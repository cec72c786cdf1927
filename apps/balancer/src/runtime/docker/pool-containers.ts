// Owns what is done to single containers of one pool, each call idempotent. A container without the pool's label is never
// touched, whoever asks. What they look like as instances is observe.ts's.
import type { ContainerCreateOptions, ContainerInfo, ContainerInspectInfo } from 'dockerode';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { LineSplitter } from '../line-splitter.js';
import { RuntimeError } from '../runtime-error.js';
import { type EngineClient, statusOf, toRuntimeError, unknownInTime, unlessStatus } from './engine-client.js';
import { labelFilter, NETWORKS_LABEL, POOL_LABEL, SPEC_LABEL } from './labels.js';
import { FrameReader, linesOfFrames } from './log-frames.js';

const NAME_POLL_MS = 25;

export class PoolContainers {
  constructor(
    private readonly engine: EngineClient,
    private readonly pool: string,
    /** Makes the pool's network again, which somebody may have removed. */
    private readonly restoreNetwork: () => Promise<void>,
  ) {}

  /** Running or not. @throws RuntimeError code `unreachable` also when the engine does not answer in time */
  async list(): Promise<ContainerInfo[]> {
    const filters = labelFilter({ [POOL_LABEL]: this.pool });
    try {
      return await this.engine.query('list containers', (abortSignal) =>
        this.engine.docker.listContainers({ all: true, filters, abortSignal }),
      );
    } catch (error) {
      throw unknownInTime(error);
    }
  }

  inspect(idOrName: string): Promise<ContainerInspectInfo> {
    return this.engine.query('say how a container is', (abortSignal) =>
      this.engine.docker.getContainer(idOrName).inspect({ abortSignal }),
    );
  }

  /** @returns its id, also when the very same one is there already */
  async create(options: ContainerCreateOptions): Promise<string> {
    const giveUpAt = performance.now() + this.engine.deadlines.query;
    for (;;) {
      try {
        return await this.createOnce(options);
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
      }
      const holder = await this.inspect(options.name ?? '').catch(unlessStatus(404));
      if (holder) return this.takeHolder(holder, options);
      // The engine gives a name away before its container can be seen, and keeps it a moment longer than that.
      if (performance.now() > giveUpAt) {
        throw new RuntimeError('conflict', `the name "${options.name}" is held by no container that can be seen`);
      }
      await delay(NAME_POLL_MS);
    }
  }

  async start(id: string): Promise<void> {
    const container = await this.own(id);
    if (!container) throw new RuntimeError('failed', `container ${short(id)} is gone`);
    if (container.State.Paused) throw new RuntimeError('failed', `container ${short(id)} is paused by hand`);
    for (const network of missingNetworks(container)) await this.join(id, network);
    try {
      await this.withNetwork(() =>
        this.engine
          .change(`start container ${short(id)}`, (abortSignal) =>
            this.engine.docker.getContainer(id).start({ abortSignal }),
          )
          .catch(unlessStatus(304)),
      );
    } catch (error) {
      throw hopeless(error) ? new RuntimeError('bad_spec', (error as Error).message, { cause: error }) : error;
    }
  }

  async rename(id: string, name: string): Promise<void> {
    const container = await this.own(id);
    if (!container) throw new RuntimeError('failed', `container ${short(id)} is gone`);
    if (container.Name === `/${name}`) return;
    try {
      await this.engine.change(`rename container ${short(id)}`, (abortSignal) =>
        this.engine.docker.getContainer(id).rename({ name, abortSignal }),
      );
    } catch (error) {
      if (statusOf(error) === 404) throw new RuntimeError('failed', `container ${short(id)} is gone`, { cause: error });
      // Asked twice at once, the second is refused: the very container has the name already.
      if ((await this.own(id))?.Name === `/${name}`) return;
      if (statusOf(error) !== 409) throw error;
      throw new RuntimeError('conflict', `another container holds the name "${name}"`, { cause: error });
    }
  }

  async stop(id: string, graceMs: number): Promise<void> {
    if (!(await this.own(id))) return;
    // The engine sends the image's own stop signal, SIGTERM unless it names another, and counts in whole seconds.
    const seconds = Math.ceil(graceMs / 1000);
    const deadline = seconds * 1000 + this.engine.deadlines.stop;
    await this.engine
      .call(`stop container ${short(id)}`, deadline, (abortSignal) =>
        this.engine.docker.getContainer(id).stop({ t: seconds, abortSignal }),
      )
      .catch(unlessStatus(304, 404));
  }

  async remove(id: string): Promise<void> {
    if (!(await this.own(id))) return;
    await this.engine
      .change(`remove container ${short(id)}`, (abortSignal) =>
        this.engine.docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
      )
      // 409: somebody else's removal is under way.
      .catch(unlessStatus(404, 409));
  }

  async logs(id: string, tail: number): Promise<string[]> {
    if (tail <= 0 || !(await this.own(id))) return [];
    const frames = await this.engine
      .query('give the output', (abortSignal) =>
        this.engine.docker.getContainer(id).logs({ stdout: true, stderr: true, tail, abortSignal }),
      )
      // 409: being removed in this moment.
      .catch(unlessStatus(404, 409));
    return frames ? linesOfFrames(frames).slice(-tail) : [];
  }

  /** @throws RuntimeError from the iteration, also when the engine cuts the stream */
  async *follow(id: string, tail: number, signal: AbortSignal): AsyncGenerator<string> {
    let stream: Readable | undefined;
    const lines = new LineSplitter();
    try {
      stream = (await this.own(id)) && (await this.openOutput(id, tail, signal));
      const frames = new FrameReader();
      for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>)
        for (const piece of frames.take(chunk)) yield* lines.take(piece);
      yield* lines.end();
    } catch (error) {
      // Whoever gave the signal knows why it ends.
      if (!signal.aborted) throw toRuntimeError(error);
    } finally {
      stream?.destroy();
    }
  }

  private async openOutput(id: string, tail: number, signal: AbortSignal): Promise<Readable | undefined> {
    const open = (deadline: AbortSignal) =>
      this.engine.docker.getContainer(id).logs({
        follow: true,
        stdout: true,
        stderr: true,
        tail,
        abortSignal: AbortSignal.any([signal, deadline]),
      });
    // 409: being removed in this moment.
    const stream = await this.engine.query('open the output', open).catch(unlessStatus(404, 409));
    return stream as Readable | undefined;
  }

  /** Before each start and not at create: a balancer may be killed between the two. Joined already is success. */
  private async join(id: string, network: string): Promise<void> {
    try {
      await this.engine.change(`join the network "${network}"`, (abortSignal) =>
        this.engine.docker.getNetwork(network).connect({ Container: id, abortSignal } as object),
      );
    } catch (error) {
      if (statusOf(error) === 403 && /already exists/i.test((error as Error).message)) return;
      throw error;
    }
  }

  /** Undefined when it is gone. @throws RuntimeError code `conflict` when it is not of this pool */
  private async own(id: string): Promise<ContainerInspectInfo | undefined> {
    const container = await this.inspect(id).catch(unlessStatus(404));
    if (container && container.Config.Labels[POOL_LABEL] !== this.pool) {
      throw new RuntimeError('conflict', `container ${short(id)} does not belong to the pool "${this.pool}"`);
    }
    return container;
  }

  private async createOnce(options: ContainerCreateOptions): Promise<string> {
    try {
      const container = await this.withNetwork(() =>
        this.engine.change(`create the container "${options.name}"`, (abortSignal) =>
          this.engine.docker.createContainer({ ...options, abortSignal }),
        ),
      );
      return container.id;
    } catch (error) {
      const reason = (error as Error).message;
      if (statusOf(error) === 404) throw new RuntimeError('image_missing', reason, { cause: error });
      if (statusOf(error) === 400) throw new RuntimeError('bad_spec', reason, { cause: error });
      throw error;
    }
  }

  /** The name is held: success if it is the very instance that was asked for. */
  private takeHolder(holder: ContainerInspectInfo, { name, Labels }: ContainerCreateOptions): string {
    const labels = holder.Config.Labels;
    if (labels[POOL_LABEL] !== this.pool) {
      throw new RuntimeError('conflict', `a container that is not ours holds the name "${name}": rename or remove it`);
    }
    if (labels[SPEC_LABEL] !== Labels?.[SPEC_LABEL]) {
      throw new RuntimeError('conflict', `"${name}" exists with another specification`);
    }
    return holder.Id;
  }

  private async withNetwork<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (statusOf(error) !== 404 || !/network/i.test((error as Error).message)) throw error;
      await this.restoreNetwork();
      return run();
    }
  }
}

function missingNetworks({ Config, NetworkSettings }: ContainerInspectInfo): string[] {
  const label = Config.Labels[NETWORKS_LABEL];
  const wanted = label === undefined ? [] : (JSON.parse(label) as string[]);
  return wanted.filter((name) => !Object.hasOwn(NetworkSettings.Networks, name));
}

function short(id: string): string {
  return id.slice(0, 12);
}

/**
 * The engine's wording for what the image or the command makes impossible. The same words about anything but the command (its
 * own files, while it ends or its disk is away) may pass with a 500, so there the command has to be named.
 */
function hopeless(error: unknown): boolean {
  const status = statusOf(error);
  if (status === undefined) return false;
  const { message } = error as Error;
  const wording =
    /executable file not found|no such file or directory|permission denied|exec format error|not a directory/i;
  return wording.test(message) && (status < 500 || /\bexec\b|container process/i.test(message));
}
