// Owns the routing table that the data plane is given, and what it may still do with earlier ones: a table is in use until
// a later one is acknowledged. Which instance stands in it, and as what, is plan.ts's.
import type { DataLink } from '../../routing/link/data-link.js';
import type { Snapshot, SnapshotInstance } from '../../routing/link/messages.js';
import type { Logger } from '../../telemetry/logger.js';
import type { Route } from '../plan.js';
import type { PlanInput } from '../plan-input.js';
import type { StoredMember } from '../state/pool-state.js';

/** The part of a snapshot that is the pool's for good. */
export type SnapshotBase = Pick<Snapshot, 'recipe' | 'seed' | 'pseudonym' | 'hashKey' | 'loadFactor'>;

interface Table {
  readonly epoch: number;
  /** Instances to which it lets new requests go. */
  readonly claimable: ReadonlySet<string>;
}

/** A data plane that takes longer is broken: holding the pool's repair back for it would make two failures of one. */
const ACK_TIMEOUT = 3000;

export class Publisher {
  /** In use, oldest first. */
  private tables: Table[] = [];
  private listed: ReadonlySet<string> = new Set();
  private lastText = '';
  private lastSnapshot: Omit<Snapshot, 'epoch'> | undefined;
  private pending: Promise<void> = Promise.resolve();
  /** A data process was taken over: its table is of an earlier balancer and names instances that we may not know. */
  private foreign = false;

  constructor(
    private readonly link: DataLink,
    private readonly base: SnapshotBase,
    private readonly log: Logger,
    /** Called when earlier tables went out of use. */
    private readonly onAcknowledged: () => void,
  ) {}

  /** Call before the first `publish` when the data process has a table already. */
  inherit(): void {
    this.foreign = true;
  }

  /**
   * What the tables in use allow. With no data process nobody can send a request anywhere; requests that one with a lost
   * link still carries are another matter, so what is listed stays listed.
   */
  get inUse(): PlanInput['tables'] {
    if (!this.link.connected) return { claimable: new Set(), listed: this.listed };
    if (this.foreign) return 'unknown';
    return { claimable: new Set(this.tables.flatMap(({ claimable }) => [...claimable])), listed: this.listed };
  }

  /** Published last, and replaced with each change; undefined while an earlier balancer's table is in force. */
  get published(): Omit<Snapshot, 'epoch'> | undefined {
    return this.lastSnapshot;
  }

  /** Publishes the table unless it is the one in force. @param ramps of replicas in their slow start, by name */
  publish(
    members: readonly StoredMember[],
    routes: readonly Route[],
    ramps: ReadonlyMap<string, number> = new Map(),
  ): void {
    const snapshot = buildSnapshot(this.base, members, routes, ramps);
    const text = JSON.stringify(snapshot);
    if (text === this.lastText) return;
    this.lastText = text;
    this.lastSnapshot = snapshot;
    this.listed = new Set(snapshot.instances.map(({ id }) => id));
    const claimable = snapshot.instances.filter(({ state }) => state === 'ready').map(({ id }) => id);
    const epoch = this.link.publish(snapshot);
    this.tables.push({ epoch, claimable: new Set(claimable) });
    this.pending = this.awaitAcknowledgement(epoch);
  }

  /** Resolves once the table published last is the only one in use, or the data plane has had its time. */
  async settled(): Promise<void> {
    for (let pending = this.pending; ; pending = this.pending) {
      await pending;
      if (pending === this.pending) return;
    }
  }

  private async awaitAcknowledgement(epoch: number): Promise<void> {
    const acknowledged = await this.link.acknowledged(epoch, ACK_TIMEOUT);
    if (!acknowledged && this.link.connected) {
      this.log.warn({ epoch, timeoutMs: ACK_TIMEOUT }, 'the data plane did not acknowledge a routing table in time');
    }
    this.foreign = false;
    this.tables = this.tables.filter((table) => table.epoch >= epoch);
    this.onAcknowledged();
  }
}

/** Members make the ring whether or not they have an instance; instances say where a request may go. */
export function buildSnapshot(
  base: SnapshotBase,
  members: readonly StoredMember[],
  routes: readonly Route[],
  ramps: ReadonlyMap<string, number>,
): Omit<Snapshot, 'epoch'> {
  const urls = new Map(members.map(({ name, url }) => [name, url]));
  return {
    ...base,
    members: members.map(({ name, weight }) => ({ name, weight })),
    instances: routes.flatMap(({ instance, state }): SnapshotInstance[] => {
      if (!instance.address) return [];
      const { id, slot: replica } = instance;
      const { host, port } = instance.address;
      const url = urls.get(replica);
      const ramp = state === 'ready' ? ramps.get(replica) : undefined;
      const authority = url && { authority: new URL(url).host };
      return [{ id, replica, host, port, ...authority, state, ...(ramp !== undefined && { ramp }) }];
    }),
  };
}
