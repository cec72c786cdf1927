// Whose turn is next, what fails a deploy and how it goes back: tables, and promises under any sight of the pool.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Workload } from '../../runtime/replica-runtime.js';
import type { Rollout, RolloutStep } from '../state/pool-state.js';
import {
  advance,
  isUnderWay,
  rollBack,
  type SlotInstance,
  type SlotSight,
  withoutMembers,
  workloadOf,
} from './rollout.js';
import { specHash } from '../state/workload.js';

const FROM: Workload = { image: 'sha256:aa', port: 80, env: {}, healthPath: '/' };
const TO: Workload = { ...FROM, env: { A: '1' }, revision: 2 };
const NAMES = ['A', 'B', 'C'];

const rollout = (given: Partial<Rollout> = {}): Rollout => ({
  revision: 2,
  status: 'rolling',
  from: { ...FROM, env: {} },
  to: { ...TO, env: { A: '1' } },
  maxSurge: 1,
  minReadyMs: 1000,
  steps: [],
  reason: null,
  startedAt: 0,
  endedAt: null,
  ...given,
});
const step = (name: string, state: RolloutStep['state'], generation = 2): RolloutStep => ({ name, generation, state });
const runs = (workload: Workload, given: Partial<SlotInstance> = {}): SlotInstance => ({
  specHash: specHash(workload),
  generation: workload === FROM ? 1 : 2,
  wellFor: 5000,
  overdue: null,
  ...given,
});
const slot = (instances: SlotInstance[], given: Partial<SlotSight> = {}): SlotSight => ({
  instances,
  deaths: [],
  nextGeneration: 3,
  ...given,
});
const death = { generation: 2, reason: 'it exited with code 1' };
const old = slot([runs(FROM)]);
const fresh = slot([runs(TO)]);
const next = (now: Rollout, ...slots: SlotSight[]) => {
  const sight = new Map(slots.map((one, index) => [NAMES[index] ?? '', one]));
  const result = advance(now, sight, 99);
  const steps = result.rollout.steps.map(({ name, state }) => `${name} ${state}`);
  return { status: result.rollout.status, steps, begun: result.begun, reason: result.rollout.reason };
};

describe('a deploy that rolls', () => {
  it('begins with the first that serves, or with who does not', () => {
    expect(next(rollout(), old, old, old)).toMatchObject({ steps: ['A replacing'], begun: ['A'] });
    expect(next(rollout(), old, old, slot([]))).toMatchObject({ steps: ['C replacing'], begun: ['C'] });
    expect(next(rollout({ maxSurge: 2 }), old, old, old).steps).toEqual(['A replacing', 'B replacing']);
  });

  it.each([
    ['is not there yet', old],
    ['is not well yet', slot([runs(FROM), runs(TO, { wellFor: null })])],
    ['is well, but not for long enough', slot([runs(TO, { wellFor: 999 })])],
    ['is well, but its predecessor is not gone', slot([runs(FROM, { wellFor: null }), runs(TO)])],
  ])('waits while a successor %s', (_, first) => {
    expect(next(rollout({ steps: [step('A', 'replacing')] }), first, old, old)).toMatchObject({
      status: 'rolling',
      steps: ['A replacing'],
      begun: [],
    });
  });

  it('goes on to the next once the one before has settled, and ends with the last', () => {
    const [a, b, c] = NAMES.map((name) => step(name, 'replaced'));
    expect(next(rollout({ steps: [step('A', 'replacing')] }), fresh, old, old).steps).toEqual([
      'A replaced',
      'B replacing',
    ]);
    expect(next(rollout({ steps: [a, b, c] as RolloutStep[] }), fresh, fresh, fresh).status).toBe('rolled-out');
    expect(advance(rollout(), new Map(), 99).rollout).toMatchObject({ status: 'rolled-out', endedAt: 99 });
  });

  it('waits for one that has died after its turn, and is well again without having to prove it anew', () => {
    const steps = [step('A', 'replaced')];
    const again = slot([runs(TO, { wellFor: 10, generation: 3 })], { deaths: [death] });
    expect(next(rollout({ steps }), slot([], { deaths: [death] }), old, old).steps).toEqual(['A replaced']);
    expect(next(rollout({ steps }), again, old, old).steps).toEqual(['A replaced', 'B replacing']);
  });

  it.each([
    ['whose successor dies', 'replacing', slot([runs(FROM)], { deaths: [death] }), 'A: it exited with code 1'],
    ['that dies twice after its turn', 'replaced', slot([], { deaths: [death, death] }), 'A: it exited with code 1'],
    [
      'whose successor is overdue',
      'replacing',
      slot([runs(FROM), runs(TO, { wellFor: null, overdue: 'late' })]),
      'A: late',
    ],
  ] as const)('goes back for one %s', (_, state, first, reason) => {
    expect(next(rollout({ steps: [step('A', state)] }), first, old, old)).toMatchObject({
      status: expect.stringMatching(/^roll(ing|ed)-back$/),
      reason,
    });
  });

  it.each([
    ['that died before', { ...death, generation: 1 }],
    ['of which nobody knows', { ...death, generation: null }],
  ])('blames no successor for an instance %s', (_, earlier) => {
    const first = slot([runs(FROM)], { deaths: [earlier] });
    expect(next(rollout({ steps: [step('A', 'replacing')] }), first, old, old).status).toBe('rolling');
  });
});

describe('a deploy that goes back', () => {
  const steps = [step('A', 'replaced'), step('B', 'replaced'), step('C', 'replacing')];

  it('puts back at once who is being replaced, then the others one by one, the last first', () => {
    const sight = new Map(NAMES.map((name) => [name, fresh]));
    const back = rollBack(rollout({ steps }), sight, 'why');
    expect(back.steps.map(({ state }) => state)).toEqual(['replaced', 'replaced', 'restoring']);
    expect(next(back, fresh, fresh, old).steps).toEqual(['A replaced', 'B restoring', 'C restored']);
    expect(next(back, fresh, fresh, slot([])).steps).toEqual(['A replaced', 'B replaced', 'C restoring']);
  });

  it('ends when all are back, or says who cannot be', () => {
    const back = rollout({ status: 'rolling-back', reason: 'why', steps: [step('A', 'restoring', 3)] });
    expect(next(back, old, old, old)).toMatchObject({ status: 'rolled-back', reason: 'why' });
    const gone = slot([], { deaths: [{ generation: 3, reason: 'no image' }] });
    expect(next(back, gone, old, old)).toMatchObject({
      status: 'failed',
      steps: ['A stranded'],
      reason: 'why; what ran before does not come up in A',
    });
  });
});

describe('what a replica runs', () => {
  const state = (now?: Rollout) => ({ workload: { ...FROM, env: {} }, rollout: now });

  it('is the new from its turn on, the old before and when it goes back, and what has proven itself afterwards', () => {
    const steps = [step('A', 'replacing'), step('B', 'restoring')];
    expect(workloadOf(state(rollout({ steps })), 'A')).toEqual(TO);
    expect(workloadOf(state(rollout({ steps })), 'B')).toEqual(FROM);
    expect(workloadOf(state(rollout({ steps })), 'C')).toEqual(FROM);
    expect(workloadOf(state(rollout({ steps, status: 'rolled-back' })), 'A')).toEqual(FROM);
    expect(workloadOf(state(), 'A')).toEqual(FROM);
  });

  it('is forgotten with a name that leaves', () => {
    const left = withoutMembers(rollout({ steps: [step('A', 'replaced')] }), new Set(['A']));
    expect(workloadOf(state(left), 'A')).toEqual(FROM);
  });
});

describe('whatever is seen', () => {
  const states = ['replacing', 'replaced', 'restoring', 'restored', 'stranded'] as const;
  const anyInstance = fc.record({
    specHash: fc.constantFrom(specHash(FROM), specHash(TO), 'other'),
    generation: fc.integer({ min: 1, max: 5 }),
    wellFor: fc.constantFrom(null, 0, 2000),
    overdue: fc.constantFrom(null, null, 'late'),
  });
  const anySlot = fc.record({
    instances: fc.array(anyInstance, { maxLength: 3 }),
    deaths: fc.array(fc.record({ generation: fc.constantFrom(null, 1, 2, 3), reason: fc.constant('it died') }), {
      maxLength: 2,
    }),
    nextGeneration: fc.constant(6),
  });
  const anyRollout = fc
    .record({
      back: fc.boolean(),
      maxSurge: fc.integer({ min: 1, max: 3 }),
      steps: fc.uniqueArray(
        fc.record({ name: fc.constantFrom('A', 'B', 'C', 'D'), generation: fc.constantFrom(2, 3), at: fc.nat(4) }),
        { selector: ({ name }) => name },
      ),
    })
    .map(({ back, maxSurge, steps }) =>
      rollout({
        status: back ? 'rolling-back' : 'rolling',
        reason: back ? 'why' : null,
        maxSurge,
        steps: steps.map(({ name, generation, at }) =>
          step(name, states[back ? 1 + (at % 4) : at % 2] ?? 'replacing', generation),
        ),
      }),
    );
  const anySight = fc
    .array(anySlot, { minLength: 3, maxLength: 3 })
    .map((slots) => new Map(slots.map((one, i) => [NAMES[i] ?? '', one])));

  it('a deploy comes to rest, names members only, gives a reason for going back, and never rolls on from there', () => {
    fc.assert(
      fc.property(anyRollout, anySight, (before, sight) => {
        const { rollout: after, begun } = advance(before, sight, 99);
        expect(after.endedAt).toBe(isUnderWay(after) ? null : 99);
        let last = after;
        for (let turns = 0; turns < 10 && isUnderWay(last); turns++) last = advance(last, sight, 99).rollout;
        if (isUnderWay(last)) expect(advance(last, sight, 99)).toEqual({ rollout: last, begun: [] });
        for (const { name } of after.steps) expect(NAMES).toContain(name);
        for (const name of begun) expect(after.steps.map((one) => one.name)).toContain(name);
        if (after.status !== 'rolling' && after.status !== 'rolled-out') expect(after.reason).toMatch(/\w/);
        if (before.status === 'rolling-back') expect(after.status).toMatch(/^(rolling-back|rolled-back|failed)$/);
      }),
    );
  });

  it('no more replicas have their turn at once than maxSurge allows', () => {
    fc.assert(
      fc.property(anyRollout, anySight, (before, sight) => {
        const count = (now: Rollout) =>
          now.steps.filter(({ state }) => state === 'replacing' || state === 'restoring').length;
        const { rollout: after } = advance(before, sight, 99);
        const own = { ...before, steps: before.steps.filter(({ name }) => sight.has(name)) };
        expect(count(after)).toBeLessThanOrEqual(Math.max(count(own), before.maxSurge));
      }),
    );
  });
});
