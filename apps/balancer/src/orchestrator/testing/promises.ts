// Owns what the orchestrator promises at every moment of a random history, and what it promises once failures have stopped.
// Read off the tables that were published, the calls that were made and the views; how a history comes about is history.ts's.
import type { Snapshot } from '../../routing/link/messages.js';
import { isStandbySlot } from '../../runtime/standby-slot.js';
import type { PoolRig } from './pool-rig.js';
import type { ScriptedInstance } from './scripted-runtime.js';

/** Ejected for what the data plane saw, and for nothing else. */
const CONDUCT = /requests in a row failed on it|requests went wrong/;
const QUARANTINE = /died 3 times within 60 s, last: \w+/;

export class Promises {
  private readonly broken: string[] = [];
  private tablesSeen = 0;
  /** Instances that were to be promoted: one that still stands by was refused that, and leaves. */
  private readonly promoted = new Set<string>();
  /** Instances that were to be started: one that is still as it was made would not start, and leaves. */
  private readonly started = new Set<string>();
  /** Instances whose drain has begun, by this balancer's tables. */
  private readonly left = new Set<string>();
  /** How far the slow start of each instance had come in the tables of this balancer. */
  private readonly ramps = new Map<string, number>();

  constructor(
    private readonly rig: PoolRig,
    /** Replicas that an operator drained at some time: their instances are out of service without having been replaced. */
    private readonly everDrained = new Set<string>(),
    /** Instances that a balancer of this history made, not a hand. */
    private readonly made = new Set<string>(),
    /** Instances that a balancer of this history was about to end: one after it finds out anew that they are too many. */
    private readonly ending = new Set<string>(),
    /** Instances beyond those wanted that a replacement may cost; more while and after a deploy asked for more. */
    private surge = 1,
  ) {
    rig.runtime.onCall = (call, subject) => {
      if (call === 'create') this.checkSurge(subject);
      if (call === 'rename') this.promoted.add(subject);
      if (call === 'start') this.started.add(subject);
      if (call === 'stop' || call === 'remove') this.checkEnd(subject);
    };
  }

  /** The promises of the balancer after this one. */
  succeed(rig: PoolRig): Promises {
    this.remember();
    for (const { id } of this.rig.runtime.world.values())
      if (this.rig.link.stateOf(id) === 'draining') this.ending.add(id);
    return new Promises(rig, this.everDrained, this.made, this.ending, this.surge);
  }

  drained(name: string): void {
    this.everDrained.add(name);
  }

  deploys(maxSurge: number): void {
    this.surge = Math.max(this.surge, maxSurge);
  }

  /** @throws Error naming what does not hold now, or did not at some time since the last look */
  check(): void {
    const { tables } = this.rig.link;
    for (const table of tables.slice(this.tablesSeen)) this.checkTable(table);
    this.tablesSeen = tables.length;
    this.checkViews(tables.at(-1));
    this.checkWorld();
    this.complain();
  }

  /** @throws Error; ask only after failures have stopped and time has passed */
  checkCalm(): void {
    const { manager, runtime, link } = this.rig;
    const views = manager.replicas();
    for (const { name, state, wanted } of views) {
      const hoped = wanted === 'drained' ? 'drained' : 'ready';
      if (state !== hoped && state !== 'quarantined') this.break(`${name} is ${state} in the end, not ${hoped}`);
    }
    const idsIn = (...states: string[]) =>
      views.filter(({ state }) => states.includes(state)).map(({ instance }) => instance?.id ?? 'none');
    const { standby } = manager.summary();
    const standing = [...runtime.world.values()].filter(({ slot }) => isStandbySlot(slot));
    if (standing.length !== standby.ready) this.break(`${standing.length} stand by in the end, ${standby.ready} ready`);
    if (standby.ready < standby.wanted && !QUARANTINE.test(standby.reason ?? ''))
      this.break(`${standby.ready} of ${standby.wanted} stand by in the end: ${standby.reason}`);
    this.expectSame('what runs in the end, and what serves, is kept or stands by', runtime.world.keys(), [
      ...idsIn('ready', 'drained'),
      ...standing.map(({ id }) => id),
    ]);
    const ready = views.filter(({ state }) => state === 'ready').map(({ name }) => name);
    const { running } = manager.spec();
    for (const { name, matches } of running) {
      const { state, reason } = views.find((view) => view.name === name) ?? {};
      if (!matches && state !== 'quarantined' && reason === null)
        this.break(`${name} runs another workload in the end`);
    }
    this.checkDeploy();
    this.expectSame('who gets requests in the end, and who is ready', link.ready(), ready);
    const slow = link.table.instances.filter(({ ramp }) => ramp !== undefined).map(({ replica }) => replica);
    this.expectSame('who starts slowly in the end, and nobody', slow, []);
    this.complain();
  }

  private checkDeploy(): void {
    const { deploys } = this.rig.manager;
    try {
      const { status, endedAt, reason } = deploys.view();
      if (endedAt === null) this.break(`a deploy is still ${status} in the end`);
      if (status !== 'rolled-out' && !/\w/.test(reason ?? '')) this.break(`a deploy is ${status} for no reason`);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'no_deploy') throw error;
    }
  }

  private checkTable({ epoch, instances }: Snapshot): void {
    const { runtime } = this.rig;
    const serving = new Set<string>();
    for (const { id, replica, state, ramp } of instances) {
      this.checkRamp(`table ${epoch} has ${id}`, id, state, ramp);
      if (state === 'draining') {
        this.left.add(id);
        continue;
      }
      if (isStandbySlot(replica)) this.break(`table ${epoch} has ${id}, which stands by`);
      if (serving.has(replica)) this.break(`table ${epoch} has two instances that serve for ${replica}`);
      serving.add(replica);
      if (!runtime.passed.has(id)) this.break(`table ${epoch} has ${id} of ${replica} before a probe of it has passed`);
      if (this.left.has(id) && !this.everDrained.has(replica))
        this.break(`table ${epoch} takes ${id} of ${replica} back, whose drain had begun`);
    }
  }

  /** A slow start is for who gets requests, takes some of them from its beginning, and never goes back. */
  private checkRamp(where: string, id: string, state: string, ramp = 1): void {
    if (state !== 'ready' && ramp < 1) this.break(`${where}, ${state}, in its slow start`);
    if (!(ramp > 0 && ramp <= 1)) this.break(`${where} with a ramp of ${ramp}`);
    const before = this.ramps.get(id) ?? 0;
    if (state === 'ready' && ramp < before) this.break(`${where} with a ramp of ${ramp} after one of ${before}`);
    if (state === 'ready') this.ramps.set(id, ramp);
  }

  private checkViews(table: Snapshot | undefined): void {
    const views = this.rig.manager.replicas();
    const wanted = new Set(views.map(({ name }) => name));
    const drained = new Set(views.filter((view) => view.wanted === 'drained').map(({ name }) => name));
    for (const { id, replica, state } of table?.instances ?? []) {
      if (state === 'draining') continue;
      const { slot = replica } = this.rig.runtime.world.get(id) ?? {};
      if (slot !== replica) this.break(`${replica} is served by ${id}, which is ${slot}’s`);
      if (!wanted.has(replica)) this.break(`${replica}, which nobody wants, gets requests`);
      if (drained.has(replica)) this.break(`${replica}, which is drained, gets requests`);
    }
    // The ring is that of the members and their weights, whatever is drained, restarted or dead.
    const ring = (table?.members ?? views).map(({ name, weight }) => `${name} × ${weight}`);
    this.expectSame(
      'the ring, and the members',
      ring,
      views.map(({ name, weight }) => `${name} × ${weight}`),
    );
    const nobodyServes = !table?.instances.some(({ state }) => state === 'ready');
    for (const { name, state, reason } of views) {
      if ((state === 'draining' || state === 'drained') && !drained.has(name))
        this.break(`${name} is ${state}, and nobody asked for it`);
      if (state !== 'ready' && !/\w/.test(reason ?? '')) this.break(`${name} is ${state} for no reason`);
      // The last that could serve is not put aside for its conduct, nor left aside once the others are gone.
      if (state === 'unready' && CONDUCT.test(reason ?? '') && nobodyServes)
        this.break(`${name} is left out (${reason}), and nobody else serves`);
      if (state === 'quarantined' && !QUARANTINE.test(reason ?? '')) this.break(`${name} is quarantined: ${reason}`);
    }
  }

  private checkWorld(): void {
    const wanted = new Set(this.rig.manager.names());
    const seen = new Set<string>();
    for (const { slot, generation } of this.rig.runtime.world.values()) {
      const identity = `${slot} ${generation}`;
      if ((wanted.has(slot) || isStandbySlot(slot)) && seen.has(identity))
        this.break(`generation ${generation} of ${slot} was given twice`);
      seen.add(identity);
    }
  }

  /** One more instance is about to be made. */
  private checkSurge(slot: string): void {
    this.remember();
    const names = new Set(this.rig.manager.names().filter((name) => !this.everDrained.has(name)));
    const { wanted } = this.rig.manager.summary().standby;
    const counts = (name: string) => names.has(name) || isStandbySlot(name);
    if (!counts(slot)) return;
    const staying = [...this.rig.runtime.world.values()].filter((one) => counts(one.slot) && this.stays(one));
    const others = staying.map((one) => `${one.id} of ${one.slot}`).join(', ');
    if (staying.length + 1 > names.size + wanted + this.surge)
      this.break(`${slot} gets one more instance than ${names.size} replicas and ${wanted} may cost, beside ${others}`);
    if (staying.filter((one) => one.slot === slot).length > (isStandbySlot(slot) ? 0 : 1))
      this.break(`${slot} gets an instance too many: ${others}`);
  }

  /** It is there for its replica: neither told to end, nor drained, nor succeeded. */
  private stays({ id, slot, state }: ScriptedInstance): boolean {
    if (!this.made.has(id) || state === 'exited' || this.ending.has(id)) return false;
    if ((isStandbySlot(slot) && this.promoted.has(id)) || (state === 'created' && this.started.has(id))) return false;
    const inTable = this.rig.link.tables.at(-1)?.instances.filter(({ replica }) => replica === slot) ?? [];
    const own = inTable.find((listed) => listed.id === id);
    return own ? own.state !== 'draining' : !inTable.some((listed) => listed.state === 'ready');
  }

  /** An instance is about to be stopped or removed. */
  private checkEnd(id: string): void {
    this.ending.add(id);
    const { link } = this.rig;
    const state = link.stateOf(id);
    if (state === 'ready' || state === 'unready') this.break(`${id} is ended while the table in force has it ${state}`);
  }

  /** What this balancer made outlives it. */
  private remember(): void {
    for (const id of this.rig.runtime.made) this.made.add(id);
  }

  private expectSame(what: string, left: Iterable<string>, right: Iterable<string>): void {
    const [a, b] = [[...left].sort().join(', '), [...right].sort().join(', ')];
    if (a !== b) this.break(`${what} differ: [${a}], [${b}]`);
  }

  private break(promise: string): void {
    this.broken.push(promise);
  }

  private complain(): void {
    if (this.broken.length > 0) throw new Error(this.broken.join('\n'));
  }
}
