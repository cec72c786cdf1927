// The grades, from the best to the worst, at their borders.
import { describe, expect, it } from '@jest/globals';
import { grade, type GradeFacts, RULES } from './grade.js';

const GOOD: GradeFacts = { sent: 10_000, failed: 0, inOutage: 0, worstMs: 900, limitMs: 1_000, broken: [] };

describe('the grade of a drill', () => {
  it.each<[string, Partial<GradeFacts>]>([
    ['A', {}],
    ['A', { worstMs: 1_000 }],
    ['B', { worstMs: 1_001 }],
    ['B', { inOutage: 500 }],
    ['C', { failed: 1 }],
    ['C', { failed: 10 }],
    ['D', { failed: 11 }],
    ['D', { failed: 100 }],
    ['E', { failed: 101 }],
    ['E', { failed: 10_000 }],
    ['F', { broken: ['1 POSTs reached replicas twice'] }],
    ['F', { failed: 1, broken: ['Server 2 did not come back'] }],
  ])('is %s with %j', (letter, facts) => {
    expect(grade({ ...GOOD, ...facts }).letter).toBe(letter);
  });

  it('says why it is no better, and nothing where it could not be', () => {
    expect(grade(GOOD).reasons).toEqual([]);
    expect(grade({ ...GOOD, inOutage: 3, worstMs: 1_234.5 }).reasons).toEqual([
      '3 of 10000 requests failed in the outage',
      'the slowest took 1235 ms, the limit is 1000 ms',
    ]);
    expect(grade({ ...GOOD, failed: 2, inOutage: 3 }).reasons).toEqual(['2 of 10000 requests failed']);
    expect(grade({ ...GOOD, broken: ['x', 'y'] }).reasons).toEqual(['x', 'y']);
  });

  it('is never an A when nothing could be sent', () => {
    expect(grade({ ...GOOD, sent: 0 }).letter).toBe('F');
  });

  it('has a rule for the page for each letter', () => {
    expect(RULES.map(([letter]) => letter)).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
  });
});
