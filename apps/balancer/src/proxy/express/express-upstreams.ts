// Owns the connections of the express lane to replicas: one pool per instance, keyed by its id and never by its address, because
// an engine gives the address of a dead container to the next one at once. Who is asked is the table's.
import type { SnapshotInstance } from '../../routing/link/messages.js';
import type { ConnectionRooms } from '../limits/connection-rooms.js';
import { fieldValue, hostOf } from '../message/fields.js';
import { IdleAge } from '../limits/idle-age.js';
import { UpstreamPool, type UpstreamPoolOptions } from './upstream-pool.js';
import { inOnePiece } from './write-buffer.js';

/** How often connections that were idle for too long are looked for. None of them is used in between. Milliseconds. */
const SWEEP = 500;

/** An instance of the table in force, as requests of this lane need it. */
export interface ExpressUpstream {
  readonly pool: UpstreamPool;
  /** `X-HashFlow-Replica`, with the end of its line. */
  readonly replicaLine: string;
  /** What ends the head of a request that goes there: the lines that are its own, and the empty line. */
  readonly lastLines: string;
}

export class ExpressUpstreams {
  readonly #upstreams = new Map<string, ExpressUpstream>();
  readonly #timer = setInterval(() => this.#sweep(performance.now()), SWEEP).unref();

  /**
   * @param rooms undefined: there may be any number of connections
   * @param preserveHost the client's Host goes on, and not the replica's own
   */
  constructor(
    private readonly options: UpstreamPoolOptions,
    private readonly rooms: ConnectionRooms | undefined,
    private readonly preserveHost: boolean,
  ) {}

  of(instance: SnapshotInstance): ExpressUpstream {
    return this.#upstreams.get(instance.id) ?? this.#add(instance);
  }

  /** Keeps the connections of these instances and lets go of all others, see UpstreamPool.retire. */
  retain(instanceIds: ReadonlySet<string>): void {
    for (const [id, { pool }] of this.#upstreams) {
      if (instanceIds.has(id)) continue;
      pool.retire();
      this.#upstreams.delete(id);
    }
  }

  /** Connections of the pools: all, and those that wait for a request. Those of instances that left are in neither. */
  counts(): { open: number; idle: number } {
    let [open, idle] = [0, 0];
    for (const { pool } of this.#upstreams.values()) {
      open += pool.open;
      idle += pool.idle;
    }
    return { open, idle };
  }

  close(): void {
    clearInterval(this.#timer);
    this.retain(new Set());
  }

  #add(instance: SnapshotInstance): ExpressUpstream {
    const replicaLine = `X-HashFlow-Replica: ${fieldValue(instance.replica)}\r\n`;
    const hostLine = this.preserveHost ? '' : `Host: ${hostOf(instance)}\r\n`;
    const upstream = {
      pool: new UpstreamPool(instance, new IdleAge(), this.options, this.rooms?.of(instance.id)),
      replicaLine,
      lastLines: inOnePiece(`${hostLine}${replicaLine}\r\n`),
    };
    this.#upstreams.set(instance.id, upstream);
    return upstream;
  }

  #sweep(now: number): void {
    for (const { pool } of this.#upstreams.values()) pool.sweep(now);
  }
}
