// What the plan does with instances that stand by: who is promoted, into which slot, and who never is.
import { describe, expect, it } from '@jest/globals';
import type { InstanceRecord } from './loop/ledger.js';
import { newborn } from './health.js';
import { failing, instance, nothing, NOW, planFor, ready, retired, slot, untried } from './testing/plan-world.js';

const ONE = '-standby-1';
const TWO = '-standby-2';
const standbys = [slot(ONE)];
const standing = (given: Partial<Parameters<typeof instance>[2]> = {}) => instance('s1', ONE, given);
const passing = (passedAt: number, reason: string | null = null): Partial<InstanceRecord> => ({
  health: { ...newborn(0), status: 'passing', passingSince: 0, passedAt, reason },
});

describe('a standby', () => {
  it('is made beside the replicas, after them, and gets no requests', () => {
    expect(planFor({ standbys }).actions).toEqual(['spawn A', `spawn ${ONE}`]);
    const seen = [[instance('a1', 'A'), ready] as const, [standing(), ready] as const];
    expect(planFor({ standbys, seen })).toMatchObject({
      ...nothing,
      routes: ['a1 ready'],
      standbys: { [ONE]: 'ready' },
    });
    expect(Object.keys(planFor({ standbys, seen }).phases)).toEqual(['A']);
  });

  it('takes a vacant slot though nothing may be made just now', () => {
    const openings = { members: 0, standbys: 0 };
    expect(planFor({ standbys, seen: [[standing(), ready]], openings })).toMatchObject({
      actions: ['promote s1'],
      routes: [],
      phases: { A: 'starting' },
      standbys: { [ONE]: 'starting' },
    });
  });

  it('takes a vacant slot though a dead replica’s address is still in a table: nothing comes up on it', () => {
    const tables = { claimable: ['gone'] };
    expect(planFor({ standbys, seen: [[standing(), ready]], tables }).actions).toEqual(['promote s1']);
  });

  it('takes one slot of several, the first that is wanted', () => {
    const desired = [slot('A'), slot('B')];
    expect(planFor({ desired, standbys, seen: [[standing(), ready]] }).actions).toEqual(['promote s1', 'spawn B']);
  });

  it('is not promoted twice: while it is under way nobody else gets it, and nobody succeeds it', () => {
    const desired = [slot('A'), slot('B')];
    const underWay = { slots: new Set(['A']), instances: new Set(['s1']) };
    expect(planFor({ desired, standbys, seen: [[standing(), ready]], underWay }).actions).toEqual(['spawn B']);
  });

  it.each([
    ['has passed no probe yet', standing(), untried],
    ['fails its probe', standing(), failing],
    ['failed its last probe, if only that', standing(), passing(NOW - 1000, 'it answered 500')],
    ['passed its last probe too long ago', standing(), passing(NOW - 20_001)],
    ['is paused', standing({ state: 'paused' }), ready],
    [
      'was sent a stop signal',
      standing(),
      { ...ready, ejected: { cause: 'notice', at: NOW, until: NOW + 100, reason: 'a signal' } },
    ],
    ['has no address', standing({ address: undefined }), ready],
    ['is leaving', standing(), retired()],
  ] as const)('that %s is not promoted: the replica gets an instance of its own', (_, one, record) => {
    const { actions } = planFor({ standbys, seen: [[one, record]] });
    expect(actions).toContain('spawn A');
    expect(actions).not.toContain('promote s1');
  });

  it('with another workload than the pool’s is ended at once, and never promoted', () => {
    const plan = planFor({ standbys, seen: [[standing({ specHash: 'old' }), ready]] });
    expect(plan).toMatchObject({ actions: ['spawn A', `spawn ${ONE}`], retire: ['retire s1'] });
  });

  it('with the new workload is not promoted for a replica that is still to run the old one', () => {
    const desired = [slot('A', { specHash: 'old' })];
    expect(planFor({ desired, standbys, seen: [[standing(), ready]] }).actions).toEqual(['spawn A']);
  });

  it('left by an earlier balancer that cannot be adopted is ended, and never promoted', () => {
    expect(planFor({ standbys, seen: [[standing({ leftover: true }), ready]] })).toMatchObject({
      actions: ['spawn A', `spawn ${ONE}`],
      retire: ['retire s1'],
    });
  });

  it('takes no slot in which somebody still lives, whatever state he is in', () => {
    const seen = [[instance('a1', 'A'), failing] as const, [standing(), ready] as const];
    expect(planFor({ standbys, seen }).actions).toEqual([]);
  });

  it('takes no slot before its turn: a backoff is one for standbys too', () => {
    const restart = { deaths: [{ at: NOW }], streak: 1, retryAt: NOW + 100, quarantine: null };
    const slots = new Map([['A', { restart, deaths: [] }]]);
    expect(planFor({ standbys, seen: [[standing(), ready]], slots })).toMatchObject({
      actions: [],
      wakeAt: NOW + 100,
    });
  });

  it('takes no slot that is quarantined, and none that is drained', () => {
    const restart = { deaths: [], streak: 5, retryAt: 0, quarantine: { reason: 'it died 5 times' } };
    const slots = new Map([['A', { restart, deaths: [] }]]);
    expect(planFor({ standbys, seen: [[standing(), ready]], slots }).actions).toEqual([]);
    const desired = [slot('A', { drained: true })];
    expect(planFor({ desired, standbys, seen: [[standing(), ready]] }).actions).toEqual(['spawn A']);
  });

  it('in excess of what is wanted, or doubled in its slot, is ended', () => {
    const two = instance('s2', TWO);
    const old = instance('s0', ONE, { generation: 0 });
    const seen = [[instance('a1', 'A'), ready] as const, ...[standing(), two, old].map((one) => [one, ready] as const)];
    expect(planFor({ standbys, seen }).retire).toEqual(['retire s2', 'retire s0']);
  });

  it('is not promoted while nobody knows what runs', () => {
    expect(planFor({ standbys, seen: [[standing(), ready]], blind: 'the engine does not answer' }).actions).toEqual([]);
  });

  it('in a crash loop is quarantined for itself, and the replicas are made as ever', () => {
    const restart = { deaths: [], streak: 5, retryAt: 0, quarantine: { reason: 'it died 5 times' } };
    const plan = planFor({ standbys, slots: new Map([[ONE, { restart, deaths: [] }]]) });
    expect(plan).toMatchObject({ actions: ['spawn A'], standbys: { [ONE]: 'quarantined' }, phases: { A: 'starting' } });
  });

  it('finds no opening when the replicas have taken them all', () => {
    expect(planFor({ standbys, openings: { members: 1, standbys: 1 } }).actions).toEqual(['spawn A']);
    const seen = [[instance('a1', 'A'), ready] as const];
    expect(planFor({ standbys, seen, openings: { members: 1, standbys: 0, until: NOW + 7 } })).toMatchObject({
      actions: [],
      wakeAt: NOW + 7,
    });
  });
});
