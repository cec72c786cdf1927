import { describe, expect, it } from '@jest/globals';
import { causeOf, type FailedTry, mayRetry, TryEnded, type TryFacts } from './retry-policy.js';

const facts = (changes: Partial<TryFacts> = {}): TryFacts => ({
  method: 'GET',
  bodyTaken: false,
  responseStarted: false,
  tries: 1,
  maxTries: 3,
  ...changes,
});
const CAUSES: FailedTry[] = [
  'connect_failed',
  'connect_timeout',
  'upstream_closed',
  'upstream_protocol',
  'response_timeout',
];

describe('the cause of a failed try', () => {
  it.each([
    ['ECONNREFUSED', false, 'connect_failed'],
    ['EHOSTUNREACH', false, 'connect_failed'],
    ['ECONNRESET', true, 'upstream_closed'],
    ['EPIPE', true, 'upstream_closed'],
    ['HPE_INVALID_CONSTANT', true, 'upstream_protocol'],
  ])('with %s, connected: %s, is %s', (code, connected, cause) => {
    expect(causeOf(Object.assign(new Error(), { code }), connected)).toBe(cause);
  });

  it('is the one that was given, where we ended the try', () => {
    expect(causeOf(new TryEnded('response_timeout'), true)).toBe('response_timeout');
  });
});

describe('another try', () => {
  it.each(['GET', 'POST', 'PATCH', 'DELETE'])('of %s is allowed after a connection that never stood', (method) => {
    expect(mayRetry('connect_failed', facts({ method }))).toBe(true);
    expect(mayRetry('connect_timeout', facts({ method }))).toBe(true);
  });

  it.each([
    ['GET', true],
    ['HEAD', true],
    ['PUT', true],
    ['DELETE', true],
    ['OPTIONS', true],
    ['POST', false],
    ['PATCH', false],
    ['LOCK', false],
  ])('of %s after a connection that closed without an answer: %s', (method, allowed) => {
    expect(mayRetry('upstream_closed', facts({ method }))).toBe(allowed);
  });

  it('is not allowed where the replica answered badly or late: it may be at work', () => {
    expect([mayRetry('upstream_protocol', facts()), mayRetry('response_timeout', facts())]).toEqual([false, false]);
  });

  it.each(CAUSES)(
    'after %s is never allowed once a byte of the answer is out, of the body was taken, or the tries are used up',
    (cause) => {
      expect(mayRetry(cause, facts({ responseStarted: true }))).toBe(false);
      expect(mayRetry(cause, facts({ bodyTaken: true }))).toBe(false);
      expect(mayRetry(cause, facts({ tries: 3 }))).toBe(false);
    },
  );
});
