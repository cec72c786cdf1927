import { describe, expect, it } from '@jest/globals';
import type { ObservedInstance } from '../runtime/replica-runtime.js';
import { newborn } from './health.js';
import { type InstanceRecord, NEW_SLOT } from './loop/ledger.js';
import { UNTROUBLED } from './restart-policy.js';
import { failing, instance, NOW, nothing, planFor, ready, retired, slot, untried } from './testing/plan-world.js';

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
    expect(planFor({ underWay: { slots: new Set(['A']) } })).toMatchObject({
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
      { ...ready, ejected: { cause: 'notice', at: NOW - 1, until: NOW + 5000, reason: 'it was sent a stop signal' } },
      ['a1 unready'],
      'unready',
      'it was sent a stop signal',
    ],
    [
      'that a stop signal did not end, but has not passed since, takes nothing new',
      {},
      { ...ready, ejected: { cause: 'notice', at: 95_000, until: NOW - 1, reason: 'it was sent a stop signal' } },
      ['a1 unready'],
      'unready',
      'it was sent a stop signal',
    ],
    [
      'that passed before its ejection was over takes nothing new until it passes once more',
      {},
      {
        ...ready,
        ejected: { cause: 'conduct', at: 80_000, until: NOW - 1, reason: '5 requests in a row failed on it' },
      },
      ['a1 unready'],
      'unready',
      '5 requests in a row failed on it',
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

describe('while the engine does not answer', () => {
  const world = {
    desired: [slot('A'), slot('B'), slot('C')],
    seen: [
      [instance('a1', 'A'), { ...failing, health: { ...newborn(0), status: 'failing', unwellFor: 60_000 } }],
      [instance('b1', 'B'), ready],
      [instance('x', 'gone'), retired(0, { quiet: true })],
      [instance('c1', 'C', { state: 'exited' }), ready],
    ] as const,
    blind: 'the engine does not answer',
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
