import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pseudonymOf } from '../../routing/pseudonym.js';
import { hasPassed, viaEntry, viaLine } from './via.js';

const OURS = pseudonymOf('0123abcd89ef4567');

describe('Via', () => {
  it('names the pool, and how the request came', () => {
    expect(OURS).toBe('hashflow-0123abcd');
    expect(viaEntry('1.0', OURS)).toBe('1.0 hashflow-0123abcd');
    expect(viaLine('1.1', OURS)).toBe('Via: 1.1 hashflow-0123abcd\r\n');
  });

  it.each([
    '1.1 hashflow-0123abcd',
    '1.1 cdn, 1.1 hashflow-0123abcd, 2 edge',
    'HTTP/1.1 HashFlow-0123ABCD (comment)',
    '1.0 a,1.1\thashflow-0123abcd',
    '1.1 hashflow-0123abcd(x)',
    '1.1 x-hashflow-0123abcd, 1.1 hashflow-0123abcd',
  ])('tells of a loop: %s', (via) => {
    expect(hasPassed(via, OURS)).toBe(true);
  });

  it.each([
    '',
    '1.1 hashflow',
    '1.1 hashflow-89abcdef',
    '1.1 hashflow-0123abcd0',
    '1.1 hashflow-0123abcd.example',
    '1.1 x-hashflow-0123abcd',
    'hashflow-0123abcd',
    'hashflow-0123abcd cdn',
    '1.1 cdn hashflow-0123abcd',
    '1.1 cdn (1.1 hashflow-0123abcd)',
  ])('tells of none: %s', (via) => {
    expect(hasPassed(via, OURS)).toBe(false);
  });

  it('finds the balancer among any others, and nobody else for it', () => {
    const token = fc.string({ unit: fc.constantFrom(...'abcdefhlosw0123-.:_'), minLength: 1, maxLength: 24 });
    const entry = fc
      .tuple(fc.constantFrom('1.0', '1.1', 'HTTP/1.1', '2'), token)
      .map(([version, name]) => `${version} ${name}`);
    fc.assert(
      fc.property(fc.array(entry), fc.array(entry), (before, after) => {
        const without = [...before, ...after];
        const strangers = without.filter((each) => !each.endsWith(` ${OURS}`));
        expect(hasPassed(strangers.join(', '), OURS)).toBe(false);
        expect(hasPassed([...before, viaEntry('1.1', OURS), ...after].join(', '), OURS)).toBe(true);
      }),
    );
  });
});
