// Owns one lane: a thread's part of the data plane. It takes tables from the main thread, serves by the newest, and reports
// what it sees. It runs in a worker thread or, for tests, on the calling one, and cannot tell which.
import { networkMatcher } from '../../config/networks.js';
import type { ClaimTable, RowRef } from '../../routing/claims.js';
import { HotKeys } from '../../routing/hot-keys.js';
import type { KeyCounts } from '../../routing/key-counts.js';
import type { Channel } from '../../routing/link/channel.js';
import type { DataSettings, Outcome, OutcomeCounts, Snapshot } from '../../routing/link/messages.js';
import { compileTable, type RoutingTable, unmoved } from '../../routing/table.js';
import type { Logger } from '../../telemetry/logger.js';
import { AccessLog } from '../access-log/access-log.js';
import type { Tables, TableWaiter } from '../attempts/candidates.js';
import { ClassicRoutes } from '../answers/classic-routes.js';
import { ConnectionRooms } from '../limits/connection-rooms.js';
import { Deadlines } from './deadlines.js';
import { ReadBuffers } from '../express/read-buffers.js';
import { forwardingOf } from '../message/fields.js';
import { Forwarder } from '../standard/forwarder.js';
import type { LaneContext } from './lane-context.js';
import type { Endpoint, LaneCommand, LaneReport } from './lane-messages.js';
import { LaneServer } from './lane-server.js';
import { freshTraces } from '../message/fresh-traces.js';
import { randomHex } from '../message/random-hex.js';
import { RequestIds } from '../message/request-id.js';
import { LoadShedder } from '../limits/load-shedder.js';
import { memoryInUse } from '../limits/memory-in-use.js';
import { limitsOf } from '../limits/replica-limits.js';
import { RequestQueue } from '../limits/request-queue.js';
import { RetryBudget } from '../attempts/retry-budget.js';
import { LaneMeter } from '../traffic/lane-meter.js';
import { LanePulse } from '../traffic/lane-pulse.js';
import type { TrafficCells } from '../traffic/traffic-cells.js';
import { Upstreams } from '../standard/upstreams.js';
import { BEAT, Wakefulness } from './wakefulness.js';

/** One report per instance and outcome within this time is enough to make control look. */
const OUTCOME_INTERVAL = 50;
/** How often the counts of hot keys are brought up to date with their age. */
const FADE = 5000;
const COUNTED_AS: Readonly<Record<Outcome, keyof OutcomeCounts>> = {
  connect_failed: 'refused',
  connect_timeout: 'timedOut',
  upstream_closed: 'reset',
  upstream_protocol: 'reset',
  response_timeout: 'timedOut',
};

export interface LaneOptions {
  readonly worker: number;
  readonly settings: DataSettings;
  readonly claims: ClaimTable;
  readonly keys: KeyCounts;
  readonly traffic: TrafficCells;
  readonly channel: Channel<LaneReport, LaneCommand>;
  readonly log: Logger;
  /** For tests: bytes that were dealt with are overwritten, so that whoever kept them without a copy is found out. */
  readonly poisonsReads?: boolean;
}

export class Lane implements Tables {
  #table: RoutingTable | undefined;
  readonly #waiting = new Set<TableWaiter>();
  readonly #reported = new Map<string, number>();
  readonly #wakefulness = new Wakefulness(performance.now());
  readonly #beat = setInterval(() => this.#wakefulness.beat(performance.now()), BEAT).unref();
  readonly #pulse: LanePulse;
  readonly #hotKeys: HotKeys;
  readonly #fade = setInterval(() => this.#hotKeys.fade(performance.now()), FADE).unref();
  readonly #rooms: ConnectionRooms | undefined;
  readonly #upstreams: Upstreams;
  readonly #deadlines = new Deadlines();
  readonly #queue: RequestQueue;
  readonly #classics: ClassicRoutes | undefined;
  readonly #accessLog: AccessLog | undefined;
  readonly #server: LaneServer;

  constructor(private readonly options: LaneOptions) {
    const { settings, channel, claims, keys, traffic, worker, log } = options;
    const cells = traffic.lane(worker);
    const meter = new LaneMeter(cells, claims);
    this.#hotKeys = new HotKeys(settings.showKeys, performance.now());
    const limits = limitsOf(settings, worker);
    this.#rooms = limits.connections > 0 ? new ConnectionRooms(limits.connections) : undefined;
    this.#upstreams = new Upstreams({ keepalive: settings.upstreamKeepalive, meter, rooms: this.#rooms });
    this.#classics = settings.seedRoutes
      ? new ClassicRoutes({
          bodyTimeout: settings.headTimeout,
          ask: (id, request) => channel.send({ type: 'classic', id, request }),
        })
      : undefined;
    this.#accessLog = AccessLog.of({
      settings: settings.accessLog,
      poke: () => channel.send({ type: 'access' }),
      random: Math.random,
    });
    if (this.#accessLog) channel.send({ type: 'access-ring', ring: this.#accessLog.ring });
    this.#queue = new RequestQueue({
      capacity: settings.queue,
      defer: setImmediate,
      deadlines: this.#deadlines,
      onLeft: (waited) => meter.queued(waited / 1000),
    });
    const shedder = new LoadShedder(settings);
    const budget = new RetryBudget(() => meter.budgetRefused());
    this.#pulse = new LanePulse(cells, {
      upstreams: () => this.#upstreamCounts(),
      waiting: () => this.waiting,
      queued: () => this.#queue.length,
      shedder,
      memory: () => (settings.maxMemory > 0 ? memoryInUse() : 0),
      budgetHeld: () => budget.held,
    });
    const context: LaneContext = {
      settings,
      claims,
      keys,
      meter,
      hotKeys: this.#hotKeys,
      worker,
      tables: this,
      inFlight: (row) => claims.inFlight(row),
      budget,
      upstreams: this.#upstreams,
      readBuffers: new ReadBuffers(options.poisonsReads),
      deadlines: this.#deadlines,
      shedder,
      queue: this.#queue,
      limits,
      rooms: this.#rooms,
      trusts: settings.trustedProxies.length > 0 ? networkMatcher(settings.trustedProxies) : () => false,
      forwarding: forwardingOf(settings.forwardedFields),
      log,
      accessLog: this.#accessLog,
      requestIds: settings.requestId === 'off' ? undefined : new RequestIds(randomHex()),
      traces: settings.trace ? freshTraces() : undefined,
      random: Math.random,
      report: ({ instance, ref }, outcome) => {
        if (this.#wakefulness.isAwake(performance.now())) claims.count(worker, ref, COUNTED_AS[outcome]);
        this.#report(instance.id, outcome);
      },
      answered: ({ ref }, status, took) => {
        const end = status < 500 ? 'answered' : 'serverErrors';
        if (claims.count(worker, ref, end)) meter.upstream(ref.row, took / 1000);
      },
      retried: (reason) => meter.retry(reason),
    };
    this.#server = new LaneServer(context, new Forwarder(), this.#classics);
    channel.onMessage((command) => this.#obey(command));
    channel.send({ type: 'loaded' });
  }

  get current(): RoutingTable | undefined {
    return this.#table;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  wait(waiter: TableWaiter): void {
    this.#waiting.add(waiter);
  }

  forget(waiter: TableWaiter): void {
    this.#waiting.delete(waiter);
  }

  #obey(command: LaneCommand): void {
    switch (command.type) {
      case 'listen':
        void this.#listen(command.endpoint, command.shared);
        return;
      case 'table':
        this.#route(command.snapshot, command.rows);
        return;
      case 'answer':
        this.#classics?.receive(command.id, command.answer);
        return;
      case 'hot-keys':
        this.options.channel.send({
          type: 'hot-keys',
          id: command.id,
          sketch: this.#hotKeys.sketch(performance.now()),
        });
        return;
      case 'shutdown':
        void this.#shutdown(command.deadlineMs);
        return;
    }
  }

  async #listen(endpoint: Endpoint, shared: boolean): Promise<void> {
    const { channel } = this.options;
    try {
      channel.send({ type: 'listening', endpoint: await this.#server.listen(endpoint, shared) });
    } catch (error) {
      const { code = 'unknown', message } = error as NodeJS.ErrnoException;
      channel.send({ type: 'refused', code, message });
    }
  }

  #route(snapshot: Snapshot, rows: ReadonlyMap<string, RowRef>): void {
    const before = this.#table;
    this.#table = compileTable(snapshot, rows, before?.ring);
    if (before && before.chain.text !== this.#table.chain.text) this.#hotKeys.clear();
    // Before the report: once it is made, the addresses of those who left may go to others.
    const kept = unmoved(this.#table, before);
    this.#upstreams.retain(kept);
    this.#rooms?.retain(kept);
    this.#server.expressUpstreams?.retain(kept);
    for (const waiter of [...this.#waiting]) {
      this.#waiting.delete(waiter);
      waiter.onTable();
    }
    this.#queue.look();
    this.options.channel.send({ type: 'routing', epoch: snapshot.epoch });
  }

  #upstreamCounts(): { open: number; idle: number } {
    const [standard, express] = [this.#upstreams.counts(), this.#server.expressUpstreams?.counts()];
    return { open: standard.open + (express?.open ?? 0), idle: standard.idle + (express?.idle ?? 0) };
  }

  #report(instanceId: string, outcome: Outcome): void {
    const now = performance.now();
    const key = `${outcome} ${instanceId}`;
    if (now - (this.#reported.get(key) ?? -Infinity) < OUTCOME_INTERVAL) return;
    if (this.#reported.size > 1000) this.#reported.clear();
    this.#reported.set(key, now);
    this.options.channel.send({ type: 'outcome', instanceId, outcome });
  }

  async #shutdown(deadlineMs: number): Promise<void> {
    const { channel } = this.options;
    this.#server.close();
    channel.send({ type: 'closed' });
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
    await Promise.race([this.#server.idle(), deadline]);
    clearTimeout(timer);
    this.#server.destroy();
    this.#upstreams.close();
    this.#deadlines.stop();
    clearInterval(this.#beat);
    this.#pulse.stop();
    clearInterval(this.#fade);
    // One turn later: what was just cut is in it, too.
    await new Promise((resolve) => setImmediate(resolve));
    this.flushAccessLog();
    channel.send({ type: 'finished' });
  }

  /** Requests that are over and in no line yet get theirs. */
  flushAccessLog(): void {
    this.#accessLog?.flush();
  }
}
