// Owns asking the data plane what it has counted, once for however many ask at a time. How that is shown is views/traffic-view.ts's.
import type { DataLink } from '../routing/link/data-link.js';
import type { DataMetrics } from '../routing/link/data-metrics.js';
import type { Clock } from './loop/clock.js';
import type { Pool } from './pool.js';
import { type TrafficView, trafficView } from './views/traffic-view.js';

/** Readers of one stream each, a sample a second: all get the same one. */
const FRESH_MS = 500;
const ANSWER_MS = 1000;

export class TrafficReports {
  private asked: { readonly at: number; readonly answer: Promise<DataMetrics | undefined> } | undefined;

  constructor(
    private readonly link: Pick<DataLink, 'lastCounters' | 'metrics' | 'onCounters'>,
    private readonly clock: Clock,
    private readonly running: () => Pool,
  ) {}

  /** At most about half a second old. @throws PoolError not_running */
  async view(): Promise<TrafficView> {
    this.running(); // what is asked of a pool that has ended is an answer at once
    const metrics = await this.metrics();
    const { store, reconciler } = this.running();
    const { instances } = reconciler.memory;
    return trafficView(store.current.members, instances, this.link.lastCounters(), metrics, this.clock.now());
  }

  /** Told when the data plane has counted more; returns the subscription's end. */
  onCounted(listener: () => void): () => void {
    return this.link.onCounters(listener);
  }

  private metrics(): Promise<DataMetrics | undefined> {
    const now = this.clock.now();
    if (!this.asked || now - this.asked.at > FRESH_MS) this.asked = { at: now, answer: this.link.metrics(ANSWER_MS) };
    return this.asked.answer;
  }
}
