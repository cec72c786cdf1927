import { describe, expect, it } from '@jest/globals';
import { differenceTable, faults, sumTable, type WireResult } from './result.ts';

const verdict = (judgement: 'refused' | 'clean' | 'smuggled', allowed = true) => ({
  judgement,
  allowed,
  reason: 'why',
});
const RESULT: WireResult = {
  contestants: [
    { name: 'ours', version: '', ours: true },
    { name: 'other', version: '1.2', ours: false },
  ],
  cases: [
    {
      group: 'g',
      name: 'one',
      section: '9112',
      may: 'refuse',
      verdicts: [verdict('refused'), verdict('smuggled', false)],
    },
    {
      group: 'g',
      name: 'two',
      section: '9112',
      may: 'forward',
      verdicts: [verdict('clean'), verdict('refused', false)],
    },
  ],
};

describe('the wire comparison', () => {
  it('sums up what each proxy did', () => {
    expect(sumTable(RESULT)).toContain('| **ours** | 1 | 1 | 0 | 0 | 0 |');
    expect(sumTable(RESULT)).toContain('| other 1.2 | 1 | 0 | 0 | 1 | 1 |');
  });

  it('shows the requests that somebody got wrong', () => {
    expect(differenceTable(RESULT).split('\n').slice(2)).toEqual(['| g: one | 9112 | refused | **smuggled** |']);
  });

  it('fails for our own lanes alone', () => {
    expect(faults(RESULT)).toEqual([]);
    const ours = { ...RESULT, contestants: RESULT.contestants.map((one) => ({ ...one, ours: true })) };
    expect(faults(ours)).toEqual(['other: g: one: smuggled why', 'other: g: two: refused why']);
  });
});
