// What a drain and a restart mean for the plan: who is in the table, who is made, who leaves.
import { describe, expect, it } from '@jest/globals';
import { NEW_SLOT } from './loop/ledger.js';
import { UNTROUBLED } from './restart-policy.js';
import { newborn } from './health.js';
import { failing, instance, NOW, nothing, planFor, ready, slot, untried } from './testing/plan-world.js';

describe('a drained replica', () => {
  const desired = [slot('A', { drained: true })];
  const a1 = instance('a1', 'A');
  const withdrawn = { ...ready, withdrawn: true };

  it('leaves the table at once and keeps its instance', () => {
    const tables = { claimable: ['a1'], listed: ['a1'] };
    expect(planFor({ desired, seen: [[a1, ready]], tables })).toMatchObject({
      ...nothing,
      routes: ['a1 draining'],
      phases: { A: 'draining' },
      wakeAt: NOW + 1000,
    });
  });

  it('is draining until it is quiet, however long that takes, then drained; it is never stopped', () => {
    const tables = { listed: ['a1'] };
    const at = (quiet: boolean) => planFor({ desired, seen: [[a1, { ...withdrawn, quiet }]], tables, now: NOW * 10 });
    expect(at(false)).toMatchObject({ ...nothing, routes: ['a1 draining'], phases: { A: 'draining' } });
    expect(at(true)).toMatchObject({ ...nothing, routes: ['a1 draining'], phases: { A: 'drained' }, wakeAt: Infinity });
  });

  it('is not drained before the data plane has acknowledged it, not even when quiet', () => {
    const seen = [[a1, { ...withdrawn, quiet: true }]] as const;
    expect(planFor({ desired, seen, tables: { claimable: ['a1'], listed: ['a1'] } }).phases).toEqual({ A: 'draining' });
    expect(planFor({ desired, seen, tables: 'unknown' })).toMatchObject({
      routes: ['a1 draining'],
      phases: { A: 'draining' },
    });
  });

  it('whose instance was never in the table is drained and stays out of it', () => {
    expect(planFor({ desired, seen: [[a1, withdrawn]] })).toMatchObject({ ...nothing, phases: { A: 'drained' } });
  });

  it('is not replaced for being unwell: it was drained to be looked at; the reason says it', () => {
    const health = { ...failing.health, ...newborn(0), status: 'failing' as const, reason: 'no', unwellFor: 90_000 };
    const result = planFor({ desired, seen: [[a1, { ...withdrawn, health }]] });
    expect(result).toMatchObject({ ...nothing, phases: { A: 'drained' } });
    expect(result.reasons.A).toBe('drained by an operator; its probe fails: no');
  });

  it('that died is replaced, and says so until then', () => {
    expect(planFor({ desired, seen: [[instance('a1', 'A', { state: 'exited' }), withdrawn]] })).toMatchObject({
      actions: ['remove a1', 'spawn A'],
      phases: { A: 'starting' },
    });
    const slots = new Map([['A', { ...NEW_SLOT, restart: { ...UNTROUBLED, quarantine: { reason: 'died' } } }]]);
    expect(planFor({ desired, slots })).toMatchObject({ ...nothing, phases: { A: 'quarantined' } });
  });

  it('whose successor is ready lets the predecessor go, and neither serves', () => {
    const a2 = instance('a2', 'A', { generation: 2 });
    const seen = [
      [a1, withdrawn],
      [a2, withdrawn],
    ] as const;
    expect(planFor({ desired, seen, tables: { listed: ['a1'] } })).toMatchObject({
      retire: ['retire a1'],
      routes: ['a1 draining'],
    });
  });
});

describe('a replica that is to be restarted', () => {
  const desired = [slot('A', { renewedFrom: 2 })];
  const a1 = [instance('a1', 'A'), ready] as const;
  const a2 = instance('a2', 'A', { generation: 2 });

  it('serves on while its successor is made', () => {
    expect(planFor({ desired, seen: [a1] })).toMatchObject({
      actions: ['spawn A'],
      retire: [],
      routes: ['a1 ready'],
      phases: { A: 'ready' },
    });
    expect(planFor({ desired, seen: [a1, [a2, untried]] })).toMatchObject({ ...nothing, routes: ['a1 ready'] });
  });

  it('gives its place to the successor once that is ready', () => {
    expect(planFor({ desired, seen: [a1, [a2, ready]], tables: { listed: ['a1'] } })).toMatchObject({
      actions: [],
      retire: ['retire a1'],
      routes: ['a1 draining', 'a2 ready'],
    });
  });

  it('waits for its turn: one at a time', () => {
    const two = [slot('A', { renewedFrom: 2 }), slot('B', { renewedFrom: 2 })];
    const b1 = [instance('b1', 'B'), ready] as const;
    expect(planFor({ desired: two, seen: [a1, b1] }).actions).toEqual(['spawn A']);
    expect(planFor({ desired: two, seen: [a1, b1, [a2, untried]] }).actions).toEqual([]);
    expect(planFor({ desired: two, seen: [a1, b1, [a2, ready]] }).actions).toEqual(['spawn B']);
  });

  it('serves on by the predecessor when the successor dies, and tries again after the backoff', () => {
    const slots = new Map([['A', { ...NEW_SLOT, restart: { ...UNTROUBLED, retryAt: NOW + 400 } }]]);
    const seen = [a1, [instance('a2', 'A', { generation: 2, state: 'exited' }), untried]] as const;
    expect(planFor({ desired, seen, slots })).toMatchObject({
      actions: ['remove a2'],
      routes: ['a1 ready'],
      phases: { A: 'ready' },
      wakeAt: NOW + 400,
    });
  });
});
