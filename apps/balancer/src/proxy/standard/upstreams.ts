// Owns the connections of the standard lane to replicas: one keep-alive agent per instance, keyed by its id and never by its address,
// because an engine gives the address of a dead container to the next one at once. Who is asked is the table's, the express lane's own
// are express-upstreams.ts's.
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SnapshotInstance } from '../../routing/link/messages.js';
import type { ConnectionRoom, ConnectionRooms } from '../limits/connection-rooms.js';
import { IdleAge } from '../limits/idle-age.js';
import { TryEnded } from '../attempts/retry-policy.js';
import type { LaneMeter } from '../traffic/lane-meter.js';

export interface UpstreamsOptions {
  /** Idle connections are closed after so many milliseconds, or earlier if the replica announces it. */
  readonly keepalive: number;
  readonly meter: Pick<LaneMeter, 'upstreamOpened' | 'upstreamReused'>;
  /** undefined: there may be any number of connections. */
  readonly rooms?: ConnectionRooms;
}

/** The system asks after so many silent milliseconds whether the host is still there: one that vanished says nothing. */
export const PROBED = { keepAlive: true, keepAliveInitialDelay: 5000 } as const;

export class Upstreams {
  readonly #agents = new Map<string, InstanceAgent>();
  readonly #dials = new Map<string, Set<Socket>>();

  constructor(private readonly options: UpstreamsOptions) {}

  /** The agent of an instance of the table in force; none of its connections has been idle for `maxIdle` ms or longer. */
  agentOf(instanceId: string, maxIdle: number): Agent {
    let agent = this.#agents.get(instanceId);
    if (!agent) {
      agent = new InstanceAgent(this.options, this.options.rooms?.of(instanceId));
      this.#agents.set(instanceId, agent);
    }
    agent.closeIdle(maxIdle);
    return agent;
  }

  /**
   * Keeps the connections of these instances and lets go of all others: idle ones close now, busy ones after their request.
   * One that is still being made is given up: a late SYN could reach whoever gets the address next.
   */
  retain(instanceIds: ReadonlySet<string>): void {
    for (const [id, agent] of this.#agents) {
      if (instanceIds.has(id)) continue;
      agent.retire();
      this.#agents.delete(id);
    }
    for (const [id, sockets] of this.#dials) {
      if (!instanceIds.has(id)) for (const socket of sockets) giveUp(socket);
    }
  }

  /** A connection of its own, outside the pool. */
  dial({ id, host, port }: SnapshotInstance): Socket {
    const room = this.options.rooms?.of(id);
    room?.opening();
    const socket = connect({ host, port, ...PROBED });
    if (room) socket.once('close', () => room.closed());
    const dials = this.#dials.get(id) ?? new Set();
    this.#dials.set(id, dials.add(socket));
    const settled = () => {
      dials.delete(socket);
      if (dials.size === 0 && this.#dials.get(id) === dials) this.#dials.delete(id);
    };
    socket.once('connect', settled);
    socket.once('close', settled);
    return socket;
  }

  /** Connections of the pools: all, and those that wait for a request. Those of instances that left are in neither. */
  counts(): { open: number; idle: number } {
    let [open, idle] = [0, 0];
    for (const agent of this.#agents.values()) {
      for (const sockets of Object.values(agent.sockets)) open += sockets?.length ?? 0;
      for (const sockets of Object.values(agent.freeSockets)) idle += sockets?.length ?? 0;
    }
    return { open: open + idle, idle };
  }

  close(): void {
    this.retain(new Set());
  }
}

/** A connection of the pool; `idleSince` while it has nothing to do. */
interface PooledSocket extends Duplex {
  idleSince?: number;
  /** After so many idle milliseconds the agent closes it. */
  readonly timeout?: number;
}

class InstanceAgent extends Agent {
  readonly #idleAge = new IdleAge();

  constructor(
    private readonly pool: UpstreamsOptions,
    private readonly room: ConnectionRoom | undefined,
  ) {
    super({ ...PROBED, keepAliveMsecs: PROBED.keepAliveInitialDelay, timeout: pool.keepalive, scheduling: 'lifo' });
    room?.addPool(() => this.#closeOldest());
  }

  override createConnection(...options: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
    this.pool.meter.upstreamOpened();
    this.room?.opening();
    const connection = super.createConnection(...options);
    connection?.once('close', () => this.room?.closed());
    return connection;
  }

  /**
   * Closes what has been idle for too long to be trusted. The youngest connection is the next to be used, so this looks at it
   * first, and there is rarely anything to do.
   */
  closeIdle(maxIdle: number): void {
    const now = performance.now();
    const limit = Math.min(maxIdle, this.#idleAge.limit(now));
    if (limit === Infinity) return;
    for (const name in this.freeSockets) {
      const sockets = this.freeSockets[name] as PooledSocket[] | undefined;
      const youngest = sockets?.at(-1);
      if (!sockets || !youngest || now - (youngest.idleSince ?? 0) < limit) continue;
      // They stay in the list until they report their close; the agent passes over those that are destroyed.
      for (const socket of [...sockets]) {
        socket.idleSince = undefined;
        socket.destroy();
      }
    }
  }

  override keepSocketAlive(socket: PooledSocket): boolean {
    if (!('idleSince' in socket)) socket.once('close', () => this.#onClosed(socket));
    socket.idleSince = performance.now();
    // Its type says nothing, but it returns whether the socket may be kept.
    return (super.keepSocketAlive(socket) as unknown) !== false;
  }

  override reuseSocket(socket: PooledSocket, request: Parameters<Agent['reuseSocket']>[1]): void {
    socket.idleSince = undefined;
    this.pool.meter.upstreamReused();
    super.reuseSocket(socket, request);
  }

  retire(): void {
    // Busy sockets find no room in the pool when they come back, and are closed then.
    this.maxFreeSockets = 0;
    for (const sockets of Object.values(this.freeSockets)) for (const socket of [...(sockets ?? [])]) socket.destroy();
    for (const sockets of Object.values(this.sockets)) {
      for (const socket of [...(sockets ?? [])]) if (socket.connecting) giveUp(socket);
    }
  }

  #closeOldest(): boolean {
    for (const sockets of Object.values(this.freeSockets)) {
      const oldest = (sockets as PooledSocket[] | undefined)?.find(({ destroyed }) => !destroyed);
      if (!oldest) continue;
      oldest.idleSince = undefined;
      oldest.destroy();
      return true;
    }
    return false;
  }

  /** Closed while idle, and not by us: so long, and no longer, a connection to this replica lives. */
  #onClosed(socket: PooledSocket): void {
    if (socket.idleSince === undefined) return;
    const now = performance.now();
    const idle = now - socket.idleSince;
    // Nothing else tells whether the agent closed it in the end, because its time was up.
    if (idle >= (socket.timeout ?? 0) * 0.95) return;
    this.#idleAge.closedAfter(idle, now);
  }
}

/** An agent for a connection that stands already. */
export class DialledAgent extends Agent {
  constructor(private readonly socket: Socket) {
    super({ keepAlive: false });
  }

  override createConnection(): Socket {
    return this.socket;
  }
}

function giveUp(socket: Socket): void {
  if (socket.connecting) socket.destroy(new TryEnded('connect_failed'));
}
