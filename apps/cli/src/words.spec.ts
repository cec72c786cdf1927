// How the program writes for people, and which balancer it speaks to.
import { describe, expect, it } from '@jest/globals';
import { duration, percent, plain } from './figures.js';
import { eventLine, overviewLines } from './overview.js';
import { table } from './table.js';
import { targetOf } from './target.js';

describe('figures', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1s'],
    [61_000, '1m 1s'],
    [3_600_000, '1h'],
    [90_061_000, '1d 1h'],
  ])('writes %i ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('obeys nothing that came from elsewhere', () => {
    expect(plain('a\u001b[2Jb\nc\u009bd')).toBe('a?[2Jb?c?d');
    expect(percent(1 / 3)).toBe('33.3 %');
  });
});

describe('a table', () => {
  it('has columns as wide as they must be, and is cut to the terminal', () => {
    expect(
      table(
        ['A', 'BB'],
        [
          ['long', 'x'],
          ['s', 'yyyyyy'],
        ],
      ),
    ).toEqual(['A     BB', 'long  x', 's     yyyyyy']);
    expect(table(['A', 'BB'], [['long', 'yyyyyy']], 9)).toEqual(['A     BB', 'long  yy…']);
  });
});

describe('the overview', () => {
  const status = {
    pool: 'p',
    runtime: 'docker',
    algorithm: 'hrw',
    digest: '0123456789abcdef',
    epoch: 1,
    desired: 1,
    ready: 0,
    panic: true,
    draining: 1,
    standby: { wanted: 2, ready: 1 },
    engine: { status: 'unreachable', since: '2030-01-01T00:00:00.000Z', reason: 'no answer' },
    drift: ['N=5 is not applied'],
  };
  const now = Date.UTC(2030, 0, 1, 0, 1);

  it('says first what is wrong', () => {
    expect(overviewLines({ status, replicas: [] }, now).slice(0, 4)).toEqual([
      'pool p: 0 of 1 ready, 1 draining, 1 of 2 standing by   (docker, hrw, ring 0123456789ab)',
      '! the engine is away since 1m: no answer',
      '! panic: too few replicas are ready, those that fail are tried too',
      '! N=5 is not applied',
    ]);
  });

  it('puts an event on one line, without what says nothing', () => {
    const line = eventLine({
      id: 'b-1',
      at: '2030-01-01T00:00:00.000Z',
      type: 'death',
      replica: 'Server 1',
      instance: 'x',
      reason: 'it was ended by SIGKILL\u001b[2J',
      code: null,
      signal: 'SIGKILL',
      moved: 0.25,
      lines: ['a', 'b'],
    });
    expect(line).toMatch(
      /^\d\d:\d\d:00 {2}death {11}Server 1 {6}it was ended by SIGKILL\?\[2J, signal SIGKILL, moved 25.0 %, a; b$/,
    );
  });
});

describe('the balancer that is spoken to', () => {
  it.each([
    [undefined, {}, 'http://127.0.0.1:5001'],
    [undefined, { ADMIN_HOST: '0.0.0.0', ADMIN_PORT: '7' }, 'http://127.0.0.1:7'],
    [undefined, { ADMIN_HOST: '::', ADMIN_PORT: '7' }, 'http://[::1]:7'],
    [undefined, { ADMIN_HOST: 'ops.example' }, 'http://ops.example:5001'],
    ['https://lb.example/admin/', { ADMIN_PORT: '7' }, 'https://lb.example/admin'],
  ])('is %j with %j: %s', (given, env, url) => {
    expect(targetOf(given, env).url).toBe(url);
  });

  it.each(['nonsense', 'ftp://x', 'http://u:p@x', '//x'])('is not %j', (given) => {
    expect(() => targetOf(given, {})).toThrow(/--url must/);
  });

  it('gets the token of the environment', () => {
    expect(targetOf(undefined, { ADMIN_TOKEN: 't' }).token).toBe('t');
    expect(targetOf(undefined, { ADMIN_TOKEN: '' }).token).toBeUndefined();
  });
});
