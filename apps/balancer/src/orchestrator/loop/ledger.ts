// Owns what must be remembered about instances and slots because no list tells it: health, drains, deaths. Fed with lists
// and events, never with what we believe to have started. No clock, no randomness: both come in. Acting on it is plan.ts's.
import type { OutcomeCounts } from '../../routing/link/messages.js';
import type { Address, InstanceExit, ObservedInstance } from '../../runtime/replica-runtime.js';
import { afterProbe, type Health, type HealthPolicy, newborn, type ProbeResult } from '../health.js';
import {
  afterEjection,
  afterOutcomes,
  afterReturn,
  type Conduct,
  type OutlierPolicy,
  UNBLEMISHED,
} from '../outliers.js';
import { afterDeath, forgiveEngine, type RestartHistory, type RestartPolicy, UNTROUBLED } from '../restart-policy.js';

export interface Ejection {
  /** `notice`: a stop signal, a death or a return to service was told · `conduct`: its requests failed. */
  readonly cause: 'notice' | 'conduct';
  /** It was its death that was told, which no list shows yet. */
  readonly death?: boolean;
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly until: number;
  readonly reason: string;
}

export interface InstanceRecord {
  readonly id: string;
  readonly slot: string;
  readonly health: Health;
  /** What the data plane saw of it. */
  readonly conduct: Conduct;
  /** No new request until a probe passes at `until` or later. */
  readonly ejected: Ejection | null;
  /** It leaves for good: drained, stopped, removed. Never taken back. */
  readonly retired: { readonly at: number; readonly reason: string } | null;
  /** Its replica was taken out of service; unlike who is retired it may come back. */
  readonly withdrawn: boolean;
  /** The data plane said that this instance, retired or withdrawn, carries no request any more. */
  readonly quiet: boolean;
  /** Made, but it would not start: only good for removal. */
  readonly unstartable: boolean;
}

/** How an instance ended, before it is put into words for a view. */
export interface ExitRecord extends InstanceExit {
  /** Rises by one with each death of the slot, from 1. */
  readonly number: number;
  readonly instanceId: string | null;
  /** null: nobody knows. */
  readonly generation: number | null;
  /** Milliseconds from its start to its end, by the runtime's clock; null: it was never started. */
  readonly uptime: number | null;
  /** Requests that it carried, by the last counters before its end was known. */
  readonly inFlight: number;
  readonly reason: string;
  readonly lastLines: readonly string[];
}

export interface SlotRecord {
  readonly restart: RestartHistory;
  /** Newest first, no more than MOST_DEATHS. */
  readonly deaths: readonly ExitRecord[];
}

export const NEW_SLOT: SlotRecord = { restart: UNTROUBLED, deaths: [] };
/** Why an instance that was drained until now gets no request before its next probe. */
export const BACK_IN_SERVICE = 'it was drained until now, and is probed again';
/** Milliseconds of being unwell that the plan is told of at once. */
const UNWELL_STEP = 250;
/** Milliseconds in which an engine that is told to end may fail calls before it is gone; Docker gives its containers 15 s. */
const ENGINE_LAST_MOMENTS = 30_000;
/** Per replica: enough to tell a pattern from an accident. */
export const MOST_DEATHS = 20;

export interface LedgerPolicy {
  readonly health: HealthPolicy;
  readonly outliers: OutlierPolicy;
  readonly restart: RestartPolicy;
}

/** Both clocks at one moment: `now` is monotonic and decides, `wall` is epoch milliseconds and is only shown. */
export interface Moment {
  readonly now: number;
  readonly wall: number;
}

interface Entry extends InstanceRecord {
  readonly generation: number | null;
  readonly startedAt: number | undefined;
  readonly address: Address | undefined;
  /** Since when it fills its slot; monotonic milliseconds. A standby has served nobody. */
  readonly filledAt: number;
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
    /** Requests that an instance carried when the first sign of its end came. */
    private readonly lastLoad: (instanceId: string) => number = () => 0,
    /** An instance has passed its first probe, or never came to that. */
    private readonly onBirth: (slot: string, succeeded: boolean) => void = () => {},
  ) {}

  get instances(): ReadonlyMap<string, InstanceRecord> {
    return this.entries;
  }

  get slots(): ReadonlyMap<string, SlotRecord> {
    return this.slotRecords;
  }

  /** Somebody was seen to run and has not passed a probe yet. */
  get expecting(): boolean {
    return [...this.entries.values()].some(
      ({ health, startedAt, retired, ended, unstartable }) =>
        health.status === 'untried' && startedAt !== undefined && !retired && !ended && !unstartable,
    );
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
  born(id: string, { slot, generation }: { slot: string; generation: number }, now: number): void {
    if (!this.entries.has(id)) this.entries.set(id, { ...blank(id, slot, generation, now), bornAt: this.mark() });
  }

  /** An instance could not be made or started. */
  spawnFailed(
    slot: string,
    instanceId: string | null,
    { generation, ...failure }: { reason: string; unrecoverable: boolean; generation: number | null },
    moment: Moment,
  ): void {
    const entry = instanceId === null ? undefined : this.entries.get(instanceId);
    if (entry) this.entries.set(entry.id, { ...entry, unstartable: true, ended: true });
    const exit = { ...this.exitOf(entry, null, failure.reason, moment), generation: entry?.generation ?? generation };
    this.account(slot, exit, { at: moment.now, served: 0, unstarted: true, ...failure });
    this.onBirth(slot, false);
  }

  /** The engine was in the way, not the replica: the slot waits, but nothing is held against it. */
  postpone(slot: string, until: number): void {
    const record = this.slotRecords.get(slot) ?? NEW_SLOT;
    this.slotRecords.set(slot, {
      ...record,
      restart: { ...record.restart, retryAt: Math.max(record.restart.retryAt, until) },
    });
    this.onBirth(slot, false);
  }

  /** @param took milliseconds @returns whether anything that plan.ts looks at has changed */
  probed(id: string, result: ProbeResult, now: number, took: number): boolean {
    const entry = this.entries.get(id);
    if (!entry) return false;
    const health = afterProbe(entry.health, result, now, this.policy.health, took);
    const { ejected } = entry;
    const pardoned = ejected !== null && now >= ejected.until && result.kind === 'passed';
    const conduct = pardoned && ejected.cause === 'conduct' ? afterReturn(entry.conduct, now) : entry.conduct;
    this.entries.set(id, { ...entry, health, conduct, ejected: pardoned ? null : ejected });
    if (entry.health.status === 'untried' && health.status === 'passing') this.onBirth(entry.slot, true);
    if (health.status !== entry.health.status || ejected !== null) return true;
    // Who starts is asked every few milliseconds: the same answer again is news only by how long it has been so.
    const longer = Math.floor(health.unwellFor / UNWELL_STEP) !== Math.floor(entry.health.unwellFor / UNWELL_STEP);
    return health.status !== 'passing' && (longer || health.reason !== entry.health.reason);
  }

  /** Something was told of it: out at once. */
  eject(id: string, reason: string, now: number, until: number, death = false): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    const latest = Math.max(until, entry.ejected?.until ?? until);
    this.entries.set(id, { ...entry, ejected: { cause: 'notice', death, at: now, until: latest, reason } });
  }

  /** How its requests ended since the last time. */
  witness(id: string, outcomes: OutcomeCounts, now: number): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.entries.set(id, { ...entry, conduct: afterOutcomes(entry.conduct, outcomes, now, this.policy.outliers) });
  }

  /** Out for its conduct. @returns for how many milliseconds at least */
  expel(id: string, reason: string, now: number): number {
    const entry = this.entries.get(id);
    if (!entry) return 0;
    const conduct = afterEjection(entry.conduct, now, this.policy.outliers);
    const until = conduct.lastEjection?.until ?? now;
    this.entries.set(id, { ...entry, conduct, ejected: { cause: 'conduct', at: now, until, reason } });
    return until - now;
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
    const exit = this.exitOf(entry, null, reason, moment);
    this.account(entry.slot, exit, { at: moment.now, served: 0, reason });
    if (entry.health.status === 'untried') this.onBirth(entry.slot, false);
  }

  /** Whether its replica is out of service. @returns true when it has just come back: it serves after a probe from now on */
  withdraw(id: string, withdrawn: boolean, now: number): boolean {
    const entry = this.entries.get(id);
    if (!entry || entry.retired || entry.withdrawn === withdrawn) return false;
    if (withdrawn) this.entries.set(id, { ...entry, withdrawn });
    else {
      // Nobody held its health against it meanwhile, so it is not held against it now.
      this.entries.set(id, { ...entry, withdrawn, quiet: false, health: { ...entry.health, unwellFor: 0 } });
      this.eject(id, BACK_IN_SERVICE, now, now);
    }
    return !withdrawn;
  }

  quiet(id: string): void {
    const entry = this.entries.get(id);
    if (entry && (entry.retired || entry.withdrawn)) this.entries.set(id, { ...entry, quiet: true });
  }

  /** Its end is accounted to a slot, where its last words are worth reading. */
  mourns(instanceId: string): boolean {
    return [...this.slotRecords.values()].some(({ deaths }) => deaths.some((death) => death.instanceId === instanceId));
  }

  /** Its last words, fetched before it was removed. */
  lastLines(instanceId: string, lines: readonly string[]): void {
    for (const [slot, record] of this.slotRecords) {
      const deaths = record.deaths.map((death) =>
        death.instanceId === instanceId ? { ...death, lastLines: lines } : death,
      );
      this.slotRecords.set(slot, { ...record, deaths });
    }
  }

  /** The operator gives a slot another try: backoff and quarantine end, the deaths stay on record. */
  pardon(slot: string): void {
    const record = this.slotRecords.get(slot);
    if (record) this.slotRecords.set(slot, { ...record, restart: UNTROUBLED });
  }

  /** It does not answer any more. */
  engineLost(now: number): void {
    for (const [slot, record] of this.slotRecords) {
      const restart = forgiveEngine(record.restart, now - ENGINE_LAST_MOMENTS, this.policy.restart);
      this.slotRecords.set(slot, { ...record, restart });
    }
  }

  /** A name that leaves takes its troubles along: added again, it begins anew. */
  forgetSlot(slot: string): void {
    this.slotRecords.delete(slot);
  }

  private fold(instance: ObservedInstance, moment: Moment): void {
    const known = this.entries.get(instance.id);
    const entry = inItsPlace(
      known ?? { ...blank(instance.id, instance.slot, instance.generation, moment.now), bornAt: this.order },
      instance,
      moment.now,
    );
    if (instance.state === 'exited') {
      // Seen dead at first sight: it died on an earlier balancer's watch, so it is shown and not counted.
      if (!entry.ended && !entry.retired)
        this.die(
          { ...entry, startedAt: instance.startedAt ?? entry.startedAt },
          instance.exit ?? null,
          moment,
          known !== undefined,
        );
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
      ...(reborn ? { health: newborn(moment.now), conduct: UNBLEMISHED, ejected: null, ended: false } : {}),
      startedAt: instance.startedAt ?? entry.startedAt,
      address: instance.address ?? entry.address,
    });
  }

  private die(entry: Entry, exit: InstanceExit | null, moment: Moment, counted = true): void {
    const reason = describeExit(exit);
    const record = this.exitOf(entry, exit, reason, moment);
    const { passingSince } = entry.health;
    const served = passingSince === null ? 0 : moment.now - Math.max(passingSince, entry.filledAt);
    if (counted && entry.health.status === 'untried') this.onBirth(entry.slot, false);
    this.account(entry.slot, record, counted ? { at: moment.now, served, reason } : null);
  }

  private exitOf(
    entry: Entry | undefined,
    exit: InstanceExit | null,
    reason: string,
    { wall }: Moment,
  ): Omit<ExitRecord, 'number'> {
    const end = exit ?? { code: null, signal: null, oom: false, at: wall };
    return {
      ...end,
      instanceId: entry?.id ?? null,
      generation: entry?.generation ?? null,
      uptime: entry?.startedAt === undefined ? null : Math.max(0, end.at - entry.startedAt),
      inFlight: entry ? this.lastLoad(entry.id) : 0,
      reason,
      lastLines: [],
    };
  }

  private account(
    slot: string,
    exit: Omit<ExitRecord, 'number'>,
    death: Parameters<typeof afterDeath>[1] | null,
  ): void {
    const { restart, deaths } = this.slotRecords.get(slot) ?? NEW_SLOT;
    const next = death ? afterDeath(restart, death, this.policy.restart, this.random()) : restart;
    const numbered = { ...exit, number: (deaths[0]?.number ?? 0) + 1 };
    this.slotRecords.set(slot, { restart: next, deaths: [numbered, ...deaths].slice(0, MOST_DEATHS) });
  }
}

function blank(id: string, slot: string, generation: number, now: number): Omit<Entry, 'bornAt'> {
  return {
    id,
    slot,
    generation,
    health: newborn(now),
    conduct: UNBLEMISHED,
    ejected: null,
    retired: null,
    withdrawn: false,
    quiet: false,
    unstartable: false,
    filledAt: now,
    startedAt: undefined,
    address: undefined,
    ended: false,
  };
}

/** Where it is listed, which may be a new place: a standby that was promoted, or renamed by hand. Its end is then held against that one, too. */
function inItsPlace(entry: Entry, { slot, generation }: ObservedInstance, now: number): Entry {
  return { ...entry, generation, ...(entry.slot === slot ? {} : { slot, filledAt: now }) };
}

const sameAddress = (a: Address, b: Address) => a.host === b.host && a.port === b.port;

function describeExit(exit: InstanceExit | null): string {
  if (!exit) return 'it is gone: removed by hand, or lost by the engine';
  if (exit.oom) return 'it ran out of memory and was killed';
  if (exit.signal !== null) return `it was ended by ${exit.signal}`;
  return exit.code === null ? 'it ended' : `it exited with code ${exit.code}`;
}
