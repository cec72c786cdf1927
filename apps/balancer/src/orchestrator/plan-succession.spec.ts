// Who serves and who leaves when a slot holds more than one instance, or none that is wanted.
import { describe, expect, it } from '@jest/globals';
import { NEW_SLOT } from './loop/ledger.js';
import { UNTROUBLED } from './restart-policy.js';
import type { InstanceRecord } from './loop/ledger.js';
import { failing, instance, NOW, nothing, planFor, ready, retired, slot, untried } from './testing/plan-world.js';

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
    expect(planFor({ desired, seen, underWay: { slots: new Set(['C']) } }).actions).toEqual([]);
  });

  it('wait for the successor before to be ready', () => {
    const successor = instance('b2', 'B', { generation: 2 });
    const seen = [outdated('a1', 'A'), outdated('b1', 'B')];
    expect(planFor({ desired, seen: [...seen, [successor, untried]] }).actions).toEqual(['spawn C']);
    expect(planFor({ desired, seen: [...seen, [successor, ready]] }).actions).toEqual(['spawn A', 'spawn C']);
  });

  it('are replaced as many at a time as is allowed', () => {
    const seen = [outdated('a1', 'A'), outdated('b1', 'B'), outdated('c1', 'C')];
    expect(planFor({ desired, seen, surge: 2 }).actions).toEqual(['spawn A', 'spawn B']);
    const successor = [instance('a2', 'A', { generation: 2 }), untried] as const;
    expect(planFor({ desired, seen: [...seen, successor], surge: 2 })).toMatchObject({
      actions: ['spawn B'],
      reasons: { C: null },
    });
    expect(planFor({ desired, seen: [...seen, successor], surge: 1 }).actions).toEqual([]);
  });

  it('make room for their successor if they have never served', () => {
    const seen = [outdated('a1', 'A'), [instance('a2', 'A', { generation: 2, specHash: 'other' }), untried] as const];
    expect(planFor({ desired: [slot('A')], seen })).toMatchObject({ actions: ['spawn A'], retire: ['retire a2'] });
  });

  it('do not keep an empty slot from being filled', () => {
    const underWay = { slots: new Set(['A']) };
    expect(planFor({ desired, seen: [outdated('a1', 'A')], underWay, openings: { members: 1 } }).actions).toEqual([
      'spawn B',
    ]);
  });
});
