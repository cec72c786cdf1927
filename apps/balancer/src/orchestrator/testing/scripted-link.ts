// Owns a DataLink whose data plane a test plays: it acknowledges at once or when told, and says what it carries. The real
// link and data plane have suites of their own.
import type { HotKeyList } from '../../routing/hot-keys.js';
import type { DataLink } from '../../routing/link/data-link.js';
import type { DataMetrics } from '../../routing/link/data-metrics.js';
import {
  type ClassicAnswer,
  type ClassicRequest,
  type InstanceCounters,
  NO_OUTCOMES,
  type Outcome,
  type OutcomeCounts,
  type Snapshot,
} from '../../routing/link/messages.js';
import type { Clock } from '../loop/clock.js';

export class ScriptedLink implements DataLink {
  connected = false;
  address: DataLink['address'];
  epoch: number;
  readonly tables: Snapshot[] = [];
  /** The data plane acknowledges each table as it comes. */
  acknowledges = true;
  acknowledgedEpoch = 0;
  /** Requests in flight, by instance. */
  readonly inFlight = new Map<string, number>();
  readonly tunnels = new Map<string, number>();
  /** How tries ended, by instance. */
  readonly outcomes = new Map<string, OutcomeCounts>();
  /** Keys by link of the chain. */
  keyCounts: readonly number[] = [];
  /** What the data plane has counted; undefined: it does not answer. */
  counted: DataMetrics | undefined;
  /** undefined: the data plane does not answer. */
  hotKeyList: HotKeyList | undefined;
  ended: number | null = null;
  openError: Error | undefined;
  private readonly acknowledgements = new Set<() => void>();
  private readonly quietListeners = new Set<(instanceId: string) => void>();
  private readonly outcomeListeners = new Set<(instanceId: string, outcome: Outcome) => void>();
  private readonly countersListeners = new Set<() => void>();
  private readonly connectionListeners = new Set<(connected: boolean) => void>();

  /** @param inheritedEpoch of the table that a data process which was taken over has in force; 0 = none */
  constructor(
    private readonly clock: Clock,
    inheritedEpoch = 0,
  ) {
    this.epoch = inheritedEpoch;
  }

  get table(): Snapshot {
    const table = this.tables.at(-1);
    if (!table) throw new Error('nothing was published');
    return table;
  }

  /** State of an instance in the table in force; undefined when it is not listed. */
  stateOf(instanceId: string): string | undefined {
    return this.tables.at(-1)?.instances.find(({ id }) => id === instanceId)?.state;
  }

  ready(): string[] {
    return this.table.instances.filter(({ state }) => state === 'ready').map(({ replica }) => replica);
  }

  publish(snapshot: Omit<Snapshot, 'epoch'>): number {
    this.tables.push({ ...snapshot, epoch: ++this.epoch });
    if (this.acknowledges) this.acknowledge();
    return this.epoch;
  }

  acknowledge(epoch = this.epoch): void {
    this.acknowledgedEpoch = epoch;
    for (const check of [...this.acknowledgements]) check();
  }

  acknowledged(epoch: number, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (result: boolean) => {
        this.acknowledgements.delete(check);
        cancel();
        resolve(result);
      };
      const check = () => {
        if (this.acknowledgedEpoch >= epoch) settle(true);
      };
      const cancel = this.clock.after(timeoutMs, () => settle(false));
      this.acknowledgements.add(check);
      check();
    });
  }

  async counters(): Promise<ReadonlyMap<string, InstanceCounters>> {
    return this.lastCounters();
  }

  lastCounters(): ReadonlyMap<string, InstanceCounters> {
    const ids = new Set([...this.inFlight.keys(), ...this.outcomes.keys()]);
    return new Map(
      [...ids].map((id) => {
        const inFlight = this.inFlight.get(id) ?? 0;
        const tunnels = this.tunnels.get(id) ?? 0;
        return [id, { id, inFlight, tunnels, requests: inFlight, outcomes: this.outcomes.get(id) ?? NO_OUTCOMES }];
      }),
    );
  }

  async metrics(): Promise<DataMetrics | undefined> {
    return this.counted;
  }

  async hotKeys(limit: number): Promise<HotKeyList | undefined> {
    return this.hotKeyList && { ...this.hotKeyList, keys: this.hotKeyList.keys.slice(0, limit) };
  }

  lastKeyCounts(): readonly number[] {
    return this.keyCounts;
  }

  onQuiet(listener: (instanceId: string) => void): () => void {
    return subscribe(this.quietListeners, listener);
  }

  onOutcome(listener: (instanceId: string, outcome: Outcome) => void): () => void {
    return subscribe(this.outcomeListeners, listener);
  }

  onCounters(listener: () => void): () => void {
    return subscribe(this.countersListeners, listener);
  }

  onConnection(listener: (connected: boolean) => void): () => void {
    return subscribe(this.connectionListeners, listener);
  }

  /** A draining instance has finished its last request. */
  quiet(instanceId: string): void {
    this.inFlight.delete(instanceId);
    for (const listener of this.quietListeners) listener(instanceId);
  }

  /** More tries of an instance have ended, and the counters say so. */
  ends(instanceId: string, more: Partial<OutcomeCounts>): void {
    const before = this.outcomes.get(instanceId) ?? NO_OUTCOMES;
    const kinds = Object.keys(NO_OUTCOMES) as (keyof OutcomeCounts)[];
    const after = Object.fromEntries(kinds.map((kind) => [kind, before[kind] + (more[kind] ?? 0)]));
    this.outcomes.set(instanceId, { ...NO_OUTCOMES, ...after });
    for (const listener of this.countersListeners) listener();
  }

  outcome(instanceId: string, outcome: Outcome): void {
    for (const listener of this.outcomeListeners) listener(instanceId, outcome);
  }

  connect(connected: boolean): void {
    this.connected = connected;
    for (const listener of this.connectionListeners) listener(connected);
  }

  handleClassic(_handler: (request: ClassicRequest) => Promise<ClassicAnswer>): void {}

  async open(): Promise<void> {
    if (this.openError) throw this.openError;
    this.address = { host: '127.0.0.1', port: 5000 };
    this.connected = true;
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.ended = deadlineMs;
    this.connected = false;
  }
}

function subscribe<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => set.delete(listener);
}
