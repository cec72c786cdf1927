// Owns what phases the replicas are in and since when, and who is told when that changes. Finding the phases is plan.ts's.
import type { Logger } from '../../telemetry/logger.js';
import type { Clock } from './clock.js';
import type { Phase } from '../plan.js';

/** A phase with the time at which its state began, in epoch milliseconds. */
export type TimedPhase = Phase & { readonly since: number };

export class PhaseBoard {
  private current: ReadonlyMap<string, TimedPhase> = new Map();
  private lastNews = '';
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
    /** Whose phases these are, in the log's words: `a replica`. */
    private readonly whose: string,
  ) {}

  get phases(): ReadonlyMap<string, TimedPhase> {
    return this.current;
  }

  onChange(listener: () => void): () => void {
    const own = () => listener();
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  /** @param also whatever else a view shows: a change of it is told too */
  post(phases: ReadonlyMap<string, Phase>, also: unknown): void {
    const next = new Map<string, TimedPhase>();
    for (const [name, phase] of phases) {
      const before = this.current.get(name);
      const same = before?.state === phase.state;
      next.set(name, { ...phase, since: same ? before.since : this.clock.wall() });
      if (!same) this.record(name, phase, before === undefined);
    }
    this.current = next;
    const visible = [...next].map(([name, { state, reason, instance }]) => [name, state, reason, instance?.id]);
    const news = JSON.stringify([visible, also]);
    if (news === this.lastNews) return;
    this.lastNews = news;
    for (const listener of [...this.listeners]) listener();
  }

  private record(replica: string, { state, reason, instance }: Phase, isNew: boolean): void {
    const fields = { replica, state, reason, instance: instance?.id };
    if (state === 'quarantined') this.log.error(fields, `${this.whose} is quarantined`);
    // A newcomer can only be starting: its first instance is told when it is made.
    else this.log[isNew && state === 'starting' ? 'debug' : 'info'](fields, `${this.whose} changed its state`);
  }
}
