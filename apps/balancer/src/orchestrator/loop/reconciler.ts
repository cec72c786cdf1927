// Owns the loop: whatever happens only says "look again"; it plans, publishes, acts and sleeps until the plan wants to be
// asked again. Every decision is plan.ts's, what is wanted is the manager's, seeing it the observer's and the prober's.
import type { DataLink } from '../../routing/link/data-link.js';
import type { Snapshot } from '../../routing/link/messages.js';
import type { InstanceSpec, ObservedInstance, ReplicaRuntime, RuntimeHint } from '../../runtime/replica-runtime.js';
import { isStandbySlot } from '../../runtime/standby-slot.js';
import type { Logger } from '../../telemetry/logger.js';
import { Applier, fillsSlot, isBirth } from './applier.js';
import type { Clock } from './clock.js';
import type { Desired } from './desired.js';
import { DrainWatch } from './drain-watch.js';
import type { ProbeResult } from '../health.js';
import { LastLoad } from './last-load.js';
import { Ledger, type LedgerPolicy, type Moment } from './ledger.js';
import { type EngineStatus, Observer } from './observer.js';
import { PhaseBoard, type TimedPhase } from './phase-board.js';
import type { OutlierPolicy } from '../outliers.js';
import { OutlierWatch } from './outlier-watch.js';
import { type Decision, withPanic } from '../panic.js';
import { plan } from '../plan.js';
import type { PlanInput, PlanPolicy } from '../plan-input.js';
import type { Probe, ProbeDemand } from '../probing/probe.js';
import { subjectsOf } from '../probing/probe-subjects.js';
import type { ProbeTally } from '../probing/probe-tally.js';
import { Prober, type ProberTiming } from '../probing/prober.js';
import { Publisher, type SnapshotBase } from './publisher.js';
import { SlowStart } from '../slow-start.js';
import { ServingBoard } from './serving-board.js';
import { SpawnGate, type SpawnPolicy } from '../spawn-gate.js';
import { TakeoverHold } from './takeover-hold.js';

export interface ReconcilerParts {
  readonly runtime: ReplicaRuntime;
  readonly link: DataLink;
  readonly log: Logger;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly probe: Probe;
  /** What a probe wants of the answer. */
  readonly probeDemand: ProbeDemand;
  readonly probes: ProbeTally;
  /** `stopTimeout`: of instances whose workload says nothing else. */
  readonly timing: ProberTiming & { readonly stopTimeout: number };
  readonly policy: PlanPolicy & LedgerPolicy & { readonly panicThreshold: number; readonly spawn: SpawnPolicy };
  readonly snapshotBase: SnapshotBase;
  /** Time in which a newcomer to the ring comes to take all of its keys, in milliseconds; 0 = at once. */
  readonly slowStart: number;
  /** What is wanted, read afresh in each turn. */
  readonly desired: () => Desired;
  /** The next instance of a slot, above generation `seen`; undefined when it is not wanted any more. */
  readonly specFor: (slot: string, seen: number) => Promise<InstanceSpec | undefined>;
  /** A turn of the loop is over. */
  readonly onTurn: () => void;
}

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
  private readonly board: PhaseBoard;
  private readonly standbyBoard: PhaseBoard;
  private readonly gate: SpawnGate;
  private readonly drains: DrainWatch;
  private readonly lastLoad: LastLoad;
  private readonly outliers: OutlierWatch;
  private readonly serving: ServingBoard;
  private readonly hold = new TakeoverHold();
  private readonly slowStart: SlowStart;
  private readonly subscriptions: (() => void)[] = [];
  private standbyWorkload: string | undefined;
  private cancelWake = () => {};
  private turning = false;
  private turnWanted = false;
  private running = false;

  constructor(private readonly parts: ReconcilerParts) {
    const { runtime, link, log, clock, probe, timing, policy, snapshotBase, specFor } = parts;
    const gate = (this.gate = new SpawnGate(policy.spawn));
    const born = (slot: string, succeeded: boolean) => isStandbySlot(slot) || gate.proved(succeeded);
    const ledger = (this.ledger = new Ledger(policy, parts.random, (id) => this.lastLoad.of(id), born));
    this.lastLoad = new LastLoad(link, clock);
    this.board = new PhaseBoard(clock, log, 'a replica');
    this.standbyBoard = new PhaseBoard(clock, log, 'a standby');
    this.drains = new DrainWatch(link, ledger, clock, policy.drainPoll);
    this.slowStart = new SlowStart(parts.slowStart);
    this.publisher = new Publisher(link, snapshotBase, log, () => this.turn());
    this.prober = new Prober({
      probe,
      clock,
      timing,
      random: parts.random,
      onResult: (id, result, took) => this.probed(id, result, took),
    });
    this.serving = new ServingBoard(log);
    this.outliers = new OutlierWatch({
      link,
      ledger,
      clock,
      log,
      serving: this.serving,
      policy: policy.outliers,
      lastAsleep: () => this.prober.lastAsleep,
    });
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
      stopGrace: (instanceId) => this.stopGraceOf(instanceId),
      specFor: (slot) =>
        specFor(slot, Math.max(0, ...this.observed.filter((i) => i.slot === slot).map((i) => i.generation))),
      onEnd: (made) => {
        if (made) this.turn();
        this.observer.look();
      },
    });
  }

  get phases(): ReadonlyMap<string, TimedPhase> {
    return this.board.phases;
  }
  get standbys(): ReadonlyMap<string, TimedPhase> {
    return this.standbyBoard.phases;
  }
  /** As listed last, with what was made since and waits to be started. */
  get observed(): readonly ObservedInstance[] {
    const listed = this.observer.instances;
    return [...listed, ...this.applier.prepared.filter((made) => !listed.some(({ id }) => id === made.id))];
  }
  /** What runs is known: the engine has answered at least once. */
  get known(): boolean {
    return this.observer.known;
  }
  /** Instances that are being stopped or removed. */
  get ending(): ReadonlySet<string> {
    return this.applier.state.instances;
  }
  get outlierPolicy(): OutlierPolicy {
    return this.parts.policy.outliers;
  }
  /** Replicas that fail are tried, because too few are ready. */
  get inPanic(): boolean {
    return this.serving.inPanic;
  }
  get engine(): EngineStatus {
    return this.observer.engine;
  }
  get routingTable(): Omit<Snapshot, 'epoch'> | undefined {
    return this.publisher.published;
  }
  /** Part of its own keys that each replica in its slow start takes, by name. */
  get ramps(): ReadonlyMap<string, number> {
    return this.slowStart.ramps;
  }
  get memory(): Pick<Ledger, 'instances' | 'slots' | 'forgetSlot' | 'pardon'> {
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
      this.hold.begin();
    }
    this.subscriptions.push(
      runtime.watch((hint) => this.hinted(hint)),
      link.onQuiet((id) => {
        this.ledger.quiet(id);
        this.turn();
      }),
      link.onOutcome((id) => {
        this.lastLoad.note(id);
        this.prober.nudge(id);
      }),
      link.onCounters(() => {
        if (this.outliers.look()) this.turn();
      }),
      link.onConnection(() => {
        this.outliers.forget();
        this.turn();
      }),
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
    try {
      while (this.turnWanted && this.running) {
        this.turnWanted = false;
        this.carryOut(this.decide());
      }
    } catch (error) {
      // A loop that ends unnoticed would be the end of the pool's care: the next event or resync tries again.
      this.parts.log.error({ error: (error as Error).stack }, 'a turn of the loop failed');
    } finally {
      this.turning = false;
    }
  }

  /** Resolves when the data plane routes by what is wanted now, or has had its time. */
  async settled(): Promise<void> {
    if (this.hold.active) {
      await new Promise<void>((resolve) => {
        const released = this.onChange(() => !this.hold.active && done());
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
    return this.board.onChange(listener);
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

  private decide(): Decision {
    const { clock, policy, desired } = this.parts;
    for (;;) {
      this.withdraw();
      this.pardonStandbys();
      this.drains.look(this.publisher.inUse);
      const input: PlanInput = {
        desired: desired().slots,
        standbys: desired().standbys,
        observed: this.observed,
        blind: this.observer.blind,
        instances: this.ledger.instances,
        slots: this.ledger.slots,
        underWay: this.applier.state,
        openings: this.gate.openings(this.applier.births, clock.now()),
        tables: this.publisher.inUse,
        surge: desired().surge,
        now: clock.now(),
        policy,
      };
      const decision = plan(input);
      for (const { instanceId, reason, condemned } of decision.retire) {
        if (condemned) this.ledger.condemn(instanceId, reason, this.moment());
        else this.ledger.retire(instanceId, reason, clock.now());
      }
      // Who leaves now changes what is to be done, and a death that is accounted now what the slot gets: plan once more.
      if (decision.retire.length === 0) return withPanic(decision, input, policy.panicThreshold);
    }
  }

  /** Instances of drained replicas are known as such before anything is planned; who comes back is probed at once. */
  private withdraw(): void {
    const drained = new Set(
      this.parts
        .desired()
        .slots.filter((slot) => slot.drained)
        .map(({ name }) => name),
    );
    for (const { id, slot } of this.observed) {
      if (this.ledger.withdraw(id, drained.has(slot), this.parts.clock.now())) this.prober.nudge(id);
    }
  }

  /** Another workload deserves another try, and nobody can ask for one: a standby has no name. */
  private pardonStandbys(): void {
    const { standbys } = this.parts.desired();
    const workload = standbys[0]?.specHash;
    if (workload !== this.standbyWorkload) for (const { name } of standbys) this.ledger.pardon(name);
    this.standbyWorkload = workload;
  }

  private carryOut(decision: Decision): void {
    const { clock, desired } = this.parts;
    const now = clock.now();
    this.serving.post(decision, desired().slots);
    this.hold.check(now, this.observed, this.ledger.instances);
    // No ramp begins under a table that is held back: nobody could send the newcomer anything.
    const ready = decision.routes.filter(({ state }) => state === 'ready' && !this.hold.active);
    this.slowStart.advance(desired().members, new Set(ready.map(({ instance }) => instance.slot)), now);
    if (!this.hold.active) this.publisher.publish(desired().members, decision.routes, this.ramps);
    // What is done to the dead gives way to the living.
    const [living, others] = [true, false].map((fills) => decision.actions.filter((one) => fillsSlot(one) === fills));
    for (const action of [...(living ?? []), ...(others ?? [])]) {
      if (isBirth(action)) this.gate.begun(now);
      this.applier.begin(action);
    }
    this.prober.track(subjectsOf(this.observed, this.ledger.instances, desired(), this.parts.probeDemand));
    this.recall(now);
    this.applier.release();
    this.cancelWake();
    const wakeAt = Math.min(decision.wakeAt, this.hold.wakeAt, this.slowStart.wakeAt);
    if (wakeAt < Infinity) this.cancelWake = clock.after(Math.max(0, wakeAt - now), () => this.turn());
    this.standbyBoard.post(decision.standbys, null);
    this.board.post(decision.phases, [
      [...decision.standbys].map(([name, { state, reason }]) => [name, state, reason]),
      this.observed.map(({ id, state }) => [id, state]),
      // No view shows what is in the making, but who waits for a replica to be gone waits for that too.
      [...this.applier.state.slots],
      this.engine.answers,
      this.hold.active,
      [...this.ramps],
    ]);
    this.parts.onTurn();
  }

  /** Whose ejection has had its time is probed at once: nothing else brings it back. */
  private recall(now: number): void {
    for (const { id, ejected, health } of this.ledger.instances.values())
      if (ejected && ejected.until <= now && (health.last?.at ?? -Infinity) < ejected.until) this.prober.nudge(id);
  }

  private listed(began: number): void {
    const { clock, timing } = this.parts;
    this.applier.seen(began);
    this.hold.seen(clock.now(), timing.timeout);
    this.turn();
  }

  private hinted({ kind, instanceId }: RuntimeHint): void {
    const now = this.parts.clock.now();
    if (instanceId !== undefined && (kind === 'stopping' || kind === 'died')) {
      if (kind === 'died') {
        this.lastLoad.note(instanceId);
        this.ledger.eject(instanceId, 'its end was reported', now, now, true);
      } else {
        const until = now + this.stopGraceOf(instanceId) + EJECTION_MARGIN;
        this.ledger.eject(instanceId, 'it was sent a stop signal', now, until);
      }
      this.turn();
      this.prober.nudge(instanceId);
    }
    this.observer.look();
  }

  private probed(id: string, result: ProbeResult, took: number): void {
    const slot = this.ledger.instances.get(id)?.slot;
    if (slot !== undefined) this.parts.probes.count(slot, result.kind, took);
    if (this.ledger.probed(id, result, this.parts.clock.now(), took) || this.hold.active) this.turn();
  }

  private stopGraceOf(instanceId: string): number {
    const instance = this.observed.find(({ id }) => id === instanceId);
    const { stopGraceMs = this.parts.timing.stopTimeout } = this.parts.desired().termsOf(instance?.specHash ?? '');
    return stopGraceMs;
  }

  private moment(): Moment {
    return { now: this.parts.clock.now(), wall: this.parts.clock.wall() };
  }
}
