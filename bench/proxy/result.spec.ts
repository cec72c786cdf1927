import { describe, expect, it } from '@jest/globals';
import { verdicts } from './goals.ts';
import {
  idleKilobytes,
  type MeasuredCase,
  medianOf,
  type ProxyResult,
  ratioOf,
  timeAdded,
  type Turn,
} from './result.ts';
import { proxyTables } from './tables.ts';

const turn = (cpu: number, p50 = 100, p99 = 200): Turn => ({
  requests: 1000,
  seconds: 0.5,
  cpuSeconds: cpu / 1000,
  p50,
  p99,
  rss: 20,
});
const SMALL: MeasuredCase = {
  id: 'small',
  name: 'small answer',
  answers: 'nginx 1',
  turns: {
    // The second round was disturbed: everything cost ten times as much.
    haproxy: [turn(20), turn(200), turn(22)],
    express: [turn(24), turn(250), turn(33)],
  },
};
const ONE: MeasuredCase = {
  id: 'one',
  name: 'one connection',
  answers: 'nginx 1',
  turns: { direct: [turn(0, 10), turn(0, 30), turn(0, 10)], express: [turn(50, 60), turn(50, 90), turn(50, 61)] },
};
const RESULT: ProxyResult = {
  rounds: 3,
  turnMs: 500,
  cores: { proxy: 1, load: 0, answers: 0 },
  contestants: [
    { id: 'haproxy', name: 'HAProxy', version: '2.6' },
    { id: 'express', name: 'HashFlow', version: '0.1' },
  ],
  cases: [SMALL, ONE],
  idle: { connections: 1000, rss: { express: { before: 50, after: 60 } } },
};

describe('what is concluded', () => {
  it('is the median over the rounds', () => {
    expect(medianOf(SMALL, 'express', 'cpu')).toBeCloseTo(33);
    expect(medianOf(SMALL, 'express', 'rate')).toBe(2000);
    expect(medianOf(SMALL, 'caddy', 'cpu')).toBeNaN();
  });

  it('compares turns of the same round, so that a disturbed round changes no ratio', () => {
    const ratio = ratioOf(SMALL, 'express', 'haproxy', 'cpu');
    expect(ratio?.median).toBeCloseTo(1.25);
    expect([ratio?.least, ratio?.most].map((one) => one?.toFixed(2))).toEqual(['1.20', '1.50']);
    expect(ratioOf(SMALL, 'express', 'caddy', 'cpu')).toBeUndefined();
  });

  it('takes the time without a proxy off, round by round', () => {
    expect(timeAdded(ONE, 'express')).toBe(51);
    expect(timeAdded(SMALL, 'express')).toBeNaN();
  });

  it('divides the memory by the connections that it is for', () => {
    expect(idleKilobytes({ connections: 1000, rss: { express: { before: 50, after: 60 } } }, 'express')).toBeCloseTo(
      10.49,
    );
  });

  it('is held against the goals, as far as it was measured', () => {
    expect(verdicts(RESULT)).toEqual([
      { what: 'small answer: CPU beside HAProxy', most: '1.35x', measured: '1.25x (1.20 to 1.50)', reached: true },
      { what: 'small answer: p99 beside HAProxy', most: '2.00x', measured: '1.00x (1.00 to 1.00)', reached: true },
      { what: 'memory per idle connection', most: '10 kB', measured: '10.5 kB', reached: false },
    ]);
  });
});

describe('the tables', () => {
  const text = proxyTables(RESULT);

  it('show the cost of each program, and the ratio of the lane to it', () => {
    expect(text).toContain('| small answer | 22.0 (1.25x) | 33.0 |');
    expect(text).toContain('| HAProxy | 22.0 | 4 % | 2,000 | 100 | 200 | 20 |');
  });

  it('say what was reached and what was missed', () => {
    expect(text).toContain('| small answer: CPU beside HAProxy | ≤ 1.35x | 1.25x (1.20 to 1.50) | reached |');
    expect(text).toContain('| memory per idle connection | ≤ 10 kB | 10.5 kB | **missed** |');
  });

  it('leave a cell empty where nothing was measured', () => {
    expect(text).toContain('| HAProxy |  |  |\n| HashFlow | 51 | 10.5 |');
    expect(text).toContain('| one connection |  | 50.0 |');
  });

  it('tell how it was measured, and with which versions', () => {
    expect(text).toContain('3 rounds of 0.5 s each');
    expect(text).toContain('HAProxy 2.6, HashFlow 0.1.');
  });
});
