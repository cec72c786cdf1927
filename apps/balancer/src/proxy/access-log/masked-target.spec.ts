import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sightDefinitions } from '../../config/sight-definitions.js';
import { compileTargetMask, MASK } from './masked-target.js';

const mask = compileTargetMask(sightDefinitions.accessLogMask.default.split(','));
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

describe('what the access log shows of a target', () => {
  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['*', '*'],
    ['/a?page=2&sort=name', '/a?page=2&sort=name'],
    ['/a?zipcode=10115&monkey=1&design=2', '/a?zipcode=10115&monkey=1&design=2'],
    ['/a?token', '/a?token'],
    ['/token=1/a', '/token=1/a'],
  ])('is %s as it stands: nothing in it is secret', (target, shown) => {
    expect(mask(target)).toBe(shown);
  });

  it.each([
    ['/a?token=abc', '/a?token=***'],
    ['/a?x=1&access_token=abc&y=2', '/a?x=1&access_token=***&y=2'],
    ['/a?accesstoken=abc', '/a?accesstoken=***'],
    ['/a?apiKey=abc', '/a?apiKey=***'],
    ['/a?API-KEY=abc', '/a?API-KEY=***'],
    ['/a?X-Amz-Signature=abc&X-Amz-Date=1', '/a?X-Amz-Signature=***&X-Amz-Date=1'],
    ['/a?user%5Bpassword%5D=abc', '/a?user%5Bpassword%5D=***'],
    ['/a?%74oken=abc', '/a?%74oken=***'],
    ['/a?code=abc;sid=def', '/a?code=***;sid=***'],
    ['/a;jsessionid=abc/b?x=1', '/a;jsessionid=***/b?x=1'],
    ['/a?token=a=b', '/a?token=***'],
    ['/a?token=abc?x', '/a?token=***'],
    ['/a?token=%zz', '/a?token=***'],
    [`/a?x=${JWT}`, '/a?x=***'],
    [`/login/${JWT}/next`, '/login/***/next'],
    ['/a?to=http://me:word@host/', '/a?to=http://***@host/'],
    ['/a?to=http%3A%2F%2Fme%3Aword%40host', '/a?to=http%3A%2F%2F***%40host'],
  ])('is no secret of %s', (target, shown) => {
    expect(mask(target)).toBe(shown);
  });

  it('never holds the value of a listed parameter, whatever stands around it', () => {
    const word = fc.constantFrom('token', 'password', 'sig', 'Code', 'api_key', 'client-secret');
    fc.assert(
      fc.property(fc.webQueryParameters(), word, fc.webQueryParameters(), (before, name, after) => {
        const shown = mask(`/a?${before}&${name}=HUSH-HUSH&${after}`);
        expect(shown).not.toContain('HUSH');
        expect(shown).toContain(`${name}=${MASK}`);
      }),
    );
  });

  it('hides the same whether names are looked at by their letters first or not', () => {
    const words = ['token', 'sid', 'k8', 'otp'];
    // Nothing is called like the last one, and it has no two letters.
    const thorough = compileTargetMask([...words, '#']);
    const quick = compileTargetMask(words);
    const part = fc.constantFrom(
      't',
      'o',
      'k',
      'e',
      'n',
      's',
      'i',
      'd',
      '8',
      'p',
      'T',
      'O',
      'K',
      'S',
      '-',
      '_',
      '%',
      '%6F',
      '\u212a',
    );
    const name = fc.oneof(
      fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.tuple(part, fc.constantFrom(...words, 'Token', 'SID'), part).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const target = `/a?${names.map((one) => `${one}=HUSH`).join('&')}`;
        expect(quick(target)).toBe(thorough(target));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no longer than a long target deserves', () => {
    const long = `/a?${'x'.repeat(8000)};;;;${'=&'.repeat(4000)}:%2f%2f${'%3a'.repeat(2000)}@eyJ${'.'.repeat(4000)}`;
    const begin = performance.now();
    for (let round = 0; round < 20; round++) mask(long);
    // Quadratic matching would take minutes.
    expect(performance.now() - begin).toBeLessThan(5000);
  });
});
