// Owns one scrape: it asks the data process, reads the pool and writes all of it in Prometheus's text format. Which series
// there are is the families' of this folder; docs/observability.md lists them, and a test compares the two.
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { PoolError } from '../../orchestrator/pool-error.js';
import type { HotKeyView } from '../../orchestrator/ring/hot-keys-view.js';
import { ReplicaManager } from '../../orchestrator/replica-manager.service.js';
import { DataLink } from '../../routing/link/data-link.js';
import { HistoryFamilies } from './history-families.js';
import { PoolFamilies } from './pool-families.js';
import { TrafficFamilies } from './traffic-families.js';

/** Milliseconds; half of the 10 s that Prometheus waits for a scrape. */
const DATA_TIMEOUT = 5000;
/** By rank and never by name: keys come and go, and each would leave a series behind. */
const HOT_KEYS = 10;
/** They are gauges and call themselves totals, which promtool rejects; the same numbers are in series without the ending. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'];

@Injectable()
export class Metrics implements OnModuleDestroy {
  static readonly CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;
  private readonly registry = new Registry();
  private readonly traffic = new TrafficFamilies(this.registry);
  private readonly pool = new PoolFamilies(this.registry);
  private readonly history: HistoryFamilies;

  constructor(
    @Inject(ReplicaManager) private readonly manager: ReplicaManager,
    @Inject(DataLink) private readonly link: DataLink,
  ) {
    this.history = new HistoryFamilies(this.registry, manager.events, manager.probes);
    collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  /** In Prometheus's text format. Answers whatever state the pool is in: what cannot be known is left out. */
  async scrape(): Promise<string> {
    const [counted, hotKeys] = await Promise.all([this.link.metrics(DATA_TIMEOUT), this.hotKeys()]);
    this.traffic.show(counted);
    const names = this.namesOfPool();
    this.pool.show(names ? this.manager : null, hotKeys);
    this.history.show(names ?? []);
    return this.registry.metrics();
  }

  onModuleDestroy(): void {
    this.registry.clear();
  }

  /** None while the data process does not tell. */
  private async hotKeys(): Promise<readonly HotKeyView[]> {
    return this.manager.rings.hotKeys(HOT_KEYS).then(({ keys }) => keys, orIfNotRunning([]));
  }

  /** null: it has not started, or is ending. */
  private namesOfPool(): readonly string[] | null {
    try {
      return this.manager.names();
    } catch (error) {
      return orIfNotRunning(null)(error);
    }
  }
}

function orIfNotRunning<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof PoolError && error.code === 'not_running') return instead;
    throw error;
  };
}
