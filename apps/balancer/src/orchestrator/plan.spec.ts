import { describe, expect, it } from '@jest/globals';
import type { ObservedInstance } from '../runtime/replica-runtime.js';
import { newborn } from './health.js';
import { type InstanceRecord, NEW_SLOT } from './ledger.js';
import { type DesiredSlot, plan, type PlanInput } from './plan.js';
import { UNTROUBLED } from './restart-policy.js';

const NOW = 100_000;
const slot = (name: string, given: Partial<DesiredSlot> = {}): DesiredSlot => ({
  name,
  specHash: 'right',
  firstGeneration: 1,
  ...given,
});
const instance = (id: string, of: string, given: Partial<ObservedInstance> = {}): ObservedInstance => ({
  id,
  slot: of,
  generation: 1,
  specHash: 'right',
  state: 'running',
  address: { host: '10.0.0.1', port: 1 },
  leftover: false,
  ...given,
});
const untried: Partial<InstanceRecord> = {};
const ready: Partial<InstanceRecord> = {
  health: { ...newborn(0), status: 'passing', passingSince: 50_000, passedAt: 90_000 },
};
const failing: Partial<InstanceRecord> = {
  health: { ...newborn(0), status: 'failing', reason: 'it answered 500', unwellFor: 5000 },
};
const retired = (at = NOW, given: Partial<InstanceRecord> = {}): Partial<InstanceRecord> => ({
  ...ready,
  retired: { at, reason: 'leaving' },
  ...given,
});

interface World {
  readonly desired?: readonly DesiredSlot[];
  /** Instance and what is remembered of it. */
  readonly seen?: readonly (readonly [ObservedInstance, Partial<InstanceRecord>])[];
  readonly slots?: PlanInput['slots'];
  readonly underWay?: Partial<PlanInput['underWay']>;
  readonly tables?: PlanInput['tables'] | { readonly claimable?: string[]; readonly listed?: string[] };
  readonly engineAnswers?: boolean;
  readonly now?: number;
}

function planFor({
  desired = [slot('A')],
  seen = [],
  slots = new Map(),
  underWay,
  tables = {},
  engineAnswers = true,
  now = NOW,
}: World) {
  const records = seen.map(([{ id, slot: of }, given]): [string, InstanceRecord] => [
    id,
    { id, slot: of, health: newborn(0), ejected: null, retired: null, quiet: false, unstartable: false, ...given },
  ]);
  const result = plan({
    desired,
    observed: seen.map(([observed]) => observed),
    engineAnswers,
    instances: new Map(records),
    slots,
    underWay: { slots: new Set(), instances: new Set(), spawns: 0, ...underWay },
    tables: tables === 'unknown' ? tables : { claimable: new Set(tables.claimable), listed: new Set(tables.listed) },
    now,
    policy: { drainTimeout: 30_000, restartUnhealthyAfter: 30_000, spawnConcurrency: 2, drainPoll: 1000 },
  });
  return {
    actions: result.actions.map((action) =>
      'instanceId' in action ? `${action.kind} ${action.instanceId}` : `${action.kind} ${action.slot}`,
    ),
    retire: result.retire.map(({ instanceId, condemned }) => `${condemned ? 'condemn' : 'retire'} ${instanceId}`),
    routes: result.routes.map(({ instance: { id }, state }) => `${id} ${state}`),
    phases: Object.fromEntries([...result.phases].map(([name, { state }]) => [name, state])),
    reasons: Object.fromEntries([...result.phases].map(([name, { reason }]) => [name, reason])),
    wakeAt: result.wakeAt,
  };
}

const nothing = { actions: [], retire: [], routes: [] };

describe('an empty slot', () => {
  it('gets an instance', () => {
    expect(planFor({})).toMatchObject({
      ...nothing,
      actions: ['spawn A'],
      phases: { A: 'starting' },
      wakeAt: Infinity,
    });
  });

  it('gets no second one while the first is in the making', () => {
    expect(planFor({ underWay: { slots: new Set(['A']), spawns: 1 } })).toMatchObject({
      ...nothing,
      phases: { A: 'starting' },
    });
  });

  it('waits when two others are in the making, and says so', () => {
    const result = planFor({ desired: ['A', 'B', 'C'].map((name) => slot(name)) });
    expect(result.actions).toEqual(['spawn A', 'spawn B']);
    expect(result.reasons.C).toBe('other replicas start first');
  });

  it('waits out its backoff and asks to be looked at again', () => {
    const slots = new Map([['A', { ...NEW_SLOT, restart: { ...UNTROUBLED, retryAt: NOW + 400 } }]]);
    expect(planFor({ slots })).toMatchObject({ ...nothing, phases: { A: 'backing-off' }, wakeAt: NOW + 400 });
    expect(planFor({ slots, now: NOW + 400 }).actions).toEqual(['spawn A']);
  });

  it('in quarantine gets nothing, and the reason is shown', () => {
    const slots = new Map([['A', { ...NEW_SLOT, restart: { ...UNTROUBLED, quarantine: { reason: 'died 5 times' } } }]]);
    expect(planFor({ slots })).toMatchObject({
      ...nothing,
      phases: { A: 'quarantined' },
      reasons: { A: 'died 5 times' },
      wakeAt: Infinity,
    });
  });

  it('waits while a dead replica’s address may still get requests (TRAPS 3)', () => {
    const dead = instance('b1', 'B', { state: 'exited' });
    const world = { desired: [slot('A'), slot('B')], seen: [[dead, ready]] as const };
    const held = planFor({ ...world, tables: { claimable: ['b1'], listed: ['b1'] } });
    expect(held.actions).toEqual(['remove b1']);
    expect(held.reasons.A).toContain('dead replica’s address');
    expect(planFor({ ...world, tables: {} }).actions).toEqual(['remove b1', 'spawn A', 'spawn B']);
  });

  it('does not wait for one that only drains: its address is still its own', () => {
    const seen = [[instance('b1', 'B'), retired()]] as const;
    expect(planFor({ seen, tables: { listed: ['b1'], claimable: ['b1'] } }).actions).toEqual(['spawn A']);
  });

  it('waits while an earlier balancer’s table is in force', () => {
    expect(planFor({ tables: 'unknown' }).actions).toEqual([]);
  });
});

describe('an instance', () => {
  it.each<[string, Partial<ObservedInstance>, Partial<InstanceRecord>, string[], string, string | null]>([
    ['that passes serves', {}, ready, ['a1 ready'], 'ready', null],
    ['that was never probed is in no table', {}, untried, [], 'starting', 'it has not been probed yet'],
    [
      'that fails its probe takes nothing new',
      {},
      failing,
      ['a1 unready'],
      'unready',
      'its probe fails: it answered 500',
    ],
    [
      'that is paused takes nothing new (TRAPS 12)',
      { state: 'paused' },
      ready,
      ['a1 unready'],
      'unready',
      'it is paused by hand',
    ],
    [
      'whose network is cut off is in no table (TRAPS 12)',
      { address: undefined },
      ready,
      [],
      'unready',
      'it has no address',
    ],
    [
      'that was sent a stop signal takes nothing new (TRAPS 8)',
      {},
      { ...ready, ejected: { at: NOW - 1, until: NOW + 5000, reason: 'it was sent a stop signal' } },
      ['a1 unready'],
      'unready',
      'it was sent a stop signal',
    ],
    [
      'that a stop signal did not end, but has not passed since, takes nothing new',
      {},
      { ...ready, ejected: { at: 95_000, until: NOW - 1, reason: 'it was sent a stop signal' } },
      ['a1 unready'],
      'unready',
      'it was sent a stop signal',
    ],
    [
      'that a stop signal did not end serves again',
      {},
      { ...ready, ejected: { at: 80_000, until: NOW - 1, reason: '' } },
      ['a1 ready'],
      'ready',
      null,
    ],
  ])('%s', (_, given, record, routes, state, reason) => {
    expect(planFor({ seen: [[instance('a1', 'A', given), record]] })).toMatchObject({
      actions: [],
      retire: [],
      routes,
      phases: { A: state },
      reasons: { A: reason },
    });
  });

  it('that was made and never started is started', () => {
    const seen = [[instance('a1', 'A', { state: 'created', address: undefined }), untried]] as const;
    expect(planFor({ seen })).toMatchObject({ ...nothing, actions: ['start a1'], phases: { A: 'starting' } });
    expect(planFor({ seen, underWay: { slots: new Set(['A']), instances: new Set(['a1']) } }).actions).toEqual([]);
  });

  it('that cannot be started is removed and replaced', () => {
    const seen = [[instance('a1', 'A', { state: 'created', address: undefined }), { unstartable: true }]] as const;
    expect(planFor({ seen }).actions).toEqual(['remove a1', 'spawn A']);
  });

  it('that is dead is removed and replaced at the same time', () => {
    expect(planFor({ seen: [[instance('a1', 'A', { state: 'exited' }), ready]] }).actions).toEqual([
      'remove a1',
      'spawn A',
    ]);
  });

  it('that is being removed is left alone', () => {
    const seen = [[instance('a1', 'A', { state: 'exited' }), ready]] as const;
    expect(planFor({ seen, underWay: { instances: new Set(['a1']) } }).actions).toEqual(['spawn A']);
  });

  it.each([
    ['unhealthy', failing],
    ['not ready', untried],
  ])('that was %s for RESTART_UNHEALTHY_AFTER is given up', (_, record) => {
    const health = { ...newborn(0), ...record.health, unwellFor: 30_000 };
    const result = planFor({
      seen: [[instance('a1', 'A'), { ...record, health }]],
      tables: { listed: ['a1'], claimable: ['a1'] },
    });
    expect(result).toMatchObject({ retire: ['condemn a1'], routes: ['a1 draining'], actions: [] });
  });
});

describe('an instance that leaves', () => {
  const leaving = (record: Partial<InstanceRecord>, tables: { claimable?: string[]; listed?: string[] }, now = NOW) =>
    planFor({ desired: [], seen: [[instance('a1', 'A'), record]], tables, now });

  it('is first of all taken out of the table', () => {
    const result = leaving(ready, { claimable: ['a1'], listed: ['a1'] });
    expect(result).toMatchObject({ retire: ['retire a1'], routes: ['a1 draining'], actions: [] });
  });

  it('is not stopped before the data plane has acknowledged that, not even when quiet or out of time', () => {
    const tables = { claimable: ['a1'], listed: ['a1'] };
    expect(leaving(retired(NOW, { quiet: true }), tables).actions).toEqual([]);
    expect(leaving(retired(NOW - 60_000), tables).actions).toEqual([]);
  });

  it('is stopped when it is quiet', () => {
    expect(leaving(retired(NOW, { quiet: true }), { listed: ['a1'] }).actions).toEqual(['stop a1']);
  });

  it('is stopped at the deadline, and looked at often until then', () => {
    expect(leaving(retired(NOW - 10_000), { listed: ['a1'] })).toMatchObject({ actions: [], wakeAt: NOW + 1000 });
    expect(leaving(retired(NOW - 29_500), { listed: ['a1'] })).toMatchObject({ actions: [], wakeAt: NOW + 500 });
    expect(leaving(retired(NOW - 30_000), { listed: ['a1'] }).actions).toEqual(['stop a1']);
  });

  it('is stopped at once when it never was in a table', () => {
    expect(leaving(retired(), {})).toMatchObject({ actions: ['stop a1'], routes: [] });
  });

  it('is stopped once', () => {
    const seen = [[instance('a1', 'A'), retired(NOW, { quiet: true })]] as const;
    expect(planFor({ desired: [], seen, underWay: { instances: new Set(['a1']) } }).actions).toEqual([]);
  });

  it('does not come back when its name is added again: the new replica is another instance (TRAPS 6)', () => {
    const seen = [[instance('a1', 'A'), retired()]] as const;
    expect(planFor({ desired: [slot('A', { firstGeneration: 2 })], seen, tables: { listed: ['a1'] } })).toMatchObject({
      actions: ['spawn A'],
      routes: ['a1 draining'],
    });
  });

  it('is told from the new replica of its name by its generation when the balancer has forgotten that it leaves', () => {
    const seen = [[instance('a1', 'A'), ready]] as const;
    expect(planFor({ desired: [slot('A', { firstGeneration: 2 })], seen })).toMatchObject({
      actions: ['spawn A'],
      retire: ['retire a1'],
      routes: [],
    });
  });

  it('of an unreadable name is stopped and removed', () => {
    expect(planFor({ desired: [], seen: [[instance('x', ''), untried]] }).retire).toEqual(['retire x']);
    expect(planFor({ desired: [], seen: [[instance('x', ''), retired()]] }).actions).toEqual(['stop x']);
  });
});

describe('several instances in one slot', () => {
  const old = instance('a1', 'A');
  const next = instance('a2', 'A', { generation: 2 });

  it('leave the newest, as soon as it is ready', () => {
    expect(
      planFor({
        seen: [
          [old, ready],
          [next, ready],
        ],
      }),
    ).toMatchObject({ actions: [], retire: ['retire a1'], routes: ['a2 ready'] });
  });

  it('serve by the old one until the newest is ready', () => {
    expect(
      planFor({
        seen: [
          [old, ready],
          [next, untried],
        ],
      }),
    ).toMatchObject({ ...nothing, routes: ['a1 ready'], phases: { A: 'ready' } });
  });

  it('never stand in the table together as serving', () => {
    expect(
      planFor({
        seen: [
          [old, failing],
          [next, failing],
        ],
      }).routes,
    ).toEqual(['a2 unready']);
  });

  it('that a killed balancer left get a successor and serve meanwhile', () => {
    const leftover = instance('a1', 'A', { leftover: true });
    expect(planFor({ seen: [[leftover, ready]] })).toMatchObject({
      actions: ['spawn A'],
      routes: ['a1 ready'],
      retire: [],
      phases: { A: 'ready' },
    });
    expect(
      planFor({
        seen: [
          [leftover, ready],
          [next, ready],
        ],
        tables: { listed: ['a1'] },
      }),
    ).toMatchObject({
      actions: [],
      routes: ['a1 draining', 'a2 ready'],
      retire: ['retire a1'],
    });
  });

  it('that a killed balancer left go on serving when their successor cannot be made', () => {
    const slots = new Map([
      ['A', { ...NEW_SLOT, restart: { ...UNTROUBLED, quarantine: { reason: 'no such image' } } }],
    ]);
    expect(planFor({ seen: [[instance('a1', 'A', { leftover: true }), ready]], slots })).toMatchObject({
      ...nothing,
      routes: ['a1 ready'],
      phases: { A: 'ready' },
      reasons: { A: 'no successor is made: no such image' },
    });
  });
});

describe('instances with another workload than the pool’s (TRAPS 14)', () => {
  const desired = [slot('A'), slot('B'), slot('C')];
  const outdated = (id: string, of: string) => [instance(id, of, { specHash: 'other' }), ready] as const;

  it('serve on, and are replaced one at a time', () => {
    const seen = [outdated('a1', 'A'), outdated('b1', 'B'), outdated('c1', 'C')];
    const result = planFor({ desired, seen });
    expect(result).toMatchObject({ actions: ['spawn A'], routes: ['a1 ready', 'b1 ready', 'c1 ready'], retire: [] });
    expect(planFor({ desired, seen, underWay: { slots: new Set(['C']), spawns: 1 } }).actions).toEqual([]);
  });

  it('wait for the successor before to be ready', () => {
    const successor = instance('b2', 'B', { generation: 2 });
    const seen = [outdated('a1', 'A'), outdated('b1', 'B')];
    expect(planFor({ desired, seen: [...seen, [successor, untried]] }).actions).toEqual(['spawn C']);
    expect(planFor({ desired, seen: [...seen, [successor, ready]] }).actions).toEqual(['spawn A', 'spawn C']);
  });

  it('do not keep an empty slot from being filled', () => {
    expect(
      planFor({ desired, seen: [outdated('a1', 'A')], underWay: { slots: new Set(['A']), spawns: 1 } }).actions,
    ).toEqual(['spawn B']);
  });
});

describe('while the engine does not answer', () => {
  const world = {
    desired: [slot('A'), slot('B'), slot('C')],
    seen: [
      [instance('a1', 'A'), { ...failing, health: { ...newborn(0), status: 'failing', unwellFor: 60_000 } }],
      [instance('b1', 'B'), ready],
      [instance('x', 'gone'), retired(0, { quiet: true })],
      [instance('c1', 'C', { state: 'exited' }), ready],
    ] as const,
    engineAnswers: false,
  };

  it('nothing is done to any instance', () => {
    expect(planFor(world)).toMatchObject({ actions: [], retire: [] });
  });

  it('traffic goes on by health', () => {
    expect(planFor(world)).toMatchObject({
      routes: ['a1 unready', 'b1 ready'],
      phases: { A: 'unready', B: 'ready', C: 'starting' },
    });
    expect(planFor(world).reasons.C).toBe('the engine does not answer');
  });

  it('a removed replica still leaves the table', () => {
    expect(planFor({ ...world, desired: [], tables: { listed: ['b1'] } }).routes).toEqual(['b1 draining']);
  });
});
