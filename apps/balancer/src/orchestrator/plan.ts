// Owns every decision of the pool: which instance serves, which one leaves, what is made, stopped and removed, and when to
// look again. Pure: what is wanted, seen, remembered and under way comes in, actions come out. Observing and acting is
// the reconciler's.
import type { ObservedInstance } from '../runtime/replica-runtime.js';
import { hasServed, standingOf } from './eligibility.js';
import { type InstanceRecord, NEW_SLOT, type SlotRecord } from './loop/ledger.js';
import type { DesiredSlot, PlanInput } from './plan-input.js';
import type { ReplicaState } from './views/replica-view.js';
import { words } from './restart-policy.js';
import { misfit, Reserve } from './standby.js';

export type Action =
  | { readonly kind: 'spawn'; readonly slot: string }
  /** The instance of a slot is reported dead: its successor is made, and started only once a list shows the death. */
  | { readonly kind: 'prepare'; readonly slot: string }
  /** A standby becomes the next instance of a slot, as it is. */
  | { readonly kind: 'promote'; readonly slot: string; readonly instanceId: string; readonly specHash: string }
  /** Made for this slot and not started yet: by a `prepare`, or by a balancer that ended in between. */
  | { readonly kind: 'start'; readonly slot: string; readonly instanceId: string }
  /** Alive and drained: ended politely, then removed. */
  | { readonly kind: 'stop'; readonly slot: string; readonly instanceId: string; readonly reason: string }
  /** Dead already. */
  | { readonly kind: 'remove'; readonly slot: string; readonly instanceId: string };

export interface Route {
  readonly instance: ObservedInstance;
  readonly state: 'ready' | 'unready' | 'draining';
}

export interface Retirement {
  readonly instanceId: string;
  readonly reason: string;
  /** Held against the slot like a death. */
  readonly condemned: boolean;
}

export interface Phase {
  readonly state: ReplicaState;
  readonly reason: string | null;
  readonly instance: ObservedInstance | null;
}

export interface Plan {
  readonly actions: readonly Action[];
  readonly retire: readonly Retirement[];
  readonly routes: readonly Route[];
  readonly phases: ReadonlyMap<string, Phase>;
  /** Of the standbys' slots; `ready` = may be promoted. */
  readonly standbys: ReadonlyMap<string, Phase>;
  /** When to look again even if nothing happens; Infinity = never. */
  readonly wakeAt: number;
}

export function plan(input: PlanInput): Plan {
  return new Planner(input).run();
}

/** A desired slot, or a standby's, with what lives in it, sorted out. */
interface Slot {
  readonly name: string;
  readonly history: SlotRecord;
  /** The newest instance of the right workload. */
  readonly winner: ObservedInstance | undefined;
  /** Whatever else lives there, newest first. */
  readonly incumbents: readonly ObservedInstance[];
  /** An incumbent runs another workload than it should, or is to be restarted. */
  readonly outdated: boolean;
  readonly drained: boolean;
  readonly specHash: string;
  readonly standby: boolean;
  /** Its winner was just given up. */
  readonly condemned: boolean;
}

const byGeneration = (a: ObservedInstance, b: ObservedInstance) =>
  b.generation - a.generation || (a.id < b.id ? -1 : 1);

const own = ({ winner, incumbents }: Slot): readonly ObservedInstance[] =>
  winner ? [winner, ...incumbents] : incumbents;

class Planner {
  private readonly actions: Action[] = [];
  private readonly retire: Retirement[] = [];
  private readonly routes: Route[] = [];
  private readonly phases = new Map<string, Phase>();
  private readonly standbys = new Map<string, Phase>();
  private wakeAt = Infinity;
  private openings: Pick<PlanInput['openings'], 'members' | 'standbys'>;
  private reserve: Reserve;
  /** Outdated instances that are being replaced: no more than `surge`, the others wait. */
  private replacing = 0;

  constructor(private readonly input: PlanInput) {
    this.openings = input.openings;
    this.reserve = new Reserve([], input);
  }

  run(): Plan {
    const { desired, standbys, observed } = this.input;
    const alive = new Map([...desired, ...standbys].map((slot) => [slot.name, [] as ObservedInstance[]]));
    for (const instance of observed) {
      const record = this.record(instance);
      if (instance.state === 'exited' || record?.unstartable) {
        this.act({ kind: 'remove', slot: instance.slot, instanceId: instance.id });
      } else if (record?.retired) this.leave(instance, record.retired, record.quiet);
      else if (alive.has(instance.slot)) alive.get(instance.slot)?.push(instance);
      else this.dismiss(instance, 'the pool has no such replica any more');
    }
    const reserves = standbys.map((slot) => this.sortStandby(slot, alive.get(slot.name) ?? []));
    this.reserve = new Reserve(
      reserves.flatMap(({ winner }) => winner ?? []),
      this.input,
    );
    const slots = desired.map((slot) => this.sort(slot, alive.get(slot.name) ?? []));
    this.replacing = slots.filter(
      (slot) => (slot.outdated && this.successorUnderWay(slot)) || this.isPrepared(slot),
    ).length;
    for (const slot of slots) this.fill(slot);
    // After them: a replica that is wanted is made before one that may be.
    for (const slot of reserves) this.fillStandby(slot);
    for (const slot of slots) this.prepare(slot);
    return {
      actions: this.actions,
      retire: this.retire,
      routes: this.routes,
      phases: this.phases,
      standbys: this.standbys,
      wakeAt: this.wakeAt,
    };
  }

  /** The newest instance that is right is the slot's; whatever else lives there is an incumbent. */
  private sort(slot: DesiredSlot, alive: readonly ObservedInstance[]): Slot {
    const history = this.input.slots.get(slot.name) ?? NEW_SLOT;
    // A name that was removed and added again is another replica: an instance of the old one does not serve for it.
    for (const old of alive.filter((i) => i.generation < slot.firstGeneration))
      this.dismiss(old, 'its replica was removed');
    const upToDate = (i: ObservedInstance) => i.specHash === slot.specHash && i.generation >= slot.renewedFrom;
    // A deploy or a restart came between its making and its start: it makes room before another is made.
    const surplus = (i: ObservedInstance) => i.state === 'created' && !upToDate(i);
    const present = alive.filter((i) => i.generation >= slot.firstGeneration);
    for (const one of present.filter(surplus)) this.dismiss(one, 'it was not started, and is not what is wanted now');
    const own = present.filter((i) => !surplus(i)).sort(byGeneration);
    const fit = own.filter((i) => upToDate(i) && !i.leftover);
    // Who was only made is no successor of one that lives, whatever was reported of it.
    const winner = fit.find(({ state }) => state !== 'created') ?? fit[0];
    const incumbents = own.filter((i) => i !== winner);
    const outdated = incumbents.some((i) => !upToDate(i) && !i.leftover);
    const { name, drained, specHash } = slot;
    const sorted = { name, history, incumbents, outdated, drained, specHash, standby: false };
    // Who was drained to be looked at is not taken away for being unwell.
    if (!winner || slot.drained || !this.condemn(winner)) return { ...sorted, winner, condemned: false };
    return { ...sorted, winner: undefined, condemned: true };
  }

  private sortStandby(slot: DesiredSlot, alive: readonly ObservedInstance[]): Slot {
    const unfit = alive.map((instance) => ({ instance, why: misfit(instance, slot) }));
    for (const { instance, why } of unfit) if (why !== null) this.dismiss(instance, why);
    const [newest, ...others] = unfit.flatMap(({ instance, why }) => (why === null ? instance : [])).sort(byGeneration);
    for (const other of others) this.dismiss(other, 'a newer one stands by in its slot');
    return { ...this.sort(slot, newest ? [newest] : []), standby: true };
  }

  private successorUnderWay({ name, winner }: Slot): boolean {
    return this.input.underWay.slots.has(name) || (winner !== undefined && this.troubleOf(winner) !== null);
  }

  /** Its instance lives as far as is known, and another one is made for the case that it does not. */
  private isPrepared({ name, winner, incumbents }: Slot): boolean {
    if (!winner || winner.state === 'created') return false;
    return this.input.underWay.slots.has(name) || incumbents.some(({ state }) => state === 'created');
  }

  /** Incumbents serve until the winner is ready, then they leave. */
  private fill(slot: Slot): void {
    const { winner, incumbents } = slot;
    const ready = winner !== undefined && this.troubleOf(winner) === null;
    if (ready && this.input.blind === null)
      for (const incumbent of incumbents) this.dismiss(incumbent, 'its successor is ready');
    const substitute = ready ? undefined : incumbents.find((i) => this.troubleOf(i) === null);
    const serving = substitute ?? winner ?? incumbents[0];
    if (slot.drained) for (const instance of ready ? [winner] : own(slot)) this.routeDraining(instance);
    else if (serving) this.route(serving);
    const held = this.advance(slot);
    const phase = slot.drained && serving ? this.drainedPhase(slot, serving) : this.phaseOf(slot, serving, held);
    this.phases.set(slot.name, phase);
  }

  /** A standby serves nobody, so all that there is to it is whether it could. */
  private fillStandby(slot: Slot): void {
    const { name, winner } = slot;
    const held = this.advance(slot);
    const leaving = (winner && this.promotionOf(winner)) ?? null;
    const phase = this.phaseOf(slot, winner, held);
    this.standbys.set(name, leaving === null ? phase : { ...phase, state: 'starting', reason: leaving });
  }

  private promotionOf({ id }: ObservedInstance): string | null {
    const action = this.actions.find((one) => one.kind === 'promote' && one.instanceId === id);
    return action || this.input.underWay.instances.has(id) ? 'the last one has become a replica’s' : null;
  }

  /** Promotes, makes or starts what the slot lacks. @returns why it has to wait, in words; null when it need not */
  private advance(slot: Slot): string | null {
    const {
      name,
      winner,
      incumbents,
      outdated,
      condemned,
      standby,
      history: { restart },
    } = slot;
    const { now, underWay, openings, surge } = this.input;
    if ((winner && winner.state !== 'created') || underWay.slots.has(name) || condemned || restart.quarantine)
      return null;
    if (this.input.blind !== null) return this.input.blind;
    if (restart.retryAt > now) {
      this.wake(restart.retryAt);
      return null;
    }
    const promoted = standby ? undefined : this.reserve.take(slot);
    if (promoted) {
      this.act({ kind: 'promote', slot: name, instanceId: promoted.id, specHash: promoted.specHash });
      return 'a standby takes its place';
    }
    if (outdated && this.replacing >= surge && !winner)
      return surge === 1 ? 'replicas are replaced one at a time' : `replicas are replaced ${surge} at a time`;
    if ((standby ? this.openings.standbys : this.openings.members) < 1) {
      this.wake(openings.until);
      return openings.reason;
    }
    if (this.deadStillRouted()) return 'the data plane still has to let go of a dead replica’s address';
    if (outdated && !winner) this.replacing++;
    // What another workload wanted and has never served is in nobody's service: it does not run beside the two.
    if (!winner)
      for (const one of incumbents)
        if (!one.leftover && !this.wasReady(one)) this.dismiss(one, 'it never served, and is not what is wanted now');
    const action: Action = winner
      ? { kind: 'start', slot: name, instanceId: winner.id }
      : { kind: 'spawn', slot: name };
    if (this.act(action)) {
      const { members, standbys } = this.openings;
      this.openings = { members: members - 1, standbys: Math.min(members - 1, standbys - (standby ? 1 : 0)) };
    }
    return null;
  }

  /**
   * The engine is slow to show a death that it has told of: what its successor needs first is done meanwhile. Only where that one
   * is sure to be started at once, and one at a time, so that a report that was wrong costs no more than an instance too many.
   */
  private prepare(slot: Slot): void {
    const { name, winner, incumbents, drained, specHash, history } = slot;
    const { underWay, instances, surge, now } = this.input;
    const record = winner && instances.get(winner.id);
    if (!record?.ejected?.death || record.health.status !== 'passing' || drained) return;
    const { quarantine, streak, retryAt } = history.restart;
    if (incumbents.length > 0 || underWay.slots.has(name) || quarantine || streak > 0 || retryAt > now) return;
    if (this.openings.members < 1 || this.replacing >= surge || this.reserve.has(specHash)) return;
    if (this.act({ kind: 'prepare', slot: name })) this.replacing++;
  }

  private phaseOf(
    { name, history: { restart, deaths } }: Slot,
    serving: ObservedInstance | undefined,
    held: string | null,
  ): Phase {
    const instance = serving ?? null;
    const trouble = serving ? this.troubleOf(serving) : null;
    if (serving && trouble === null) {
      return {
        state: 'ready',
        reason: restart.quarantine ? `no successor is made: ${restart.quarantine.reason}` : null,
        instance,
      };
    }
    if (restart.quarantine) return { state: 'quarantined', reason: restart.quarantine.reason, instance };
    if (serving) {
      const reason = serving.state === 'created' ? (held ?? trouble) : trouble;
      return { state: this.wasReady(serving) ? 'unready' : 'starting', reason, instance };
    }
    if (restart.retryAt > this.input.now && !this.input.underWay.slots.has(name)) {
      return {
        state: 'backing-off',
        reason: `the next instance waits: ${deaths[0]?.reason ?? 'the engine was busy'}`,
        instance,
      };
    }
    return { state: 'starting', reason: held ?? 'an instance is being made', instance };
  }

  /** Its instance runs: the wish is the state, and whatever else is wrong a part of the reason. */
  private drainedPhase(slot: Slot, instance: ObservedInstance): Phase {
    const { restart } = slot.history;
    const trouble = this.troubleOf(instance);
    const busy = own(slot).some((one) => this.mayCarryRequests(one));
    if (busy) this.wake(this.input.now + this.input.policy.drainPoll);
    const state = busy ? 'draining' : 'drained';
    const reasons = [busy ? 'drained by an operator, it finishes its last requests' : 'drained by an operator'];
    if (trouble !== null) reasons.push(trouble);
    if (restart.quarantine) reasons.push(`no successor is made: ${restart.quarantine.reason}`);
    return { state, reason: reasons.join('; '), instance };
  }

  private mayCarryRequests(instance: ObservedInstance): boolean {
    const { tables } = this.input;
    if (tables === 'unknown' || tables.claimable.has(instance.id)) return true;
    return tables.listed.has(instance.id) && !this.record(instance)?.quiet;
  }

  /** Why an instance gets no request; null when it may have some. */
  private troubleOf(instance: ObservedInstance): string | null {
    const { reason, until } = standingOf(instance, this.record(instance), this.input.now);
    this.wake(until);
    return reason;
  }

  private wasReady(instance: ObservedInstance): boolean {
    return hasServed(this.record(instance));
  }

  /** Unwell for too long: it leaves like one that was removed, and its slot is accounted a death. */
  private condemn(instance: ObservedInstance): boolean {
    const { restartUnhealthyAfter } = this.input.policy;
    const health = this.record(instance)?.health;
    if (this.input.blind !== null || !health || health.unwellFor < restartUnhealthyAfter) return false;
    const what = health.status === 'untried' ? 'was not ready' : 'was unhealthy';
    const why = this.troubleOf(instance) ?? 'no reason known';
    const reason = `it ${what} for ${words(restartUnhealthyAfter)}: ${why}`;
    this.retire.push({ instanceId: instance.id, reason, condemned: true });
    this.routeDraining(instance);
    return true;
  }

  private dismiss(instance: ObservedInstance, reason: string): void {
    this.retire.push({ instanceId: instance.id, reason, condemned: false });
    this.routeDraining(instance);
  }

  /** A retired instance: out of the table, then quiet or out of time, then stopped. */
  private leave(instance: ObservedInstance, retired: { at: number; reason: string }, quiet: boolean): void {
    const { tables, now, policy, underWay } = this.input;
    this.routeDraining(instance);
    if (underWay.instances.has(instance.id)) return;
    const deadline = retired.at + policy.drainTimeout;
    const claimable = tables === 'unknown' || tables.claimable.has(instance.id);
    const carriesNothing = quiet || (tables !== 'unknown' && !tables.listed.has(instance.id));
    if (!claimable && (carriesNothing || now >= deadline)) {
      this.act({ kind: 'stop', slot: instance.slot, instanceId: instance.id, reason: retired.reason });
    } else {
      this.wake(deadline > now ? Math.min(deadline, now + policy.drainPoll) : now + policy.drainPoll);
    }
  }

  /** In the table only if it has served: who is still starting is nobody's candidate, not even the last. */
  private route(instance: ObservedInstance): void {
    if (!instance.address || !this.wasReady(instance)) return;
    this.routes.push({ instance, state: this.troubleOf(instance) === null ? 'ready' : 'unready' });
  }

  private routeDraining(instance: ObservedInstance): void {
    const { tables } = this.input;
    if (instance.address && (tables === 'unknown' || tables.listed.has(instance.id)))
      this.routes.push({ instance, state: 'draining' });
  }

  /** An address is free for reuse once its holder is dead; nobody may come up on it while requests are still sent there. */
  private deadStillRouted(): boolean {
    const { tables, observed } = this.input;
    if (tables === 'unknown') return true;
    const alive = new Set(observed.filter((i) => i.state !== 'exited').map((i) => i.id));
    return [...tables.claimable].some((id) => !alive.has(id));
  }

  private act(action: Action): boolean {
    const { underWay, blind } = this.input;
    if (blind !== null || ('instanceId' in action && underWay.instances.has(action.instanceId))) return false;
    this.actions.push(action);
    return true;
  }

  private wake(at: number): void {
    this.wakeAt = Math.min(this.wakeAt, at);
  }

  private record(instance: ObservedInstance): InstanceRecord | undefined {
    return this.input.instances.get(instance.id);
  }
}
