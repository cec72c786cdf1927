// Owns the loop: whatever happens only says "look again"; it plans, publishes, acts and sleeps until the plan wants to be
// asked again. Every decision is plan.ts's, what is wanted is the manager's, seeing it the observer's and the prober's.
import type { DataLink } from '../routing/link/data-link.js';
import type { InstanceSpec, ObservedInstance, ReplicaRuntime, RuntimeHint } from '../runtime/replica-runtime.js';
import type { Logger } from '../telemetry/logger.js';
import { Applier } from './applier.js';
import type { Clock } from './clock.js';
import type { Desired } from './desired.js';
import type { ProbeResult } from './health.js';
import { Ledger, type LedgerPolicy, type Moment } from './ledger.js';
import { type EngineStatus, Observer } from './observer.js';
import { type Phase, plan, type Plan, type PlanPolicy } from './plan.js';
import type { Probe } from './probe.js';
import { Prober, type ProberTiming, type Subject } from './prober.js';
import { Publisher, type SnapshotBase } from './publisher.js';

export interface ReconcilerParts {
  readonly runtime: ReplicaRuntime;
  readonly link: DataLink;
  readonly log: Logger;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly probe: Probe;
  readonly timing: ProberTiming & { readonly stopTimeout: number };
  readonly policy: PlanPolicy & LedgerPolicy;
  readonly snapshotBase: SnapshotBase;
  /** What is wanted, read afresh in each turn. */
  readonly desired: () => Desired;
  /** The next instance of a slot, above generation `seen`; undefined when it is not wanted any more. */
  readonly specFor: (slot: string, seen: number) => Promise<InstanceSpec | undefined>;
}

/** A phase with the time at which its state began, in epoch milliseconds. */
export type TimedPhase = Phase & { readonly since: number };

/** A stop signal that killed nobody within STOP_TIMEOUT and this much was not meant to. */
const EJECTION_MARGIN = 1000;
/** Longest wait of `settled` for a table that is held back. */
const HOLD_TIMEOUT = 3000;

export class Reconciler {
  private readonly ledger: Ledger;
  private readonly publisher: Publisher;
  private readonly observer: Observer;
  private readonly applier: Applier;
  private readonly prober: Prober;
  private readonly listeners = new Set<() => void>();
  private readonly subscriptions: (() => void)[] = [];
  private current = new Map<string, TimedPhase>();
  private lastNews = '';
  private cancelWake = () => {};
  private turning = false;
  private turnWanted = false;
  private running = false;
  /** After a takeover the table in force is better than an empty one: ours waits for the first probes, at most until then. */
  private heldUntil: number | null = null;
  /** Retired instances that get no new request any more, and since when; monotonic milliseconds. */
  private readonly draining = new Map<string, number>();

  constructor(private readonly parts: ReconcilerParts) {
    const { runtime, link, log, clock, probe, timing, policy, snapshotBase, specFor } = parts;
    const ledger = (this.ledger = new Ledger(policy, parts.random));
    this.publisher = new Publisher(link, snapshotBase, log, () => this.turn());
    this.prober = new Prober(probe, clock, timing, (id, result) => this.probed(id, result));
    this.observer = new Observer({
      runtime,
      ledger,
      clock,
      log,
      onList: (began) => this.listed(began),
      onFailure: () => this.turn(),
    });
    this.applier = new Applier({
      runtime,
      ledger,
      clock,
      log,
      stopTimeout: timing.stopTimeout,
      specFor: (slot) =>
        specFor(slot, Math.max(0, ...this.observed.filter((i) => i.slot === slot).map((i) => i.generation))),
      onEnd: () => this.observer.look(),
    });
  }

  get phases(): ReadonlyMap<string, TimedPhase> {
    return this.current;
  }
  get observed(): readonly ObservedInstance[] {
    return this.observer.instances;
  }
  get engine(): EngineStatus {
    return this.observer.engine;
  }
  get memory(): Pick<Ledger, 'instances' | 'slots' | 'forgetSlot'> {
    return this.ledger;
  }

  /** Whether instances of a name below `generation` are still there or in the making. */
  remains(name: string, generation: number): boolean {
    const inTheMaking = generation === Infinity && this.applier.state.slots.has(name);
    return inTheMaking || this.observed.some((i) => i.slot === name && i.generation < generation);
  }

  /**
   * Resolves when the engine was asked once, whatever it said.
   * @param takenOver a data process already serves by an earlier balancer's table
   */
  async start(takenOver: boolean): Promise<void> {
    const { runtime, link } = this.parts;
    this.running = true;
    if (takenOver) {
      this.publisher.inherit();
      this.heldUntil = Infinity;
    }
    this.subscriptions.push(
      runtime.watch((hint) => this.hinted(hint)),
      link.onQuiet((id) => {
        this.ledger.quiet(id);
        this.turn();
      }),
      link.onOutcome((id) => this.prober.nudge(id)),
      link.onConnection(() => this.turn()),
    );
    this.turn();
    this.observer.look();
    await this.observer.looked;
  }

  /** Something that the plan reads has changed. A turn asked for during a turn is taken after it. */
  turn(): void {
    this.turnWanted = true;
    if (this.turning) return;
    this.turning = true;
    while (this.turnWanted && this.running) {
      this.turnWanted = false;
      this.carryOut(this.decide());
    }
    this.turning = false;
  }

  /** Resolves when the data plane routes by what is wanted now, or has had its time. */
  async settled(): Promise<void> {
    if (this.heldUntil !== null) {
      await new Promise<void>((resolve) => {
        const released = this.onChange(() => this.heldUntil === null && done());
        const cancel = this.parts.clock.after(HOLD_TIMEOUT, () => done());
        const done = () => {
          cancel();
          released();
          resolve();
        };
      });
    }
    await this.publisher.settled();
  }

  /** Told after each change that an operator could see. */
  onChange(listener: () => void): () => void {
    const own = () => listener();
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  /** Plans nothing more, and leaves no timer. Resolves when the actions under way have ended. */
  async stop(): Promise<void> {
    this.running = false;
    for (const end of this.subscriptions.splice(0)) end();
    this.prober.stop();
    this.observer.stop();
    this.cancelWake();
    this.applier.hurry();
    await this.applier.whenIdle();
  }

  private decide(): Plan {
    const { clock, policy, desired } = this.parts;
    for (;;) {
      this.noticeQuiet();
      const decision = plan({
        desired: desired().slots,
        observed: this.observed,
        engineAnswers: this.engine.answers,
        instances: this.ledger.instances,
        slots: this.ledger.slots,
        underWay: this.applier.state,
        tables: this.publisher.inUse,
        now: clock.now(),
        policy,
      });
      for (const { instanceId, reason, condemned } of decision.retire) {
        if (condemned) this.ledger.condemn(instanceId, reason, this.moment());
        else this.ledger.retire(instanceId, reason, clock.now());
      }
      // A death that is accounted now may change what the slot gets next: plan once more, with it in the books.
      if (!decision.retire.some(({ condemned }) => condemned)) return decision;
    }
  }

  private carryOut(decision: Plan): void {
    const { clock, desired } = this.parts;
    const now = clock.now();
    if (this.heldUntil !== null && (now >= this.heldUntil || (this.heldUntil < Infinity && this.firstProbesEnded())))
      this.heldUntil = null;
    if (this.heldUntil === null) this.publisher.publish(desired().members, decision.routes);
    for (const action of decision.actions) this.applier.begin(action);
    this.prober.track(this.subjects());
    this.cancelWake();
    const wakeAt = Math.min(decision.wakeAt, this.heldUntil ?? Infinity);
    if (wakeAt < Infinity) this.cancelWake = clock.after(Math.max(0, wakeAt - now), () => this.turn());
    this.tell(decision.phases);
  }

  private listed(began: number): void {
    const { clock, timing } = this.parts;
    this.applier.seen(began);
    if (this.heldUntil === Infinity) this.heldUntil = clock.now() + timing.timeout;
    this.turn();
  }

  /** Whoever may get requests, and nobody who leaves. */
  private subjects(): Map<string, Subject> {
    const { healthPath: path, members } = this.parts.desired();
    const urls = new Map(members.map(({ name, url }) => [name, url]));
    const subjects = new Map<string, Subject>();
    for (const { id, slot, state, address } of this.observed) {
      const record = this.ledger.instances.get(id);
      if (!record || record.retired || record.unstartable || state === 'exited' || state === 'created') continue;
      const starting = record.health.status === 'untried';
      const url = urls.get(slot);
      if (state === 'paused') subjects.set(id, { target: null, reason: 'it is paused by hand', starting: false });
      else if (!address) subjects.set(id, { target: null, reason: 'it has no address', starting });
      else subjects.set(id, { target: { address, path, ...(url && { authority: new URL(url).host }) }, starting });
    }
    return subjects;
  }

  private firstProbesEnded(): boolean {
    return this.observed
      .filter(({ state }) => state === 'running')
      .every(({ id }) => {
        const health = this.ledger.instances.get(id)?.health;
        return !health || health.status !== 'untried' || health.reason !== null;
      });
  }

  private hinted({ kind, instanceId }: RuntimeHint): void {
    const now = this.parts.clock.now();
    if (instanceId !== undefined && (kind === 'stopping' || kind === 'died')) {
      const until = kind === 'died' ? now : now + this.parts.timing.stopTimeout + EJECTION_MARGIN;
      this.ledger.eject(instanceId, kind === 'died' ? 'its end was reported' : 'it was sent a stop signal', now, until);
      this.turn();
      this.prober.nudge(instanceId);
    }
    this.observer.look();
  }

  private probed(id: string, result: ProbeResult): void {
    if (this.ledger.probed(id, result, this.parts.clock.now()) || this.heldUntil !== null) this.turn();
  }

  /** The data plane tells when a drain is over; should that be lost, its counters say it too. */
  private noticeQuiet(): void {
    const { link, clock, policy } = this.parts;
    const { inUse } = this.publisher;
    if (!link.connected || inUse === 'unknown') return;
    const counters = link.lastCounters();
    for (const { id, retired, quiet } of this.ledger.instances.values()) {
      if (!retired || quiet || inUse.claimable.has(id)) continue;
      const unclaimableSince = this.draining.get(id) ?? clock.now();
      this.draining.set(id, unclaimableSince);
      // Counters may be a moment older than the acknowledgement: only those of a whole poll later count.
      if (clock.now() - unclaimableSince >= policy.drainPoll && (counters.get(id)?.inFlight ?? 0) === 0)
        this.ledger.quiet(id);
    }
    for (const id of this.draining.keys()) if (!this.ledger.instances.has(id)) this.draining.delete(id);
  }

  private tell(phases: ReadonlyMap<string, Phase>): void {
    const { clock, log } = this.parts;
    const next = new Map<string, TimedPhase>();
    for (const [name, phase] of phases) {
      const before = this.current.get(name);
      const same = before?.state === phase.state;
      next.set(name, { ...phase, since: same ? before.since : clock.wall() });
      if (same) continue;
      const fields = { replica: name, state: phase.state, reason: phase.reason, instance: phase.instance?.id };
      if (phase.state === 'quarantined') log.error(fields, 'a replica is quarantined');
      else log.info(fields, 'a replica changed its state');
    }
    this.current = next;
    const visible = [...next].map(([name, { state, reason, instance }]) => [name, state, reason, instance?.id]);
    const news = JSON.stringify([
      visible,
      this.observed.map(({ id, state }) => [id, state]),
      this.engine.answers,
      this.heldUntil === null,
    ]);
    if (news === this.lastNews) return;
    this.lastNews = news;
    for (const listener of [...this.listeners]) listener();
  }

  private moment(): Moment {
    return { now: this.parts.clock.now(), wall: this.parts.clock.wall() };
  }
}
