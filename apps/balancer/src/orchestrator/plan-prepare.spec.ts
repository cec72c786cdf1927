// What the plan does once an instance is reported dead and no list shows it: its successor is made and not started, and only
// where it is sure to be wanted.
import { describe, expect, it } from '@jest/globals';
import { NEW_SLOT } from './loop/ledger.js';
import { UNTROUBLED } from './restart-policy.js';
import type { InstanceRecord } from './loop/ledger.js';
import { failing, instance, NOW, planFor, ready, slot, untried, type World } from './testing/plan-world.js';

const told = { cause: 'notice', at: NOW, until: NOW, reason: 'its end was reported' } as const;
const reported: Partial<InstanceRecord> = { ...ready, ejected: { ...told, death: true } };
const a1 = instance('a1', 'A');
const a2 = instance('a2', 'A', { generation: 2, state: 'created', address: undefined });
const b1 = instance('b1', 'B');
const exited = instance('a1', 'A', { state: 'exited', address: undefined });

describe('the successor of an instance whose end was reported', () => {
  it('is made at once, and not started while the instance may live', () => {
    expect(planFor({ seen: [[a1, reported]] })).toMatchObject({ actions: ['prepare A'], phases: { A: 'unready' } });
    expect(
      planFor({
        seen: [
          [a1, reported],
          [a2, untried],
        ],
      }),
    ).toMatchObject({ actions: [], retire: [] });
  });

  it('is started with the list that shows the death, and not before the data plane let go of the address (TRAPS 3)', () => {
    const seen = [[exited, reported] as const, [a2, untried] as const];
    expect(planFor({ seen }).actions).toEqual(['remove a1', 'start a2']);
    expect(planFor({ seen, tables: { claimable: ['a1'] } })).toMatchObject({
      actions: ['remove a1'],
      reasons: { A: 'the data plane still has to let go of a dead replica’s address' },
    });
  });

  it('is given up when the instance passes a probe after all: a report may be late, doubled or of an earlier life (TRAPS 11)', () => {
    expect(
      planFor({
        seen: [
          [a1, ready],
          [a2, untried],
        ],
      }),
    ).toMatchObject({
      actions: [],
      retire: ['retire a2'],
      routes: ['a1 ready'],
      phases: { A: 'ready' },
    });
  });

  it('is given up at once when a deploy or a restart wants another one meanwhile', () => {
    const seen = [
      [a1, reported],
      [a2, untried],
    ] as const;
    expect(planFor({ seen, desired: [slot('A', { renewedFrom: 3 })] }).retire).toEqual(['retire a2']);
    expect(planFor({ seen, desired: [slot('A', { specHash: 'new' })] }).retire).toEqual(['retire a2']);
  });

  const seen = [[a1, reported]] as const;
  const waiting: readonly (readonly [string, World])[] = [
    ['an instance is being made for it already', { seen, underWay: { slots: new Set(['A']) } }],
    ['the engine does not answer', { seen, blind: 'the engine does not answer' }],
    ['others start first', { seen, openings: { members: 0 } }],
    ['the replica is drained', { seen, desired: [slot('A', { drained: true })] }],
    ['the replica died lately: it may have to wait', { seen, slots: slots({ streak: 1, retryAt: 0 }) }],
    ['the engine was in the way a moment ago', { seen, slots: slots({ retryAt: NOW + 1 }) }],
    ['the replica is quarantined', { seen, slots: slots({ quarantine: { reason: 'died' } }) }],
    [
      'a standby takes its place',
      { seen: [...seen, [instance('s1', '-standby-1'), ready]], standbys: [slot('-standby-1')] },
    ],
    ['it never served', { seen: [[a1, { ...untried, ejected: { ...told, death: true } }]] }],
    ['it failed its probes', { seen: [[a1, { ...failing, ejected: { ...told, death: true } }]] }],
    ['it was only sent a stop signal', { seen: [[a1, { ...ready, ejected: told }]] }],
  ];
  it.each(waiting)('is not made while %s', (_, world) => {
    const { actions } = planFor(world);
    expect(actions).not.toContain('prepare A');
    expect(actions).not.toContain('spawn A');
  });

  it('is made for one at a time, and for none while another is being replaced: no more than one instance too many', () => {
    const desired = [slot('A'), slot('B')];
    expect(
      planFor({
        desired,
        seen: [
          [a1, reported],
          [b1, reported],
        ],
      }).actions,
    ).toEqual(['prepare A']);
    expect(
      planFor({
        desired,
        seen: [
          [a1, reported],
          [a2, untried],
          [b1, reported],
        ],
      }).actions,
    ).toEqual([]);
    const making = { slots: new Set(['A']) };
    expect(
      planFor({
        desired,
        seen: [
          [a1, reported],
          [b1, reported],
        ],
        underWay: making,
      }).actions,
    ).toEqual([]);
    const outdated = [slot('A'), slot('B', { renewedFrom: 2 })];
    expect(
      planFor({
        desired: outdated,
        seen: [
          [a1, reported],
          [b1, ready],
        ],
      }).actions,
    ).toEqual(['spawn B']);
    expect(
      planFor({
        desired: outdated,
        seen: [
          [a1, reported],
          [a2, untried],
          [b1, ready],
        ],
      }),
    ).toMatchObject({
      actions: [],
      retire: [],
    });
  });
});

function slots(restart: Partial<typeof UNTROUBLED>): World['slots'] {
  return new Map([['A', { ...NEW_SLOT, restart: { ...UNTROUBLED, ...restart } }]]);
}
