// Owns replicas as local processes (RUNTIME=process): one process group each, on a loopback port of its own, logging to a
// file. Leftovers of a killed balancer are listed, not adopted; when to end them is the orchestrator's.
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import type { Logger } from '../../telemetry/logger.js';
import { bundledServer } from '../bundled-server.js';
import { Hints } from '../hints.js';
import { parseReplicaEnv } from '../replica-env.js';
import type {
  InstanceSpec,
  ObservedInstance,
  Place,
  Progress,
  ReplicaRuntime,
  RuntimeHint,
  Workload,
} from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { splitCommand } from '../replica-command.js';
import { freePort, LOOPBACK } from './free-port.js';
import { endLeftover, INSTANCE_VARIABLE, type Leftover, Leftovers, observeLeftover } from './leftovers.js';
import { Ledger } from './ledger.js';
import { followLog } from './follow-log.js';
import { logFile, logFolder, tailLog, trimLog } from './log-file.js';
import { identify } from '../../platform/process-identity.js';
import { ReplicaProcess } from './replica-process.js';

export interface ProcessRuntimeOptions {
  readonly stateDir: string;
  /** REPLICA_COMMAND; the bundled server when absent. */
  readonly command: string | undefined;
  /** REPLICA_ENV. */
  readonly env: readonly string[];
  readonly healthPath: string;
}

interface Instance {
  readonly id: string;
  /** As it was made, in the place that it has now. */
  spec: InstanceSpec;
  starting?: Promise<void>;
  process?: ReplicaProcess;
  port?: number;
  startedAt?: number;
}

/** All that a replica inherits: never the balancer's secrets. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_ENV'];
const TRIM_INTERVAL_MS = 2_000;

export class ProcessRuntime implements ReplicaRuntime {
  readonly kind = 'process';
  readonly adopts = false;
  private readonly instances = new Map<string, Instance>();
  private readonly ledger: Ledger;
  private readonly hints = new Hints();
  private readonly closed = new AbortController();
  private known: Leftovers | undefined;
  private trimmer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ProcessRuntimeOptions,
    logger: Logger,
  ) {
    this.ledger = new Ledger(options.stateDir, logger);
  }

  /** @throws RuntimeError code `bad_spec` when REPLICA_COMMAND cannot be split */
  async prepare(progress: Progress): Promise<Workload> {
    const { command, env, healthPath } = this.options;
    const argv = command === undefined ? undefined : splitCommand(command);
    const leftovers = await this.leftovers.live();
    if (leftovers.length > 0) progress(`${leftovers.length} replica process(es) of an earlier balancer still run`);
    return { ...(argv && { command: argv }), port: 0, env: parseReplicaEnv(env), healthPath };
  }

  async pinImage(): Promise<never> {
    throw new RuntimeError('bad_spec', 'local processes have no image: name a command instead');
  }

  async list(): Promise<ObservedInstance[]> {
    const left = (await this.leftovers.live()).map(observeLeftover);
    return [...(await Promise.all([...this.instances.values()].map((instance) => this.observe(instance)))), ...left];
  }

  async create(spec: InstanceSpec): Promise<string> {
    const { slot, generation, specHash } = spec;
    const left = await this.leftovers.live();
    // Nothing is awaited between this look and the registration: two calls at once get one instance.
    const held = this.holderOf(spec, left);
    // A leftover is never taken for the instance asked for: nobody would learn of its exit.
    if (held && (held.leftover || held.specHash !== specHash)) {
      const by = held.leftover ? 'a process of an earlier balancer' : 'an instance with another specification';
      throw new RuntimeError('conflict', `"${slot}" generation ${generation} is held by ${by}`);
    }
    if (held) return held.id;
    const id = randomUUID();
    this.instances.set(id, { id, spec });
    this.hints.emit({ kind: 'changed', instanceId: id });
    return id;
  }

  /** @throws RuntimeError code `bad_spec` when the OS refuses the command, `failed` when it has ended or is gone */
  async start(instanceId: string): Promise<void> {
    const instance = this.instances.get(instanceId);
    if (!instance) {
      if (await this.leftovers.find(instanceId)) return;
      throw new RuntimeError('failed', `instance ${instanceId} is gone`);
    }
    if (instance.process?.exit)
      throw new RuntimeError('failed', `instance ${instanceId} has ended: a successor fills its slot`);
    instance.starting ??= this.launch(instance).finally(() => (instance.starting = undefined));
    await instance.starting;
  }

  async rename(instanceId: string, { slot, generation }: Place): Promise<void> {
    const left = await this.leftovers.live();
    const instance = this.instances.get(instanceId);
    if (!instance) throw new RuntimeError('failed', `instance ${instanceId} is gone, or an earlier balancer's`);
    // Its line in the ledger and its log are written under the place that it has when its start ends.
    await instance.starting?.catch(() => {});
    const holder = this.holderOf({ slot, generation }, left);
    if (holder?.id === instanceId) return;
    if (holder) throw new RuntimeError('conflict', `"${slot}" generation ${generation} is held by another instance`);
    const log = this.logOf(instance);
    instance.spec = { ...instance.spec, slot, generation };
    this.ledger.move(instanceId, { slot, generation });
    // It writes on into the same file under its new name.
    if (instance.process) renameSync(log, this.logOf(instance));
    this.hints.emit({ kind: 'changed', instanceId });
  }

  async stop(instanceId: string, graceMs: number): Promise<void> {
    const instance = this.instances.get(instanceId);
    if (instance) {
      await instance.starting?.catch(() => {});
      await instance.process?.end(graceMs);
      return;
    }
    const leftover = await this.leftovers.find(instanceId);
    if (leftover) await endLeftover(leftover, graceMs);
  }

  async remove(instanceId: string): Promise<void> {
    await this.stop(instanceId, 0);
    this.leftovers.forget(instanceId);
    const instance = this.instances.get(instanceId);
    if (instance) {
      this.instances.delete(instanceId);
      this.ledger.delete(instanceId);
      rmSync(this.logOf(instance), { force: true });
    }
    this.hints.emit({ kind: 'changed', instanceId });
  }

  async logs(instanceId: string, tail: number): Promise<string[]> {
    const instance = this.instances.get(instanceId);
    const leftover = instance ? undefined : await this.leftovers.find(instanceId);
    if (instance) return tailLog(this.logOf(instance), tail);
    return leftover ? tailLog(this.leftovers.logOf(leftover), tail) : [];
  }

  async *follow(instanceId: string, tail: number, signal: AbortSignal): AsyncGenerator<string> {
    const instance = this.instances.get(instanceId);
    const leftover = instance ? undefined : await this.leftovers.find(instanceId);
    const log = instance ? this.logOf(instance) : leftover && this.leftovers.logOf(leftover);
    if (log === undefined) return;
    const ended = async () =>
      instance
        ? instance.process?.exit !== undefined || this.instances.get(instanceId) !== instance
        : (await this.leftovers.find(instanceId)) === undefined;
    yield* followLog(log, { tail, ended, signal: AbortSignal.any([signal, this.closed.signal]) });
  }

  watch(listener: (hint: RuntimeHint) => void): () => void {
    return this.hints.add(listener);
  }

  async cleanup(): Promise<void> {
    if ((await this.list()).length > 0) return;
    this.ledger.destroy();
    rmSync(logFolder(this.options.stateDir), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    this.closed.abort();
    clearInterval(this.trimmer);
    this.trimmer = undefined;
    this.hints.clear();
  }

  private async launch(instance: Instance): Promise<void> {
    if (instance.process) return;
    const { id, spec } = instance;
    const argv = spec.workload.command ?? [process.execPath, bundledServer()];
    const port = await freePort(this.portsInUse());
    const startedAt = Date.now();
    const entry = { id, slot: spec.slot, generation: spec.generation, specHash: spec.specHash, port, startedAt };
    // The intent first: a balancer that is killed between here and the next write leaves a process that can be found.
    this.ledger.put({ ...entry, pid: null, startTime: null });
    try {
      const env = this.environment(instance, port);
      instance.process = await ReplicaProcess.spawn(argv, env, this.logOf(instance), () => this.exited(id));
    } catch (error) {
      this.ledger.delete(id);
      throw error;
    }
    instance.port = port;
    instance.startedAt = startedAt;
    const { pid } = instance.process;
    const startTime = (await identify(pid))?.startTime;
    // Undefined: it has died already, and the exit tells of it.
    if (startTime !== undefined && !instance.process.exit) this.ledger.put({ ...entry, pid, startTime });
    this.trimmer ??= setInterval(() => this.trimLogs(), TRIM_INTERVAL_MS).unref();
    this.hints.emit({ kind: 'changed', instanceId: id });
  }

  private exited(id: string): void {
    this.ledger.delete(id);
    this.hints.emit({ kind: 'died', instanceId: id });
  }

  private environment({ id, spec }: Instance, port: number): Record<string, string> {
    const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
    return {
      ...(Object.fromEntries(inherited) as Record<string, string>),
      ...spec.workload.env,
      HOST: LOOPBACK,
      PORT: String(port),
      SERVER_ID: spec.slot,
      [INSTANCE_VARIABLE]: id,
    };
  }

  private holderOf({ slot, generation }: Place, left: readonly Leftover[]) {
    const own = [...this.instances.values()].map(({ id, spec }) => ({ ...spec, id, leftover: false }));
    const all = [...own, ...left.map((leftover) => ({ ...leftover, leftover: true }))];
    return all.find((other) => other.slot === slot && other.generation === generation);
  }

  private portsInUse(): Set<number> {
    return new Set([...this.instances.values()].flatMap(({ port, process }) => (port && !process?.exit ? [port] : [])));
  }

  private async observe({ id, spec, process: replica, port, startedAt }: Instance): Promise<ObservedInstance> {
    const identity = { id, slot: spec.slot, generation: spec.generation, specHash: spec.specHash, leftover: false };
    if (!replica || port === undefined) return { ...identity, state: 'created' };
    if (replica.exit) return { ...identity, state: 'exited', startedAt, exit: replica.exit };
    const frozen = (await identify(replica.pid))?.frozen === true;
    const address = { host: LOOPBACK, port };
    return { ...identity, state: frozen ? 'paused' : 'running', address, pid: replica.pid, startedAt };
  }

  private get leftovers(): Leftovers {
    return (this.known ??= new Leftovers(this.ledger, this.options.stateDir));
  }

  private logOf({ spec }: Instance): string {
    return logFile(this.options.stateDir, spec.slot, spec.generation);
  }

  private trimLogs(): void {
    for (const instance of this.instances.values()) trimLog(this.logOf(instance));
    for (const log of this.leftovers.logs()) trimLog(log);
  }
}
