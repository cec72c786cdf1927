// Owns control's end of the link: epochs, acknowledgements, counters, classic requests, and the way back after a lost
// connection. Where the data process comes from, and its life and death, is the supervisor's (data-process.ts).
import type { Logger } from '../../telemetry/logger.js';
import type { HotKeyList } from '../hot-keys.js';
import type { Channel } from './channel.js';
import type { DataLink } from './data-link.js';
import type { DataMetrics } from './data-metrics.js';
import type {
  ClassicAnswer,
  ClassicRequest,
  ControlMessage,
  DataMessage,
  InstanceCounters,
  Outcome,
  Snapshot,
} from './messages.js';

export type Hello = Extract<DataMessage, { type: 'hello' }>;

/** A data process that has introduced itself and fits us. */
export interface DataConnection {
  readonly channel: Channel<ControlMessage, DataMessage>;
  readonly hello: Hello;
}

/** What brings a data process to life and takes it over. */
export interface DataSupervisor {
  /** Takes over the data process that runs, or starts one. Waits before a start when the last ones died young. @throws Error */
  connect(): Promise<DataConnection>;
  /** Sees to it that the data process is gone `withinMs` from now. @param asked it has been told to leave already */
  ended(withinMs: number, asked: boolean): Promise<void>;
}

/** What the data process answers to a question of ours. */
type Answer = Extract<DataMessage, { type: 'counters' | 'metrics' | 'hot-keys' }>;

type ClassicHandler = (request: ClassicRequest) => Promise<ClassicAnswer>;

/** Bounds for what a data process that was taken over could make control hold or write. */
const MAX_CLASSIC = 128;
const MAX_LOG_LINES_PER_SECOND = 50;
/** Time beyond its deadline that the data process has to be gone by itself. */
const SHUTDOWN_GRACE = 2000;

export class ControlLink implements DataLink {
  #connection: DataConnection | undefined;
  #address: Hello['address'] | undefined;
  #epoch = 0;
  #snapshot: Omit<Snapshot, 'epoch'> | undefined;
  /** Epochs only rise, so an acknowledgement of one covers all before it, from whichever connection it came. */
  #acknowledged = 0;
  #counters: ReadonlyMap<string, InstanceCounters> = new Map();
  #keyCounts: readonly number[] = [];
  #queryId = 0;
  #classicHandler: ClassicHandler | undefined;
  #classicOpen = 0;
  #closing = false;
  #logWindow = { second: 0, lines: 0 };
  readonly #acks = new Set<() => void>();
  readonly #queries = new Map<number, (answer?: Answer) => void>();
  readonly #quiet = new Set<(instanceId: string) => void>();
  readonly #outcome = new Set<(instanceId: string, outcome: Outcome) => void>();
  readonly #countersCame = new Set<() => void>();
  readonly #connected = new Set<(connected: boolean) => void>();

  constructor(
    private readonly supervisor: DataSupervisor,
    private readonly log: Logger,
    /** Classic requests are answered only if the data port was told to take them. */
    private readonly seedRoutes: boolean,
  ) {}

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  get address(): Hello['address'] | undefined {
    return this.#address;
  }

  get pid(): number | undefined {
    return this.#connection?.hello.pid;
  }

  get epoch(): number {
    return this.#epoch;
  }

  publish(snapshot: Omit<Snapshot, 'epoch'>): number {
    this.#snapshot = snapshot;
    this.#epoch++;
    this.#sendSnapshot();
    return this.#epoch;
  }

  async acknowledged(epoch: number, timeoutMs: number): Promise<boolean> {
    await waitUntil(this.#acks, () => this.#acknowledged >= epoch, timeoutMs);
    return this.#acknowledged >= epoch;
  }

  async counters(timeoutMs: number): Promise<ReadonlyMap<string, InstanceCounters>> {
    await this.#ask((id) => ({ type: 'query', id }), timeoutMs);
    return this.#counters;
  }

  async metrics(timeoutMs: number): Promise<DataMetrics | undefined> {
    const answer = await this.#ask((id) => ({ type: 'metrics', id }), timeoutMs);
    return answer?.type === 'metrics' ? answer.metrics : undefined;
  }

  async hotKeys(limit: number, timeoutMs: number): Promise<HotKeyList | undefined> {
    const answer = await this.#ask((id) => ({ type: 'hot-keys', id, limit }), timeoutMs);
    return answer?.type === 'hot-keys' ? answer.list : undefined;
  }

  lastCounters(): ReadonlyMap<string, InstanceCounters> {
    return this.#counters;
  }

  lastKeyCounts(): readonly number[] {
    return this.#keyCounts;
  }

  onQuiet(listener: (instanceId: string) => void): () => void {
    return subscribe(this.#quiet, listener);
  }

  onOutcome(listener: (instanceId: string, outcome: Outcome) => void): () => void {
    return subscribe(this.#outcome, listener);
  }

  onCounters(listener: () => void): () => void {
    return subscribe(this.#countersCame, listener);
  }

  onConnection(listener: (connected: boolean) => void): () => void {
    return subscribe(this.#connected, listener);
  }

  handleClassic(handler: ClassicHandler): void {
    this.#classicHandler = handler;
  }

  async open(): Promise<void> {
    this.#closing = false;
    this.#attach(await this.supervisor.connect());
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#closing = true;
    const asked = this.connected;
    this.#connection?.channel.send({ type: 'shutdown', deadlineMs });
    await this.supervisor.ended(deadlineMs + SHUTDOWN_GRACE, asked);
    this.#connection?.channel.close();
  }

  #attach(connection: DataConnection): void {
    const { channel, hello } = connection;
    this.#connection = connection;
    this.#address = hello.address;
    // Above the epoch of whatever snapshot it has from an earlier control, or it would take ours for an old one.
    this.#epoch = Math.max(this.#epoch, hello.epoch);
    channel.onClose((reason) => {
      if (this.#connection === connection) this.#lost(reason);
    });
    channel.onMessage((message) => {
      if (this.#connection === connection) this.#receive(message);
    });
    if (this.#snapshot) {
      this.#epoch++;
      this.#sendSnapshot();
    }
    for (const listener of this.#connected) listener(true);
  }

  /** Resolves with the answer, or when none came in time. */
  #ask(query: (id: number) => ControlMessage, timeoutMs: number): Promise<Answer | undefined> {
    const connection = this.#connection;
    if (!connection) return Promise.resolve(undefined);
    const id = ++this.#queryId;
    return new Promise((resolve) => {
      const done = (answer?: Answer) => {
        cancel();
        this.#queries.delete(id);
        resolve(answer);
      };
      const cancel = afterReading(timeoutMs, done);
      this.#queries.set(id, done);
      connection.channel.send(query(id));
    });
  }

  #sendSnapshot(): void {
    if (!this.#snapshot) return;
    this.#connection?.channel.send({ type: 'snapshot', snapshot: { ...this.#snapshot, epoch: this.#epoch } });
  }

  #lost(reason: Error | undefined): void {
    this.#connection = undefined;
    for (const done of [...this.#queries.values()]) done();
    for (const listener of this.#connected) listener(false);
    if (this.#closing) return;
    this.log.warn({ reason: reason?.message }, 'the connection to the data process is lost');
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    while (!this.#closing && !this.#connection) {
      try {
        const connection = await this.supervisor.connect();
        if (this.#closing) connection.channel.close();
        else this.#attach(connection);
      } catch (error) {
        // The supervisor waits longer with each failure: this is no busy loop.
        this.log.error({ reason: (error as Error).message }, 'the data process does not come up; trying again');
      }
    }
  }

  #receive(message: DataMessage): void {
    switch (message.type) {
      case 'hello':
        return;
      case 'ack':
        // An epoch that was never given out cannot be in force.
        if (message.epoch > this.#epoch || message.epoch <= this.#acknowledged) return;
        this.#acknowledged = message.epoch;
        for (const notify of [...this.#acks]) notify();
        return;
      case 'counters':
        this.#counters = new Map(message.instances.map((counters) => [counters.id, counters]));
        this.#keyCounts = message.keys;
        this.#queries.get(message.id)?.(message);
        for (const listener of this.#countersCame) listener();
        return;
      case 'metrics':
      case 'hot-keys':
        this.#queries.get(message.id)?.(message);
        return;
      case 'quiet':
        for (const listener of this.#quiet) listener(message.instanceId);
        return;
      case 'outcome':
        for (const listener of this.#outcome) listener(message.instanceId, message.outcome);
        return;
      case 'classic':
        void this.#answerClassic(message.id, message.request);
        return;
      case 'log':
        this.#writeLog(message.level, message.message);
        return;
    }
  }

  async #answerClassic(id: number, request: ClassicRequest): Promise<void> {
    const connection = this.#connection;
    this.#classicOpen++;
    const answer = await this.#askHandler(request);
    this.#classicOpen--;
    connection?.channel.send({ type: 'answer', id, answer });
  }

  async #askHandler(request: ClassicRequest): Promise<ClassicAnswer> {
    if (!this.seedRoutes) return failure(404, 'This port does not answer admin routes');
    if (!this.#classicHandler || this.#closing) return failure(503, 'The balancer is starting or ending; try again');
    if (this.#classicOpen > MAX_CLASSIC) return failure(503, 'Too many admin requests at once; try again');
    try {
      return await this.#classicHandler(request);
    } catch (error) {
      this.log.error({ reason: (error as Error).stack }, 'a classic request failed');
      return failure(500, 'The balancer failed to answer; its log says why');
    }
  }

  #writeLog(level: 'debug' | 'info' | 'warn' | 'error', message: string): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#logWindow.second) this.#logWindow = { second, lines: 0 };
    if (++this.#logWindow.lines > MAX_LOG_LINES_PER_SECOND) return;
    this.log[level]({ from: 'data' }, message);
  }
}

function failure(status: number, message: string): ClassicAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...(status === 503 && { 'retry-after': '1' }) },
    body: JSON.stringify({ message, status: 'failure' }),
  };
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Looks again whenever `wakers` are called, until it holds or the time is up. */
function waitUntil(wakers: Set<() => void>, holds: () => boolean, timeoutMs: number): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (holds()) done();
    };
    const done = () => {
      cancel();
      wakers.delete(look);
      resolve();
    };
    const cancel = afterReading(timeoutMs, done);
    wakers.add(look);
  });
}

/**
 * A loop that was held up runs its timers before it reads: what came in time would count as late. So `late` is called
 * once the sockets have been read that were ready when the time was up.
 * @returns what calls it off
 */
function afterReading(timeoutMs: number, late: () => void): () => void {
  let reading: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (reading = setImmediate(late)), timeoutMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(reading);
  };
}
