import { describe, expect, it } from '@jest/globals';
import { againAfter, causeOf, isIdempotent, TryEnded } from './retry-policy.js';

describe('the cause of a failed try', () => {
  it.each([
    ['ECONNREFUSED', false, 'connect_failed'],
    ['EHOSTUNREACH', false, 'connect_failed'],
    ['ECONNRESET', true, 'upstream_closed'],
    ['EPIPE', true, 'upstream_closed'],
    ['HPE_INVALID_CONSTANT', true, 'upstream_protocol'],
    ['EMFILE', false, 'overload'],
    ['ENFILE', false, 'overload'],
  ])('with %s, connected: %s, is %s', (code, connected, cause) => {
    expect(causeOf(Object.assign(new Error(), { code }), connected)).toBe(cause);
  });

  it('is the one that was given, where we ended the try', () => {
    expect(causeOf(new TryEnded('response_timeout'), true)).toBe('response_timeout');
  });
});

describe('a method', () => {
  it.each([
    ['GET', true],
    ['HEAD', true],
    ['PUT', true],
    ['DELETE', true],
    ['OPTIONS', true],
    ['TRACE', true],
    ['POST', false],
    ['PATCH', false],
    ['LOCK', false],
    ['get', false],
  ])('%s may be carried out twice: %s', (method, idempotent) => {
    expect(isIdempotent(method)).toBe(idempotent);
  });
});

describe('another try', () => {
  it.each([
    ['connect_failed', 'free'],
    ['connect_timeout', 'paid'],
  ] as const)('after %s is %s for every method: the replica has seen nothing', (cause, again) => {
    expect([againAfter(cause, false, true), againAfter(cause, false, false)]).toEqual([again, again]);
  });

  it.each([
    ['upstream_closed', 'free'],
    ['response_timeout', 'paid'],
    ['unavailable', 'paid'],
    ['upstream_protocol', 'never'],
  ] as const)('after %s is %s for what may be carried out twice, and never for anything else', (cause, again) => {
    expect([againAfter(cause, true, true), againAfter(cause, true, false)]).toEqual([again, 'never']);
  });
});
