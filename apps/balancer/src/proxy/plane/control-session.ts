// Owns the conversation with the control process that is connected now: hello, counters, quiet, classic requests. What it
// asks for is done by the data plane; when it goes, everything goes on.
import type { ClaimRows } from '../../routing/claim-rows.js';
import type { HotKeyList } from '../../routing/hot-keys.js';
import type { Channel } from '../../routing/link/channel.js';
import type { DataMetrics } from '../../routing/link/data-metrics.js';
import type {
  ClassicAnswer,
  ClassicRequest,
  ControlMessage,
  DataMessage,
  Snapshot,
} from '../../routing/link/messages.js';

/** Between two looks at the instances that drain. */
const QUIET_POLL = 10;
/** Between two pushes of counters. */
const COUNTERS_INTERVAL = 100;

export interface SessionOrders {
  /** Keys by the link that supplied them, for the counters. */
  keyCounts(): readonly number[];
  /** What was counted since this process started. */
  metrics(): DataMetrics;
  hotKeys(limit: number): Promise<HotKeyList>;
  apply(snapshot: Snapshot): void;
  shutdown(deadlineMs: number): void;
}

export class ControlSession {
  readonly #quiet = new Set<string>();
  readonly #classics = new Map<number, (answer: ClassicAnswer | undefined) => void>();
  readonly #timers: NodeJS.Timeout[] = [];
  #lastId = 0;
  #lastCounters = '';
  #ended = false;

  constructor(
    private readonly channel: Channel<DataMessage, ControlMessage>,
    private readonly rows: ClaimRows,
    private readonly orders: SessionOrders,
    hello: DataMessage,
    onEnd: () => void,
  ) {
    channel.send(hello);
    channel.onMessage((message) => this.#receive(message));
    channel.onClose(() => {
      this.end();
      onEnd();
    });
    this.#timers.push(setInterval(() => this.#pushCounters(), COUNTERS_INTERVAL));
    this.#timers.push(setInterval(() => this.sayQuiet(), QUIET_POLL));
    for (const timer of this.#timers) timer.unref();
  }

  send(message: DataMessage): void {
    this.channel.send(message);
  }

  /** Another control process has come, or this one has gone. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const settle of [...this.#classics.values()]) settle(undefined);
    this.channel.close();
  }

  /** @param answered called once; undefined: control went away before it answered */
  ask(request: ClassicRequest, answered: (answer: ClassicAnswer | undefined) => void): void {
    const id = ++this.#lastId;
    this.#classics.set(id, (answer) => {
      this.#classics.delete(id);
      answered(answer);
    });
    this.channel.send({ type: 'classic', id, request });
  }

  /** Tells of each draining instance once that it is quiet. Reads the words only: no worker has to be awake for it. */
  sayQuiet(): void {
    const draining = new Set<string>();
    for (const { id, inFlight } of this.rows.draining()) {
      draining.add(id);
      if (inFlight > 0 || this.#quiet.has(id)) continue;
      this.#quiet.add(id);
      this.channel.send({ type: 'quiet', instanceId: id });
    }
    for (const id of this.#quiet) if (!draining.has(id)) this.#quiet.delete(id);
  }

  /** Says it once more, for who subscribed only after the acknowledgement. */
  repeatQuiet(): void {
    this.#quiet.clear();
    this.sayQuiet();
  }

  #receive(message: ControlMessage): void {
    switch (message.type) {
      case 'snapshot':
        this.orders.apply(message.snapshot);
        return;
      case 'query':
        this.channel.send(this.#counters(message.id));
        return;
      case 'metrics':
        this.channel.send({ type: 'metrics', id: message.id, metrics: this.orders.metrics() });
        return;
      case 'hot-keys':
        void this.orders.hotKeys(message.limit).then((list) => {
          if (!this.#ended) this.channel.send({ type: 'hot-keys', id: message.id, list });
        });
        return;
      case 'answer':
        this.#classics.get(message.id)?.(message.answer);
        return;
      case 'shutdown':
        this.orders.shutdown(message.deadlineMs);
        return;
    }
  }

  #pushCounters(): void {
    const counters = this.#counters(0);
    const text = JSON.stringify(counters);
    if (text === this.#lastCounters) return;
    this.#lastCounters = text;
    this.channel.send(counters);
  }

  #counters(id: number): DataMessage {
    return { type: 'counters', id, instances: this.rows.counters(), keys: this.orders.keyCounts() };
  }
}
