// How the life benchmark's samples become a table with a verdict.
import { describe, expect, it } from '@jest/globals';
import { type LifeResult, lifeTable, loadNote, quantile } from './result.ts';

const samples = { bare: [100, 200, 300], crash: [301], add: [400], standbyCrash: [150], standbyAdd: [101] };
const result: LifeResult = { replicas: 4, loadBefore: 7.25, runtimes: [{ runtime: 'docker', samples }] };

describe('the result of the life benchmark', () => {
  it('takes the least sample that so much of all are not above', () => {
    expect([0, 0.5, 0.95, 1].map((part) => quantile([4, 1, 3, 2], part))).toEqual([1, 2, 4, 4]);
  });

  it('says of each goal whether it was reached: a crash by what the bare engine took in the same run', () => {
    const rows = lifeTable(result).split('\n').slice(2);
    expect(rows.map((row) => row.split(' | ').slice(-2).join(': ').replace(/ \|$/, ''))).toEqual([
      ': ',
      '≤ 300 (1.5 × bare): missed',
      '≤ 150: reached',
      ': ',
      '≤ 100: missed',
    ]);
  });

  it('tells when the machine had other things to do', () => {
    expect(loadNote(result, 2)).toContain('was busy with other things');
    expect(loadNote({ ...result, loadBefore: 0.4 }, 2)).toContain('was free');
  });
});
