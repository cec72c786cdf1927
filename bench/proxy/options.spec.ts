import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.ts';

const parse = (...args: string[]) =>
  parseOptions(args, { cases: ['small', 'page', 'idle'], peers: ['nginx', 'caddy'] });

describe('the command line', () => {
  it('measures everything five times when nothing is said, and writes nothing', () => {
    expect(parse()).toEqual({
      rounds: 5,
      turnMs: 1500,
      idleConnections: 10_000,
      memoryRequests: 1_000_000,
      only: ['small', 'page', 'idle'],
      peers: ['nginx', 'caddy'],
      action: 'measure',
      install: false,
      write: false,
    });
  });

  it('measures a part of it, in the usual order', () => {
    expect(parse('--only=page,small', '--peers=nginx')).toMatchObject({ only: ['small', 'page'], peers: ['nginx'] });
    expect(parse('--peers=').peers).toEqual([]);
  });

  it('looks quickly, but as often as it is told', () => {
    expect(parse('--quick')).toMatchObject({ rounds: 1, idleConnections: 1000 });
    expect(parse('--quick', '--rounds=3').rounds).toBe(3);
  });

  it.each([
    [['--rounds=0'], '--rounds=0 must be'],
    [['--rounds=x'], '--rounds=x must be'],
    [['--only=huge'], '--only=huge must be of small, page, idle'],
    [['--peers=nginx,apache'], '--peers=apache must be of nginx, caddy'],
    [['--memory', '--draw'], 'exclude each other'],
    [['--fast'], '--fast'],
  ])('refuses %j by name', (args, reason) => expect(() => parse(...args)).toThrow(reason));

  it.each([['--quick'], ['--only=small'], ['--peers=nginx'], ['--rounds=4']])(
    'stores no result of a part of the measurement (%s)',
    (flag) => expect(() => parse('--write', flag)).toThrow('whole run of at least 5 rounds'),
  );

  it('stores more rounds than it has to, and draws what is stored', () => {
    expect(parse('--write', '--rounds=9')).toMatchObject({ write: true, rounds: 9 });
    expect(parse('--draw')).toMatchObject({ action: 'draw' });
  });
});
