import { expect, it } from '@jest/globals';
import { ReadBuffers } from './read-buffers.js';

it('lends again what was given back, of the size that is asked for', () => {
  const buffers = new ReadBuffers();
  const [small, large] = [buffers.take(false), buffers.take(true)];
  expect(large.length).toBeGreaterThan(small.length);
  buffers.giveBack(small);
  buffers.giveBack(large);
  expect(buffers.take(true)).toBe(large);
  expect(buffers.take(false)).toBe(small);
});

it('keeps no more than a bound of what many long answers gave back', () => {
  const buffers = new ReadBuffers();
  const lent = new Set(Array.from({ length: 100 }, () => buffers.take(true)));
  for (const bytes of lent) buffers.giveBack(bytes);
  const again = Array.from({ length: 100 }, () => buffers.take(true)).filter((bytes) => lent.has(bytes));
  expect(again).toHaveLength(16);
});
