// Many requests on few replicas with limits: what the queue promises, over random histories.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptMachine, Step } from '../attempts/attempt-machine.js';
import type { QueueWaiter } from './request-queue.js';
import { MachineRig } from '../testing/machine-rig.js';

const NAMES = ['A', 'B', 'C'];

const which = fc.nat(30);
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('arrive' as const), key: fc.string({ maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('finish' as const, 'refused' as const), which }) },
  fc.record({ kind: fc.constantFrom('gone' as const, 'expire' as const, 'tunnel' as const), which }),
  fc.record({
    kind: fc.constant('word' as const),
    name: fc.constantFrom(...NAMES),
    state: fc.constantFrom('ready' as const, 'draining' as const, 'unready' as const),
  }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** One request, as a lane would carry it. */
class Carried implements QueueWaiter {
  readonly machine: AttemptMachine;
  readonly tried: string[] = [];
  /** Place in the order in which requests came to the queue; undefined: it is not in it. */
  queuedAs: number | undefined;
  /** Held by a try, an answer or a tunnel. */
  replica: string | undefined;
  tunnel = false;
  over: Step | undefined;

  constructor(
    readonly world: World,
    key: string,
  ) {
    this.machine = world.rig.machine({}, { retryAttempts: 3, queueTimeout: 1000 }, key);
  }

  onVacancy(): boolean {
    this.obey(this.machine.roomCame(this.world.now));
    return !this.machine.queued || this.machine.choosy;
  }

  obey(step: Step): void {
    const { world } = this;
    if (this.queuedAs !== undefined && !this.machine.queued) {
      if (step === 'try') world.servedOne(this, this.queuedAs);
      this.queuedAs = undefined;
      world.rig.queue.leave(this, world.now);
    }
    if (step === 'none') return;
    this.replica = undefined;
    if (step === 'try') {
      this.replica = this.machine.target?.instance.replica ?? '';
      this.tried.push(this.replica);
    } else if (step === 'queue') {
      this.queuedAs = world.tickets++;
      world.rig.queue.enter(this, world.now);
    } else if (step === 'answer') {
      if (this.machine.cause === 'overload') expect(world.mayRefuse(this)).toBe(true);
      this.over = step;
    } else if (step !== 'wait') this.over = step;
  }

  finish(): void {
    const { machine, world } = this;
    machine.connected(machine.attempt, false, world.now);
    expect(machine.head(machine.attempt, 200, world.now)).toBe('relay');
    machine.closed(machine.attempt, world.now);
    this.replica = undefined;
    this.obey(machine.delivered());
  }
}

class World {
  readonly rig = new MachineRig(NAMES);
  readonly all: Carried[] = [];
  now = 0;
  tickets = 0;

  constructor(
    readonly limit: number,
    readonly byConnections: boolean,
    capacity: number,
  ) {
    this.rig.limits = byConnections ? { inFlight: 0, connections: limit } : { inFlight: limit, connections: 0 };
    this.rig.queueCapacity = capacity;
  }

  /** What counts against the limit of a replica: tunnels have connections, and are no requests in flight. */
  private carrying(name: string): number {
    return this.all.filter((one) => one.replica === name && (this.byConnections || !one.tunnel)).length;
  }

  private eligible(one: Carried): string[] {
    return NAMES.filter((name) => this.rig.states.get(name) === 'ready' && !one.tried.includes(name));
  }

  /** Who is refused had no place to wait, or had waited, or others came first. */
  mayRefuse(one: Carried): boolean {
    if (one.machine.queuedFor >= 1000) return true;
    return !this.rig.queue.hasRoom;
  }

  /** Nobody who came before, and could have gone where this one went, still waits. */
  servedOne(served: Carried, ticket: number): void {
    const name = served.machine.target?.instance.replica ?? '';
    for (const one of this.all)
      if (one.queuedAs !== undefined && one.queuedAs < ticket) expect(this.eligible(one)).not.toContain(name);
  }

  play(event: Happening): void {
    this.now += 10;
    if (event.kind === 'arrive') {
      const one = new Carried(this, event.key);
      this.all.push(one);
      one.obey(one.machine.begin(this.now));
    } else if (event.kind === 'word') {
      this.rig.word(event.name, event.state);
      this.rig.publish();
      for (const one of this.all) one.obey(one.machine.tableCame(this.now));
      this.rig.queue.look();
    } else {
      const living = this.all.filter(({ over }) => over === undefined);
      const one = living[event.which % living.length];
      if (one) this.end(one, event.kind);
    }
    this.rig.settle();
    this.check();
  }

  end(one: Carried, how: 'finish' | 'refused' | 'gone' | 'expire' | 'tunnel'): void {
    const { machine } = one;
    const trying = one.replica !== undefined && !one.tunnel && one.over === undefined;
    if (how === 'gone') one.obey(machine.clientGone());
    else if (how === 'expire' && machine.queued) {
      this.now = Math.max(this.now, machine.deadline);
      one.obey(machine.expired(this.now, 'replica_sends', 0));
    } else if (how === 'finish' && trying) one.finish();
    else if (how === 'finish' && one.tunnel) one.obey(machine.clientGone());
    else if (how === 'tunnel' && trying) {
      machine.connected(machine.attempt, false, this.now);
      expect(machine.head(machine.attempt, 101, this.now)).toBe('relay');
      one.tunnel = true;
      machine.tunnelled();
    } else if (how === 'refused' && trying) one.obey(machine.failed(machine.attempt, 'connect_failed', this.now));
  }

  check(): void {
    for (const target of this.rig.current?.targets ?? []) {
      const { row } = target.ref;
      const carried = this.rig.claims.inFlight(row) + (this.byConnections ? this.rig.claims.tunnels(row) : 0);
      expect(carried).toBe(this.carrying(target.instance.replica));
      expect(carried).toBeLessThanOrEqual(this.limit);
    }
    const inFlight = this.all.filter(({ replica, tunnel }) => replica !== undefined && !tunnel);
    expect(this.rig.held).toBe(inFlight.length);
    expect(this.rig.queue.length).toBe(this.all.filter(({ queuedAs }) => queuedAs !== undefined).length);
    expect(this.rig.queue.length).toBeLessThanOrEqual(this.rig.queueCapacity);
    // Nobody waits while a replica that it may go to has room, and nobody waits for ever.
    for (const one of this.all) {
      if (one.queuedAs === undefined) continue;
      expect(one.machine.deadline).toBeLessThanOrEqual(this.now + 1000);
      for (const name of this.eligible(one)) expect(this.carrying(name)).toBe(this.limit);
    }
  }
}

describe('requests on replicas with a limit', () => {
  it('never exceed it, wait in turn, lose no wake-up, and wait for nothing while there is room', () => {
    const history = fc.array(happening, { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 5 }),
        history,
        (limit, byConnections, capacity, events) => {
          const world = new World(limit, byConnections, capacity);
          for (const event of events) world.play(event);
          for (const name of NAMES) world.play({ kind: 'word', name, state: 'ready' });
          // Each that is served lets the next one in.
          for (let turn = 0; world.all.some(({ over }) => over === undefined); turn++) {
            expect(turn).toBeLessThan(200);
            const one = world.all.find(({ over, replica }) => over === undefined && replica !== undefined);
            const left = world.all.find(({ over }) => over === undefined);
            if (one) world.end(one, 'finish');
            else if (left) world.end(left, left.machine.queued ? 'expire' : 'gone');
            world.rig.settle();
            world.check();
          }
          expect([world.rig.held, world.rig.queue.length]).toEqual([0, 0]);
          expect([1, 2, 3, 4].map(() => world.rig.budget.take())).toEqual([true, true, true, false]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
