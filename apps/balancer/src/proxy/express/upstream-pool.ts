// Owns the connections of the express lane to one instance: which are idle, how old they may get, and how it ends when the
// instance leaves. Keyed by the instance's id, see express-upstreams.ts.
import { performance } from 'node:perf_hooks';
import type { ConnectionRoom } from '../limits/connection-rooms.js';
import type { IdleAge } from '../limits/idle-age.js';
import type { LaneMeter } from '../traffic/lane-meter.js';
import type { ReadBuffers } from './read-buffers.js';
import { UpstreamConnection, type UpstreamHome, type UpstreamUser } from './upstream-connection.js';

/** A replica that says how long it keeps a connection means its own clock, and the way to it takes time. Milliseconds. */
const ANNOUNCED_MARGIN = 1000;

export interface UpstreamPoolOptions {
  /** Idle connections are closed after so many milliseconds, or earlier if the replica announces it. */
  readonly keepalive: number;
  readonly meter: Pick<LaneMeter, 'upstreamOpened' | 'upstreamReused'>;
  readonly buffers: ReadBuffers;
}

export class UpstreamPool implements UpstreamHome {
  /** The last is the youngest. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();
  #retired = false;

  constructor(
    private readonly destination: { readonly host: string; readonly port: number },
    private readonly idleAge: IdleAge,
    private readonly options: UpstreamPoolOptions,
    /** undefined: there may be any number of connections. */
    private readonly room: ConnectionRoom | undefined,
  ) {
    room?.addPool(() => this.#closeOldest());
  }

  get open(): number {
    return this.#all.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** An idle connection that can be trusted, for this user; undefined: there is none. @param maxIdle milliseconds */
  takeIdle(user: UpstreamUser, maxIdle: number, now: number): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (!connection) return undefined;
      const age = now - connection.idleSince;
      if (age >= Math.min(connection.idleLimit, this.idleAge.limit(now))) {
        connection.destroy();
        continue;
      }
      // The youngest is too old for this request, but not for others.
      if (age >= maxIdle) {
        this.#idle.push(connection);
        return undefined;
      }
      connection.idleSince = 0;
      connection.reused = true;
      connection.user = user;
      this.options.meter.upstreamReused();
      return connection;
    }
  }

  /** A new connection; its user is told when it stands. */
  dial(user: UpstreamUser): UpstreamConnection {
    this.room?.opening();
    const connection = new UpstreamConnection(this.destination, this, this.options.buffers);
    connection.user = user;
    this.#all.add(connection);
    this.options.meter.upstreamOpened();
    return connection;
  }

  /** Its use is over and nothing is left of it. @param announced milliseconds for which the replica says that it keeps it */
  release(connection: UpstreamConnection, announced: number, now: number): void {
    connection.user = undefined;
    connection.shareAgain();
    const limit = Math.min(this.options.keepalive, announced - ANNOUNCED_MARGIN);
    if (this.#retired || limit <= 0) {
      connection.destroy();
      return;
    }
    connection.idleSince = now;
    connection.idleLimit = limit;
    this.#idle.push(connection);
  }

  /** Closes what has been idle for too long; to be called now and then. */
  sweep(now: number): void {
    for (let index = this.#idle.length - 1; index >= 0; index--) {
      const connection = this.#idle[index];
      if (now - connection.idleSince < connection.idleLimit) continue;
      this.#idle.splice(index, 1);
      connection.destroy();
    }
  }

  /** The instance left: idle connections close now, busy ones after their request, those that are still made are given up. */
  retire(): void {
    this.#retired = true;
    this.#dropIdle();
    for (const connection of [...this.#all]) connection.giveUp();
  }

  onClosed(connection: UpstreamConnection): void {
    this.#all.delete(connection);
    this.room?.closed();
    const index = this.#idle.indexOf(connection);
    if (index < 0) return;
    // Closed while idle, and not by us: so long, and no longer, a connection to this replica lives.
    this.#idle.splice(index, 1);
    const now = performance.now();
    this.idleAge.closedAfter(now - connection.idleSince, now);
  }

  #closeOldest(): boolean {
    const oldest = this.#idle.shift();
    oldest?.destroy();
    return oldest !== undefined;
  }

  #dropIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}
