// Owns the pool as others see it: changes of what is wanted, views, waits, start and end. What to do about a difference
// between desired and observed is plan.ts's; doing it is the reconciler's.
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Settings } from '../config/config.module.js';
import { DataLink } from '../routing/link/data-link.js';
import { type Progress, ReplicaRuntime } from '../runtime/replica-runtime.js';
import { Logger } from '../telemetry/logger.js';
import { AuditTrail } from './events/audit-trail.js';
import { Deploys } from './deploy/deploys.js';
import { EventLog } from './events/event-log.js';
import { ManagerOptions } from './manager-options.js';
import { changeMembers } from './ring/member-change.js';
import { planAdd, planRemove, type Standing } from './members.js';
import { type Pool, type PoolParts, startPool } from './pool.js';
import { endPool, type EndMode, unlessHurried } from './pool-end.js';
import { PoolError } from './pool-error.js';
import { addRules } from './state/pool-home.js';
import { PoolRing, toRingMembers } from './ring/pool-ring.js';
import { ProbeTally } from './probing/probe-tally.js';
import { generationOf, type StoredMember } from './state/pool-state.js';
import { lacksReadiness, type PoolTurns, ReplicaLife } from './replica-life.js';
import type {
  Change,
  ChangeRequest,
  PoolSummary,
  ReplicaView,
  ShutdownOptions,
  WaitOptions,
} from './views/replica-view.js';
import { ReplicaLogs } from './views/replica-logs.js';
import { RingReports } from './ring/ring-reports.js';
import { withoutMembers } from './deploy/rollout.js';
import { type SpecView, specView } from './views/spec-view.js';
import { standbyView } from './standby.js';
import { TrafficReports } from './traffic-reports.js';
import { iso, replicaViews } from './views/views.js';
import { waitUntil } from './waits.js';

@Injectable()
export class ReplicaManager {
  /** The ring, and where requests go, for operators to see. */
  readonly rings: RingReports;
  /** What operators may ask of one replica, and how its instances died. */
  readonly life: ReplicaLife;
  /** Replacing what replicas run. */
  readonly deploys: Deploys;
  /** What replicas write. */
  readonly logs: ReplicaLogs;
  /** What operators asked for, and what came of it. */
  readonly audit: AuditTrail;
  /** What the data plane has counted. */
  readonly traffic: TrafficReports;
  /** What has happened to the pool since this balancer began. */
  readonly events: EventLog;
  /** How probes ended since this balancer began. */
  readonly probes = new ProbeTally();
  private readonly parts: PoolParts;
  private pool: Pool | undefined;
  private starting: Promise<Pool> | undefined;
  private ending: Promise<void> | undefined;
  private readonly hurry = new AbortController();
  /** Changes are made one after the other, each to what the one before has left. */
  private lastChange: Promise<unknown> = Promise.resolve();
  private readonly listeners = new Set<() => void>();

  constructor(
    @Inject(Settings) private readonly settings: Settings,
    @Inject(ReplicaRuntime) private readonly runtime: ReplicaRuntime,
    @Inject(DataLink) private readonly link: DataLink,
    @Inject(Logger) log: Logger,
    @Inject(PoolRing) private readonly ring: PoolRing,
    @Optional() @Inject(ManagerOptions) private readonly options: ManagerOptions = new ManagerOptions(),
  ) {
    this.events = new EventLog(options.boot, () => options.clock.wall(), {
      onFailure: (error) => log.error({ error: error.stack }, 'a reader of the events failed'),
    });
    this.audit = new AuditTrail(settings.stateDir, log, {
      onAppend: ({ id: call, method, path, by, result }) =>
        this.events.record({ type: 'audit', call, method, path, by, result }),
    });
    this.parts = { settings, runtime, link, log, ring, events: this.events, probes: this.probes, options };
    this.rings = new RingReports(this.parts, () => this.running());
    const turns: PoolTurns = { running: () => this.running(), inTurn: (change) => this.inTurn(change) };
    this.life = new ReplicaLife(this.parts, turns);
    this.deploys = new Deploys(this.parts, {
      ...turns,
      onChange: (listener) => this.onChange(listener),
      tell: () => this.tell(),
    });
    this.traffic = new TrafficReports(link, options.clock, () => this.running());
    this.logs = new ReplicaLogs(runtime, () => this.running());
  }

  /**
   * Takes the lock, opens or makes the pool's state, takes over what runs, publishes and keeps the pool as it is wanted.
   * Resolves once it is under control, not once replicas are ready. @throws StartError
   */
  async start(progress: Progress = (line) => this.parts.log.info({}, line)): Promise<void> {
    if (this.starting || this.ending) throw notRunning();
    this.starting = startPool(this.parts, progress, () => this.ending !== undefined);
    this.pool = await this.starting;
    this.pool.reconciler.onChange(() => this.tell());
    if (!this.ending) this.deploys.resume();
  }

  /** Desired members, in /rep order. @throws PoolError not_running */
  names(): readonly string[] {
    return this.running().store.current.members.map(({ name }) => name);
  }

  /** Desired replicas, in /rep order. @throws PoolError not_running */
  replicas(): ReplicaView[] {
    const { store, reconciler } = this.running();
    return replicaViews({
      state: store.current,
      phases: reconciler.phases,
      slots: reconciler.memory.slots,
      instances: reconciler.memory.instances,
      outliers: reconciler.outlierPolicy,
      now: this.options.clock.now(),
      counters: this.link.lastCounters(),
      shares: this.ring.current().shares(),
      ramps: reconciler.ramps,
      wall: this.options.clock.wall(),
    });
  }

  /** @throws PoolError not_running */
  summary(): PoolSummary {
    const { identity, store, reconciler, drift } = this.running();
    const { engine } = reconciler;
    return {
      pool: identity.pool,
      runtime: this.runtime.kind,
      runtimeReason: this.options.runtimeReason ?? `RUNTIME=${this.settings.runtime}`,
      algorithm: identity.ring.algorithm,
      digest: this.ring.current().digest,
      epoch: this.link.epoch,
      desired: store.current.members.length,
      ready: [...reconciler.phases.values()].filter(({ state }) => state === 'ready').length,
      panic: reconciler.inPanic,
      draining: [...reconciler.memory.instances.values()].filter(({ retired }) => retired !== null).length,
      standby: standbyView(reconciler.standbys),
      engine: { status: engine.answers ? 'ok' : 'unreachable', since: iso(engine.since), reason: engine.reason },
      drift: drift(),
    };
  }

  /** What replicas should run, and do. @throws PoolError not_running */
  spec(): SpecView {
    const { store, reconciler, drift } = this.running();
    return specView(store.current, reconciler.phases, drift());
  }

  /** Shutdown has begun: what is under way is finished, nothing new is to come. */
  get isEnding(): boolean {
    return this.ending !== undefined;
  }

  /** At least one replica serves, and will go on to. */
  isReady(): boolean {
    if (!this.pool || this.ending) return false;
    return [...this.pool.reconciler.phases.values()].some(({ state }) => state === 'ready');
  }

  /** Whole or not at all; stored before it resolves. @throws PoolError */
  async add(request: ChangeRequest): Promise<Change> {
    return this.inTurn(async ({ store, reconciler }) => {
      const joining = planAdd(store.current.members, request, addRules(this.settings, this.runtime.kind));
      await store.update((state) => {
        const added = joining.map((member): StoredMember => {
          const seen = reconciler.observed
            .filter(({ slot }) => slot === member.name)
            .map(({ generation }) => generation);
          return { ...member, firstGeneration: Math.max(generationOf(state, member.name), ...seen) + 1 };
        });
        const names = joining.map(({ name }) => name);
        return changeMembers(this.surroundings, state, [...state.members, ...added], 'add', names).state;
      });
      return this.changed(joining.map(({ name }) => name));
    });
  }

  /** Whole or not at all; resolves when the leavers take no new request (or the data plane has had its time). @throws PoolError */
  async remove(request: ChangeRequest): Promise<Change> {
    const change = await this.inTurn(async ({ store }) => {
      const leaving = planRemove(store.current.members, request, this.standings());
      const gone = new Set(leaving);
      await store.update((state) => {
        const staying = state.members.filter(({ name }) => !gone.has(name));
        const rollout = withoutMembers(state.rollout, gone);
        return { ...changeMembers(this.surroundings, state, staying, 'remove', leaving).state, rollout };
      });
      return this.changed(leaving);
    });
    await this.pool?.reconciler.settled();
    return change;
  }

  /** @throws PoolError wait_timeout, wait_aborted, quarantined, drained, removed, unknown_name, not_running */
  async whenReady(names: readonly string[], options: WaitOptions = {}): Promise<void> {
    this.requireMembers(names);
    await this.wait(options, 'ready', () => {
      this.requireMembers(names, 'removed');
      for (const member of this.running().store.current.members) {
        const state = names.includes(member.name) ? lacksReadiness(this.running(), member) : null;
        if (state !== null) return { name: member.name, state };
      }
      return null;
    });
  }

  /** Gone: no instance of that replica is left. A name that was added again is another replica. @throws PoolError */
  async whenGone(names: readonly string[], options: WaitOptions = {}): Promise<void> {
    const { store, reconciler } = this.running();
    await this.wait(options, 'gone', () => {
      const members = new Map(store.current.members.map((member) => [member.name, member.firstGeneration]));
      const name = names.find((candidate) => reconciler.remains(candidate, members.get(candidate) ?? Infinity));
      return name === undefined ? null : { name, state: 'it still finishes its last requests, or is being stopped' };
    });
  }

  /** Told after each change that a view would show; returns the subscription's end. */
  onChange(listener: () => void): () => void {
    const own = () => listener();
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  }

  /**
   * `end`: drains, stops all replicas, removes network and desired state; the identity stays. `leave`: drains, and leaves
   * running what a next start can adopt (unless STOP_REPLICAS), SHUTDOWN_DELAY after it has ceased to be ready; the rest is stopped, the state stays. A call with `now`,
   * first or later, neither drains nor waits. Never rejects; further calls get the first one's promise.
   */
  shutdown(mode: EndMode, { now = false }: ShutdownOptions = {}): Promise<void> {
    if (now) this.hurry.abort();
    if (!this.ending) this.events.record({ type: 'stopping', mode });
    this.deploys.stop();
    this.ending ??= this.end(mode);
    this.tell();
    return this.ending;
  }

  private async end(mode: EndMode): Promise<void> {
    // A start under way sees that it is ending and undoes itself; an image that is being built is not waited for in a hurry.
    await unlessHurried(this.hurry.signal, async () => this.starting?.catch(() => {}));
    await this.lastChange;
    await endPool(this.parts, this.pool, mode, this.hurry.signal);
  }

  private inTurn<T>(change: (pool: Pool) => Promise<T>): Promise<T> {
    const result = this.lastChange.then(() => change(this.running()));
    this.lastChange = result.catch(() => {});
    return result;
  }

  /** The state was changed: ring and loop follow. */
  private changed(affected: readonly string[]): Change {
    const { store, reconciler } = this.running();
    const { members } = store.current;
    for (const name of affected) reconciler.memory.forgetSlot(name);
    this.ring.replace(toRingMembers(members));
    reconciler.turn();
    return { names: members.map(({ name }) => name), affected };
  }

  private get surroundings() {
    return { ring: this.ring, clock: this.options.clock };
  }

  private requireMembers(names: readonly string[], code: 'unknown_name' | 'removed' = 'unknown_name'): void {
    const members = new Set(this.names());
    const missing = names.find((name) => !members.has(name));
    if (missing === undefined) return;
    throw new PoolError(code, code === 'removed' ? `${missing} was removed meanwhile` : `${missing} is no replica`, {
      replica: missing,
    });
  }

  private standings(): ReadonlyMap<string, Standing> {
    return new Map(this.replicas().map(({ name, state, inFlight }) => [name, { ready: state === 'ready', inFlight }]));
  }

  private wait(
    { signal, timeoutMs = this.settings.waitTimeout }: WaitOptions,
    goal: string,
    missing: () => { name: string; state: string } | null,
  ) {
    const look = () => (this.running() ? missing() : null);
    return waitUntil(
      { clock: this.options.clock, onChange: (listener) => this.onChange(listener), missing: look, goal },
      { signal, timeoutMs },
    );
  }

  /** @throws PoolError not_running */
  private running(): Pool {
    if (!this.pool || this.ending) throw notRunning(this.ending !== undefined);
    return this.pool;
  }

  /** A listener that throws must neither keep the others from hearing nor the pool from ending. */
  private tell(): void {
    for (const listener of [...this.listeners]) {
      try {
        listener();
      } catch (error) {
        this.parts.log.error({ error: (error as Error).stack }, 'a listener of the pool failed');
      }
    }
  }
}

function notRunning(ending = false): PoolError {
  return new PoolError('not_running', ending ? 'The balancer is shutting down' : 'The pool has not started yet');
}
