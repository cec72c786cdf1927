// Which Node versions will do.
import { expect, test } from '@jest/globals';
import { atLeast, fitsSetUp, setUpNeeds } from './node-version.mjs';

test.each([
  ['18.20.8', false],
  ['20.9.0', false],
  ['20.18.3', false],
  ['20.19.0', true],
  ['20.20.2', true],
  ['22.0.0', true],
  ['100.0.0', true],
])('Node %s for the set-up: %s', (version, fits) => {
  expect(fitsSetUp(version)).toBe(fits);
});

test('versions compare as numbers, not as text', () => {
  expect(atLeast('24.9.0', '24.15.0')).toBe(false);
  expect(atLeast('24.15.0', '24.9.0')).toBe(true);
});

test('the refusal names both the version that is here and the one that is needed', () => {
  expect(setUpNeeds('18.19.0')).toContain('18.19.0');
  expect(setUpNeeds('18.19.0')).toContain('20.19.0');
});
