// Owns the main thread of the data process: it brings snapshots into force in an order that lets no request slip through,
// keeps the lanes alive, and answers to one control process at a time. Requests are the lanes' business.
import { createServer } from 'node:net';
import { ClaimRows } from '../../routing/claim-rows.js';
import type { ClaimTable, RowRef } from '../../routing/claims.js';
import type { KeyCounts } from '../../routing/key-counts.js';
import type { Channel } from '../../routing/link/channel.js';
import {
  type ControlMessage,
  type DataMessage,
  type DataSettings,
  PROTOCOL,
  type Snapshot,
} from '../../routing/link/messages.js';
import { type PlacedRing, placeRing } from '../../routing/placed-ring.js';
import type { Logger } from '../../telemetry/logger.js';
import { AccessLines, type WriteAccess } from '../access-log/access-lines.js';
import { ControlSession } from './control-session.js';
import { HotKeySurvey } from './hot-key-survey.js';
import type { Endpoint, LaneCommand, LaneReport } from '../lane/lane-messages.js';
import type { TrafficCells } from '../traffic/traffic-cells.js';
import { TrafficLedger } from '../traffic/traffic-ledger.js';
import { trafficReport } from '../traffic/traffic-report.js';

export type LaneChannel = Channel<LaneCommand, LaneReport>;

export interface DataPlaneOptions {
  readonly settings: DataSettings;
  /** The port to bind; 0 picks one. */
  readonly port: number;
  readonly claims: ClaimTable;
  readonly keys: KeyCounts;
  readonly traffic: TrafficCells;
  readonly log: Logger;
  /** Brings a lane to life, in a thread or on this one. Its channel closes when it dies. */
  readonly startLane: (worker: number) => LaneChannel;
  /**
   * Carries out `bind` as the user that this process is going to be: only sockets of one user share a port, and a lane that
   * is replaced binds after root was given up. Left out: this process stays who it is.
   */
  readonly bindShared?: <T>(bind: () => Promise<T>) => Promise<T>;
  /** Writes lines of the access log. Left out: there is no access log. */
  readonly writeAccess?: WriteAccess;
  /** Lines of it that were lost so far. Left out: there is no access log. */
  readonly lostAccessLines?: () => number;
  /** What every control process should know. */
  readonly notices?: readonly string[];
  /** A lane died and could not be replaced: this process is of no more use. */
  readonly onBroken: (reason: string) => void;
}

interface LaneState {
  channel: LaneChannel;
  /** Of the table that it routes by; 0 = none yet. */
  epoch: number;
  /** undefined: it logs nothing. */
  access: AccessLines | undefined;
  listening: boolean;
  closed: boolean;
  finished: boolean;
}

/** The data port could not be bound; `code` is the system's. */
export class ListenError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ListenError';
  }
}

export class DataPlane {
  readonly #rows: ClaimRows;
  readonly #ledger: TrafficLedger;
  readonly #lanes: LaneState[] = [];
  #session: ControlSession | undefined;
  #endpoint: Endpoint;
  #user = '';
  #inForce: { snapshot: Snapshot; rows: ReadonlyMap<string, RowRef>; ring: PlacedRing } | undefined;
  readonly #survey = new HotKeySurvey();
  #acknowledged = 0;
  #stopping = false;
  #finish: () => void;
  #closed: () => void;
  /** Resolves when, after a `stop` from whatever side, no lane accepts any more. */
  readonly closed = new Promise<void>((resolve) => (this.#closed = resolve));
  /** Resolves when, after that, nothing is in flight any more. */
  readonly stopped = new Promise<void>((resolve) => (this.#finish = resolve));

  constructor(private readonly options: DataPlaneOptions) {
    this.#rows = new ClaimRows(options.claims);
    this.#ledger = new TrafficLedger(options.traffic, this.#rows);
    this.#endpoint = { host: options.settings.host, port: options.port };
  }

  /** Starts the lanes and waits until all listen. @throws ListenError */
  async start(): Promise<Endpoint> {
    const { workers } = this.options.settings;
    const shared = workers > 1;
    // Lanes that share a port would share it with a stranger too, and say nothing.
    if (shared) this.#endpoint = await testBind(this.#endpoint);
    for (let worker = 0; worker < workers; worker++) this.#endpoint = await this.#startLane(worker, shared);
    return this.#endpoint;
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /** Somebody is there to give orders. */
  get controlled(): boolean {
    return this.#session !== undefined;
  }

  /** What `hello` says of the user that this process runs as. */
  set user(name: string) {
    this.#user = name;
  }

  /** A control process has connected; it takes the place of the one before. */
  accept(channel: Channel<DataMessage, ControlMessage>): void {
    this.#session?.end();
    const hello: DataMessage = {
      type: 'hello',
      protocol: PROTOCOL,
      pid: process.pid,
      epoch: this.#inForce?.snapshot.epoch ?? 0,
      settings: this.options.settings,
      address: this.#endpoint,
      user: this.#user,
    };
    const notices = [...(this.options.notices ?? [])];
    const orders = {
      keyCounts: () => (this.#inForce ? this.options.keys.totals(this.#inForce.ring.chain.links.length) : []),
      metrics: () =>
        trafficReport(
          this.options.traffic,
          this.#ledger,
          this.options.claims,
          this.options.lostAccessLines?.() ?? null,
        ),
      hotKeys: (limit: number) =>
        this.#survey.ask(
          limit,
          this.#lanes.map(({ channel }) => channel),
        ),
      apply: (snapshot: Snapshot) => {
        // Not before: who sends a table has its ears open.
        for (const message of notices.splice(0)) session.send({ type: 'log', level: 'warn', message });
        this.#apply(snapshot);
      },
      shutdown: (deadlineMs: number) => void this.stop(deadlineMs),
    };
    const session = new ControlSession(channel, this.#rows, orders, hello, () => {
      if (this.#session === session) this.#session = undefined;
    });
    this.#session = session;
  }

  /** Stops accepting, finishes what is in flight within `deadlineMs`. A second call waits for the first. */
  stop(deadlineMs: number): Promise<void> {
    if (!this.#stopping) {
      this.#stopping = true;
      for (const { channel } of this.#lanes) channel.send({ type: 'shutdown', deadlineMs });
    }
    return this.stopped;
  }

  #apply(snapshot: Snapshot): void {
    const before = this.#inForce?.snapshot.epoch ?? 0;
    if (snapshot.epoch <= before) return this.#acknowledge(true);
    let ring: PlacedRing;
    try {
      ring = placeRing(snapshot, this.#inForce?.ring);
    } catch (error) {
      this.say('error', `snapshot ${snapshot.epoch} makes no sense and is left out: ${(error as Error).message}`);
      return;
    }
    // The words first: from here on nobody who may not can be claimed, whatever table a worker still reads.
    const rows = this.#rows.apply(snapshot.instances);
    this.#ledger.apply(snapshot, rows);
    if (rows.size < snapshot.instances.length)
      this.say('error', 'the claim table is full: some instances get no requests');
    if (this.#inForce && this.#inForce.ring.chain.text !== ring.chain.text) this.options.keys.reset();
    this.#inForce = { snapshot, rows, ring };
    for (const { channel } of this.#lanes) channel.send({ type: 'table', snapshot, rows });
    this.#session?.sayQuiet();
  }

  #startLane(worker: number, shared: boolean): Promise<Endpoint> {
    const channel = this.options.startLane(worker);
    const lane: LaneState = { channel, epoch: 0, access: undefined, listening: false, closed: false, finished: false };
    this.#lanes[worker] = lane;
    const loaded = new Promise<() => Promise<Endpoint>>((load, fail) => {
      const listening = new Promise<Endpoint>((resolve, reject) => {
        channel.onMessage((report) => {
          if (report.type === 'listening') {
            lane.listening = true;
            resolve(report.endpoint);
          } else if (report.type === 'refused') reject(new ListenError(report.code, report.message));
          else if (report.type === 'loaded') {
            load(() => {
              channel.send({ type: 'listen', endpoint: this.#endpoint, shared });
              return listening;
            });
          } else this.#hear(lane, report);
        });
        channel.onClose((reason) => {
          const why = `worker ${worker} ended before it listened: ${reason?.message ?? 'no reason'}`;
          fail(new ListenError('LANE_ENDED', why));
          reject(new ListenError('LANE_ENDED', why));
          this.#onLaneGone(lane, worker, reason);
        });
      });
      // One that was never loaded is waited for by nobody.
      listening.catch(() => {});
    });
    // Table before port: a new lane must not answer that there is no replica.
    if (this.#inForce) channel.send({ type: 'table', snapshot: this.#inForce.snapshot, rows: this.#inForce.rows });
    const { bindShared } = this.options;
    return loaded.then((listen) => (shared && bindShared ? bindShared(listen) : listen()));
  }

  #hear(lane: LaneState, report: Exclude<LaneReport, { type: 'loaded' | 'listening' | 'refused' }>): void {
    switch (report.type) {
      case 'routing':
        lane.epoch = report.epoch;
        return this.#acknowledge(false);
      case 'outcome':
        return this.#session?.send(report);
      case 'classic': {
        const answered = (answer: Extract<LaneCommand, { type: 'answer' }>['answer']) =>
          lane.channel.send({ type: 'answer', id: report.id, answer });
        if (this.#session) this.#session.ask(report.request, answered);
        else answered(undefined);
        return;
      }
      case 'hot-keys':
        return this.#survey.heard(report.id, report.sketch);
      case 'access-ring':
        lane.access = this.#linesOf(report.ring);
        return;
      case 'access':
        return lane.access?.look();
      case 'closed':
        lane.closed = true;
        return this.#lookForEnd();
      case 'finished':
        lane.finished = true;
        return this.#lookForEnd();
    }
  }

  #linesOf(ring: SharedArrayBuffer): AccessLines | undefined {
    const { writeAccess: write } = this.options;
    return write && new AccessLines(ring, write);
  }

  #acknowledge(again: boolean): void {
    const epoch = Math.min(...this.#lanes.map((lane) => lane.epoch));
    if (epoch <= this.#acknowledged && !again) return;
    if (epoch === 0) return;
    this.#acknowledged = epoch;
    this.#session?.send({ type: 'ack', epoch, digest: this.#inForce?.ring.placement.digest ?? '' });
    this.#session?.repeatQuiet();
  }

  #onLaneGone(lane: LaneState, worker: number, reason: Error | undefined): void {
    // Nobody else writes its counters: what it carried ended with it.
    this.options.claims.clearWorker(worker);
    this.options.traffic.clearWorker(worker);
    [lane.closed, lane.finished] = [true, true];
    // It had no time to say so: what it has left is as good as any.
    lane.access?.look();
    if (this.#stopping) return this.#lookForEnd();
    // One that never listened has failed its start: who started it knows.
    if (!lane.listening) return;
    this.options.traffic.lane(worker).add('deaths', 1);
    this.say('error', `worker ${worker} died and is replaced: ${reason?.message ?? 'no reason given'}`);
    const { workers } = this.options.settings;
    this.#startLane(worker, workers > 1).catch((error: Error) =>
      this.options.onBroken(`worker ${worker} cannot be replaced: ${error.message}`),
    );
  }

  #lookForEnd(): void {
    if (this.#lanes.every(({ closed }) => closed)) this.#closed();
    if (this.#lanes.every(({ finished }) => finished)) this.#finish();
  }

  /** Into the log of this process and that of control. */
  say(level: 'warn' | 'error', message: string): void {
    this.options.log[level]({}, message);
    this.#session?.send({ type: 'log', level, message });
  }
}

/** Binds the endpoint alone for a moment: fails where anybody listens, and finds the port where any will do. */
function testBind({ host, port }: Endpoint): Promise<Endpoint> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ListenError(error.code ?? 'unknown', error.message)),
    );
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      server.close(() => resolve({ host, port: bound }));
    });
  });
}
