// Owns what the control wing may ask of the data plane. control-link.ts implements it over a channel; where the channel
// leads (a process, or the same process in tests) is the supervisor's.
import type { DataMetrics } from './data-metrics.js';
import type { HotKeyList } from '../hot-keys.js';
import type { ClassicAnswer, ClassicRequest, InstanceCounters, Outcome, Snapshot } from './messages.js';

export interface DataLink {
  /** A data process is connected and speaks our protocol. */
  readonly connected: boolean;
  /** Where the data port really listens; undefined until the first connection. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
  /** Of the data process, as it says itself: for people to read, never to signal. */
  readonly pid?: number;
  /**
   * Makes this the routing table in force: gives it the next epoch, sends it, and sends it again to any data process that
   * connects later. @returns the epoch
   */
  publish(snapshot: Omit<Snapshot, 'epoch'>): number;
  /** Epoch published last; 0 = none. After a takeover epochs go on from where the data process stood. */
  readonly epoch: number;
  /** @returns true once every worker routes by `epoch` or a later one; false when `timeoutMs` passed first. */
  acknowledged(epoch: number, timeoutMs: number): Promise<boolean>;
  /** Fresh counters, or the last known ones when the data process does not answer within `timeoutMs`. */
  counters(timeoutMs: number): Promise<ReadonlyMap<string, InstanceCounters>>;
  /** Last known counters, at most about 100 ms old while connected. */
  lastCounters(): ReadonlyMap<string, InstanceCounters>;
  /** Keys that each link of the chain supplied since the data process started, and last those that none did; as old as above. */
  lastKeyCounts(): readonly number[];
  /** What the data process has counted since it started; undefined when none answers within `timeoutMs`. Asked afresh each time. */
  metrics(timeoutMs: number): Promise<DataMetrics | undefined>;
  /** The hottest keys of the last minutes; undefined when the data process does not tell within `timeoutMs`. @param limit at most MAX_HOT_KEYS */
  hotKeys(limit: number, timeoutMs: number): Promise<HotKeyList | undefined>;
  /** Subscriptions; each returns its own end. */
  onQuiet(listener: (instanceId: string) => void): () => void;
  onOutcome(listener: (instanceId: string, outcome: Outcome) => void): () => void;
  /** New counters have come in: read them with `lastCounters`. */
  onCounters(listener: () => void): () => void;
  onConnection(listener: (connected: boolean) => void): () => void;
  /** The one handler of classic routes that come in on the data port. */
  handleClassic(handler: (request: ClassicRequest) => Promise<ClassicAnswer>): void;
  /** Starts the data process, or takes over the one that runs. Resolves when it is connected. @throws Error when the port is taken */
  open(): Promise<void>;
  /** Stops accepting, lets requests in flight finish within `deadlineMs`, ends the data process. */
  shutdown(deadlineMs: number): Promise<void>;
}

/** Injection token of the link. */
export const DataLink = Symbol('DataLink');
