import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AttemptMachine, Step } from './attempt-machine.js';
import type { RequestFacts } from './attempt-scope.js';
import { MachineRig } from '../testing/machine-rig.js';

const NAMES = ['A', 'B', 'C', 'D'];
const causes = ['connect_failed', 'upstream_closed', 'upstream_protocol'] as const;

const awaited = fc.constantFrom('client' as const, 'replica_takes' as const, 'replica_sends' as const);

/** Anything that may happen to a request, in any order and of any try. `late` = of the try before. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('connected' as const), reused: fc.boolean(), late: fc.boolean() }),
  fc.record({ kind: fc.constant('head' as const), status: fc.constantFrom(200, 500, 503, 503), late: fc.boolean() }),
  fc.record({ kind: fc.constant('failed' as const), cause: fc.constantFrom(...causes), late: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('closed' as const, 'sent' as const), late: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('collected' as const, 'progress' as const, 'lost' as const, 'table' as const) }),
  fc.record({ kind: fc.constant('expired' as const), awaited, moved: fc.boolean(), early: fc.boolean() }),
  fc.record({
    kind: fc.constant('word' as const),
    name: fc.constantFrom(...NAMES),
    state: fc.constantFrom('ready' as const, 'draining' as const, 'unready' as const),
    publish: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('delivered' as const, 'refuse' as const, 'gone' as const) }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const facts: fc.Arbitrary<RequestFacts> = fc
  .record({ idempotent: fc.boolean(), hasBody: fc.boolean(), collects: fc.boolean() })
  .map((some) => ({ ...some, collects: some.collects && some.hasBody }));

const rules = fc.record({ retryAttempts: fc.integer({ min: 1, max: 5 }), totalTimeout: fc.constantFrom(0, 0, 1500) });

const FINAL: ReadonlySet<Step> = new Set<Step>(['answer', 'cut', 'end']);

/** Plays one request and holds it to its promises after each event. */
class Watched {
  readonly machine: AttemptMachine;
  now = 0;
  finals = 0;
  sentTries = 0;
  relayed = false;
  received = false;
  lost = false;
  /** Of the replicas tried: on which connection, and whether another could have been had instead. */
  readonly tried: string[] = [];
  refunds = 0;
  benign = 0;

  constructor(
    readonly rig: MachineRig,
    readonly facts: RequestFacts,
    readonly rules: { retryAttempts: number; totalTimeout: number },
  ) {
    this.machine = rig.machine(facts, rules);
  }

  /** @param late the event is of a try that was given up */
  step(act: (machine: AttemptMachine) => Step, late = false): void {
    const { machine, rig } = this;
    const over = machine.outcome !== undefined;
    const before = { relayed: this.relayed, received: this.received, name: machine.target?.instance.replica };
    const step = act(machine);
    if (over || late) expect(step).toBe('none');
    expect(rig.held).toBeLessThanOrEqual(1);
    if (step === 'try') {
      // Never after an answer began, never what may have been received and must not be twice, never without its body,
      // never past the deadline.
      expect(before.relayed).toBe(false);
      if (before.received) expect(this.facts.idempotent).toBe(true);
      expect(this.lost).toBe(false);
      if (this.rules.totalTimeout > 0) expect(this.now).toBeLessThan(this.rules.totalTimeout);
      const name = machine.target?.instance.replica ?? '';
      if (this.tried.includes(name)) {
        // Only after an idle connection closed, on a new one, and with no other eligible.
        expect(machine.maxIdle).toBe(0);
        const others = rig.current?.targets.filter(
          ({ instance, ref }) => rig.claims.isReady(ref) && !this.tried.includes(instance.replica),
        );
        expect(others).toEqual([]);
      }
      this.tried.push(name);
      this.sentTries++;
      this.received = false;
      expect(rig.held).toBe(1);
      expect(this.sentTries - this.refunds).toBeLessThanOrEqual(this.rules.retryAttempts);
    }
    if (step === 'relay') this.relayed = true;
    if (step === 'wait') expect(rig.held).toBe(0);
    if (FINAL.has(step)) {
      this.finals++;
      expect(rig.held).toBe(0);
      expect(machine.outcome).toBeDefined();
      if (step === 'answer') expect(before.relayed).toBe(false);
    }
    expect(this.finals).toBeLessThanOrEqual(1);
    expect(machine.outcome !== undefined).toBe(this.finals === 1);
  }

  play(event: Happening): void {
    const { machine, rig } = this;
    this.now += 7;
    const late = 'late' in event && event.late;
    const attempt = machine.attempt - (late ? 1 : 0);
    switch (event.kind) {
      case 'connected':
        if (attempt === machine.attempt && machine.attempt > 0) this.received = true;
        return this.step(() => machine.connected(attempt, event.reused, this.now), late);
      case 'head':
        return this.step(() => machine.head(attempt, event.status, this.now), late);
      case 'failed':
        this.#noteLeaving(attempt);
        return this.step(() => machine.failed(attempt, event.cause, this.now), late);
      case 'closed':
        this.#noteLeaving(attempt);
        return this.step(() => machine.closed(attempt, this.now), late);
      case 'sent':
        return this.step(() => machine.sent(attempt, this.now), late);
      case 'collected':
        return this.step(() => machine.collected(this.now));
      case 'progress':
        return this.step(() => machine.progress(this.now));
      case 'lost':
        // Bytes go out only where a connection stands.
        if (!this.received) return;
        this.lost = true;
        return machine.bodyLost();
      case 'table':
        return this.step(() => machine.tableCame(this.now));
      case 'expired':
        if (!event.early && machine.deadline < Infinity) this.now = Math.max(this.now, machine.deadline);
        this.#noteLeaving(machine.attempt);
        return this.step(() => machine.expired(this.now, event.awaited, event.moved ? this.now : 0));
      case 'word':
        rig.word(event.name, event.state);
        if (event.publish) rig.publish();
        return;
      case 'delivered':
        return this.step(() => machine.delivered());
      case 'refuse':
        return this.step(() => machine.refuse('internal_error'));
      case 'gone':
        return this.step(() => machine.clientGone());
    }
  }

  /** A replica that left before its connection stood costs no attempt: the most that may be sent grows by one. */
  #noteLeaving(attempt: number): void {
    const { ref } = this.machine.target ?? {};
    if (ref && attempt === this.machine.attempt && !this.received && !this.rig.claims.isReady(ref)) this.refunds++;
  }
}

describe('whatever happens to a request', () => {
  it('there is one claim at most, one end, no forbidden retry, and nothing after the end', () => {
    fc.assert(
      fc.property(facts, rules, fc.array(happening, { maxLength: 40 }), (someFacts, someRules, events) => {
        const watched = new Watched(new MachineRig(NAMES), someFacts, someRules);
        watched.step((machine) => machine.begin(0));
        for (const event of events) watched.play(event);
        watched.step((machine) => machine.clientGone());
        expect(watched.finals).toBe(1);
        expect(watched.rig.held).toBe(0);
        // The budget got back what was taken: exactly the floor is left.
        expect([1, 2, 3, 4].map(() => watched.rig.budget.take())).toEqual([true, true, true, false]);
      }),
      { numRuns: 2000 },
    );
  });

  it('its total deadline ends it, if the timer is all that ever comes', () => {
    fc.assert(
      fc.property(facts, fc.array(happening, { maxLength: 12 }), awaited, (someFacts, events, whom) => {
        const watched = new Watched(new MachineRig(NAMES), someFacts, { retryAttempts: 5, totalTimeout: 1500 });
        watched.step((machine) => machine.begin(0));
        for (const event of events) if (event.kind !== 'expired') watched.play(event);
        for (let fired = 0; !watched.relayed && watched.machine.deadline < Infinity; fired++) {
          expect(watched.machine.deadline).toBeLessThanOrEqual(1500);
          expect(fired).toBeLessThan(20);
          watched.now = watched.machine.deadline;
          watched.step((machine) => machine.expired(watched.now, whom, 0));
        }
        // What is left without a deadline is over, or its answer is under way.
        expect(watched.relayed || watched.machine.outcome !== undefined).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
