// What makes an install or a build stale, and what does not.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buildFingerprint, installFingerprint, installMatchesLockfile } from './fingerprint.mjs';

let root;
const put = (path, content) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hashflow-fingerprint-'));
  for (const file of ['package-lock.json', '.npmrc', 'tsconfig.json', 'nest-cli.json']) put(file, '{}');
  put('apps/balancer/src/main.ts', 'one');
  put('libs/hashing/src/index.ts', 'two');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a build is stale after', () => {
  test.each([
    ['a changed source', 'apps/balancer/src/main.ts'],
    ['a new source', 'libs/hashing/src/new.ts'],
    ['changed compiler settings', 'tsconfig.json'],
    ['changed settings of one app', 'apps/balancer/tsconfig.app.json'],
    ['changed dependencies', 'package-lock.json'],
  ])('%s', (_, file) => {
    const before = buildFingerprint(root);
    put(file, 'changed');
    expect(buildFingerprint(root)).not.toBe(before);
  });

  test('a moved source, content and all', () => {
    const before = buildFingerprint(root);
    rmSync(join(root, 'libs/hashing/src/index.ts'));
    put('libs/hashing/src/other.ts', 'two');
    expect(buildFingerprint(root)).not.toBe(before);
  });
});

test('a changed test makes no build stale', () => {
  const before = buildFingerprint(root);
  put('apps/balancer/src/main.spec.ts', 'a test');
  put('apps/balancer/test/harness.ts', 'a harness');
  put('apps/balancer/src/runtime/testing/contract.ts', 'a contract');
  expect(buildFingerprint(root)).toBe(before);
});

test('node_modules of another system are stale', () => {
  expect(installFingerprint(root, 'linux-x64')).not.toBe(installFingerprint(root, 'linux-arm64'));
});

describe('an install by hand', () => {
  const lock = (packages) => ({ packages: { '': {}, ...packages } });
  test.each([
    [
      'counts when every package is there',
      { 'node_modules/a': { version: '1.0.0' } },
      { 'node_modules/a': { version: '1.0.0' } },
      true,
    ],
    [
      'does not count with another version',
      { 'node_modules/a': { version: '1.0.0' } },
      { 'node_modules/a': { version: '1.0.1' } },
      false,
    ],
    ['does not count without a package', { 'node_modules/a': { version: '1.0.0' } }, {}, false],
    [
      'counts without an optional one of another system',
      { 'node_modules/a': { version: '1.0.0', optional: true } },
      {},
      true,
    ],
    ['counts with packages that nobody asked for', {}, { 'node_modules/b': { version: '1.0.0' } }, true],
  ])('%s', (_, asked, installed, expected) => {
    put('package-lock.json', lock(asked));
    put('node_modules/.package-lock.json', lock(installed));
    expect(installMatchesLockfile(root)).toBe(expected);
  });

  test('does not count when it was cut off before npm wrote its own lockfile', () => {
    put('package-lock.json', lock({}));
    expect(installMatchesLockfile(root)).toBe(false);
  });
});
