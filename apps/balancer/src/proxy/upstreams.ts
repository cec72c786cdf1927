// Owns the connections to replicas: one keep-alive agent per instance, keyed by its id and never by its address, because an
// engine gives the address of a dead container to the next one at once. Who is asked is the table's.
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { SnapshotInstance } from '../routing/link/messages.js';
import { TryEnded } from './retry-policy.js';

export interface UpstreamsOptions {
  /** Idle connections are closed after so many milliseconds, or earlier if the replica announces it. */
  readonly keepalive: number;
  readonly connectTimeout: number;
}

export class Upstreams {
  readonly #agents = new Map<string, InstanceAgent>();
  readonly #dials = new Map<string, Set<Socket>>();

  constructor(private readonly options: UpstreamsOptions) {}

  /** The agent of an instance of the table in force. */
  agentOf(instanceId: string): Agent {
    let agent = this.#agents.get(instanceId);
    if (!agent) {
      agent = new InstanceAgent({ keepAlive: true, timeout: this.options.keepalive, scheduling: 'lifo' });
      this.#agents.set(instanceId, agent);
    }
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

  /** A connection of its own, outside the pool. @throws TryEnded connect_timeout, or the error of the socket */
  dial({ id, host, port }: SnapshotInstance): Promise<Socket> {
    const socket = connect({ host, port });
    const dials = this.#dials.get(id) ?? new Set();
    this.#dials.set(id, dials.add(socket));
    return new Promise<Socket>((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new TryEnded('connect_timeout')), this.options.connectTimeout);
      socket.once('connect', () => resolve(socket));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
      const settled = () => {
        clearTimeout(timer);
        dials.delete(socket);
        if (dials.size === 0) this.#dials.delete(id);
      };
      socket.once('connect', settled);
      socket.once('close', settled);
    });
  }

  close(): void {
    this.retain(new Set());
  }
}

class InstanceAgent extends Agent {
  retire(): void {
    // Busy sockets find no room in the pool when they come back, and are closed then.
    this.maxFreeSockets = 0;
    for (const sockets of Object.values(this.freeSockets)) for (const socket of [...(sockets ?? [])]) socket.destroy();
    for (const sockets of Object.values(this.sockets)) {
      for (const socket of [...(sockets ?? [])]) if (socket.connecting) giveUp(socket);
    }
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
