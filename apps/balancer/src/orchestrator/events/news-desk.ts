// Owns taking pictures of the pool, one after each turn of its loop, and putting into the event log what differs between them.
// What a difference means is pool-news.ts's.
import type { DataLink } from '../../routing/link/data-link.js';
import type { Clock } from '../loop/clock.js';
import type { EventLog } from './event-log.js';
import { newsBetween, type PoolPicture } from './pool-news.js';
import type { Reconciler } from '../loop/reconciler.js';
import type { StateStore } from '../state/state-store.js';

export interface NewsSources {
  readonly reconciler: Pick<Reconciler, 'phases' | 'observed' | 'known' | 'engine' | 'memory' | 'ending' | 'inPanic'>;
  readonly store: Pick<StateStore, 'current'>;
  readonly link: Pick<DataLink, 'connected' | 'lastCounters'>;
  readonly clock: Clock;
}

export class NewsDesk {
  private last: PoolPicture | null = null;

  constructor(
    private readonly log: EventLog,
    private readonly sources: NewsSources,
  ) {}

  /** Call after each turn: what came and went between two calls is not seen. */
  look(): void {
    const picture = this.takePicture();
    const news = newsBetween(this.last, picture);
    this.last = picture;
    for (const facts of news) this.log.record(facts);
  }

  /** The ledger and the board go on changing: what they hold now is copied. */
  private takePicture(): PoolPicture {
    const { reconciler, store, link, clock } = this.sources;
    const { phases, observed, known, engine, memory, ending, inPanic } = reconciler;
    const { members, ringHistory, rollout } = store.current;
    const { connected } = link;
    const { data } = this.last ?? {};
    const wall = clock.wall();
    return {
      now: clock.now(),
      wall,
      listed: known,
      members,
      ringHistory,
      rollout,
      phases,
      observed,
      instances: new Map(memory.instances),
      slots: new Map(memory.slots),
      ending,
      inFlight: new Map([...link.lastCounters().values()].map(({ id, inFlight }) => [id, inFlight])),
      panic: inPanic,
      engine,
      data: data?.connected === connected ? data : { connected, since: wall },
    };
  }
}
