import { describe, expect, it } from '@jest/globals';
import { type CpuProfile, profileTable, selfTimes } from './profile-summary.ts';

const node = (id: number, functionName: string, url = '', lineNumber = -1) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});
const PROFILE: CpuProfile = {
  nodes: [
    node(1, '(root)'),
    node(2, '(idle)'),
    node(3, 'parse', 'file:///repo/dist/head.js', 9),
    node(4, 'parse', 'file:///repo/dist/head.js', 9),
    node(5, 'write', 'node:net', 4),
    node(6, ''),
  ],
  samples: [3, 2, 4, 5, 6],
  timeDeltas: [100, 5000, 200, 90, 10],
};

describe('a profile by function', () => {
  it('sums up the own time of a function over all that call it, as part of the time that was not idle', () => {
    expect(selfTimes(PROFILE, '/repo/')).toEqual([
      { what: 'parse', where: 'dist/head.js:10', part: 0.75, microseconds: 300 },
      { what: 'write', where: 'node:net:5', part: 0.225, microseconds: 90 },
      { what: '(anonymous)', where: '', part: 0.025, microseconds: 10 },
    ]);
  });

  it('shares out what a request costs, what is not shown in one row', () => {
    expect(profileTable(selfTimes(PROFILE, '/repo/'), 10, 1).split('\n').slice(2)).toEqual([
      '| parse | dist/head.js:10 | 75.0 % | 7.50 |',
      '| 2 more |  | 25.0 % | 2.50 |',
    ]);
  });
});
