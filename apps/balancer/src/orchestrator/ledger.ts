// Owns what must be remembered about instances and slots because no list tells it: health, drains, deaths. Fed with lists
// and events, never with what we believe to have started. No clock, no randomness: both come in. Acting on it is plan.ts's.
import type { Address, InstanceExit, ObservedInstance } from '../runtime/replica-runtime.js';
import { afterProbe, type Health, type HealthPolicy, newborn, type ProbeResult } from './health.js';
import { afterDeath, type RestartHistory, type RestartPolicy, UNTROUBLED } from './restart-policy.js';

export interface InstanceRecord {
  readonly id: string;
  readonly slot: string;
  readonly health: Health;
  /** A stop signal or a death was reported: no new request until `until` has passed and a later probe passed. */
  readonly ejected: { readonly at: number; readonly until: number; readonly reason: string } | null;
  /** It leaves for good: drained, stopped, removed. Never taken back. */
  readonly retired: { readonly at: number; readonly reason: string } | null;
  /** The data plane said that a draining instance carries no request any more. */
  readonly quiet: boolean;
  /** Made, but it would not start: only good for removal. */
  readonly unstartable: boolean;
}

/** How an instance ended, before it is put into words for a view. */
export interface ExitRecord extends InstanceExit {
  readonly instanceId: string | null;
  readonly reason: string;
  readonly lastLines: readonly string[];
}

export interface SlotRecord {
  readonly restart: RestartHistory;
  readonly lastExit: ExitRecord | null;
}

export const NEW_SLOT: SlotRecord = { restart: UNTROUBLED, lastExit: null };

export interface LedgerPolicy {
  readonly health: HealthPolicy;
  readonly restart: RestartPolicy;
}

/** Both clocks at one moment: `now` is monotonic and decides, `wall` is epoch milliseconds and is only shown. */
export interface Moment {
  readonly now: number;
  readonly wall: number;
}

interface Entry extends InstanceRecord {
  readonly startedAt: number | undefined;
  readonly address: Address | undefined;
  /** Its end is in the books, or never belonged there. */
  readonly ended: boolean;
  /** Position in the order of events; a list that began earlier cannot know it. */
  readonly bornAt: number;
}

export class Ledger {
  private readonly entries = new Map<string, Entry>();
  private readonly slotRecords = new Map<string, SlotRecord>();
  private order = 0;

  constructor(
    private readonly policy: LedgerPolicy,
    private readonly random: () => number,
  ) {}

  get instances(): ReadonlyMap<string, InstanceRecord> {
    return this.entries;
  }

  get slots(): ReadonlyMap<string, SlotRecord> {
    return this.slotRecords;
  }

  /** Marks a point in the order of events: call it when a list begins or an action ends, and compare. */
  mark(): number {
    return ++this.order;
  }

  /** Folds a list in. @param began the mark that was taken before it was asked for */
  observe(list: readonly ObservedInstance[], began: number, moment: Moment): void {
    const listed = new Set<string>();
    for (const instance of list) {
      listed.add(instance.id);
      this.fold(instance, moment);
    }
    for (const entry of this.entries.values()) {
      if (listed.has(entry.id) || entry.bornAt > began) continue;
      if (!entry.ended && !entry.retired) this.die(entry, null, moment);
      this.entries.delete(entry.id);
    }
  }

  /** An instance was made by us; if the next list does not show it, it died. */
  born(id: string, slot: string, now: number): void {
    if (!this.entries.has(id)) this.entries.set(id, { ...blank(id, slot, now), bornAt: this.mark() });
  }

  /** An instance could not be made or started. */
  spawnFailed(
    slot: string,
    instanceId: string | null,
    failure: { reason: string; unrecoverable: boolean },
    moment: Moment,
  ): void {
    const entry = instanceId === null ? undefined : this.entries.get(instanceId);
    if (entry) this.entries.set(entry.id, { ...entry, unstartable: true, ended: true });
    const exit = {
      code: null,
      signal: null,
      oom: false,
      at: moment.wall,
      instanceId,
      reason: failure.reason,
      lastLines: [],
    };
    this.account(slot, exit, { at: moment.now, served: 0, ...failure });
  }

  /** The engine was in the way, not the replica: the slot waits, but nothing is held against it. */
  postpone(slot: string, until: number): void {
    const record = this.slotRecords.get(slot) ?? NEW_SLOT;
    this.slotRecords.set(slot, {
      ...record,
      restart: { ...record.restart, retryAt: Math.max(record.restart.retryAt, until) },
    });
  }

  /** @returns whether anything that plan.ts looks at has changed */
  probed(id: string, result: ProbeResult, now: number): boolean {
    const entry = this.entries.get(id);
    if (!entry) return false;
    const health = afterProbe(entry.health, result, now, this.policy.health);
    const { ejected } = entry;
    const pardoned = ejected !== null && now >= ejected.until && result.kind === 'passed';
    this.entries.set(id, { ...entry, health, ejected: pardoned ? null : ejected });
    return health.status !== entry.health.status || health.status !== 'passing' || ejected !== null;
  }

  eject(id: string, reason: string, now: number, until: number): void {
    const entry = this.entries.get(id);
    if (entry)
      this.entries.set(id, {
        ...entry,
        ejected: { at: now, until: Math.max(until, entry.ejected?.until ?? until), reason },
      });
  }

  retire(id: string, reason: string, now: number): void {
    const entry = this.entries.get(id);
    if (entry && !entry.retired) this.entries.set(id, { ...entry, retired: { at: now, reason } });
  }

  /** Retires an instance whose failing is held against its slot like a death. */
  condemn(id: string, reason: string, moment: Moment): void {
    const entry = this.entries.get(id);
    if (!entry || entry.retired) return;
    this.retire(id, reason, moment.now);
    const exit = { code: null, signal: null, oom: false, at: moment.wall, instanceId: id, reason, lastLines: [] };
    this.account(entry.slot, exit, { at: moment.now, served: 0, reason });
  }

  quiet(id: string): void {
    const entry = this.entries.get(id);
    if (entry?.retired) this.entries.set(id, { ...entry, quiet: true });
  }

  /** Its last words, fetched before it was removed. */
  lastLines(instanceId: string, lines: readonly string[]): void {
    for (const [slot, record] of this.slotRecords) {
      if (record.lastExit?.instanceId !== instanceId) continue;
      this.slotRecords.set(slot, { ...record, lastExit: { ...record.lastExit, lastLines: lines } });
    }
  }

  /** A name that leaves takes its troubles along: added again, it begins anew. */
  forgetSlot(slot: string): void {
    this.slotRecords.delete(slot);
  }

  private fold(instance: ObservedInstance, moment: Moment): void {
    const known = this.entries.get(instance.id);
    const entry = known ?? { ...blank(instance.id, instance.slot, moment.now), bornAt: this.order };
    if (instance.state === 'exited') {
      // Seen dead at first sight: it died on an earlier balancer's watch, so it is shown and not counted.
      if (!entry.ended && !entry.retired) this.die(entry, instance.exit ?? null, moment, known !== undefined);
      this.entries.set(instance.id, { ...entry, ended: true });
      return;
    }
    const restarted =
      entry.startedAt !== undefined && instance.startedAt !== undefined && entry.startedAt !== instance.startedAt;
    const moved =
      entry.address !== undefined && instance.address !== undefined && !sameAddress(entry.address, instance.address);
    const reborn = restarted || moved || (entry.ended && !entry.unstartable);
    this.entries.set(instance.id, {
      ...entry,
      ...(reborn ? { health: newborn(moment.now), ejected: null, ended: false } : {}),
      startedAt: instance.startedAt ?? entry.startedAt,
      address: instance.address ?? entry.address,
    });
  }

  private die(entry: Entry, exit: InstanceExit | null, moment: Moment, counted = true): void {
    const reason = describeExit(exit);
    const record = {
      ...(exit ?? { code: null, signal: null, oom: false, at: moment.wall }),
      instanceId: entry.id,
      reason,
      lastLines: [],
    };
    const { passingSince } = entry.health;
    const served = passingSince === null ? 0 : moment.now - passingSince;
    this.account(entry.slot, record, counted ? { at: moment.now, served, reason } : null);
  }

  private account(slot: string, lastExit: ExitRecord, death: Parameters<typeof afterDeath>[1] | null): void {
    const { restart } = this.slotRecords.get(slot) ?? NEW_SLOT;
    const next = death ? afterDeath(restart, death, this.policy.restart, this.random()) : restart;
    this.slotRecords.set(slot, { restart: next, lastExit });
  }
}

function blank(id: string, slot: string, now: number): Omit<Entry, 'bornAt'> {
  return {
    id,
    slot,
    health: newborn(now),
    ejected: null,
    retired: null,
    quiet: false,
    unstartable: false,
    startedAt: undefined,
    address: undefined,
    ended: false,
  };
}

const sameAddress = (a: Address, b: Address) => a.host === b.host && a.port === b.port;

function describeExit(exit: InstanceExit | null): string {
  if (!exit) return 'it is gone: removed by hand, or lost by the engine';
  if (exit.oom) return 'it ran out of memory and was killed';
  if (exit.signal !== null) return `it was ended by ${exit.signal}`;
  return exit.code === null ? 'it ended' : `it exited with code ${exit.code}`;
}
