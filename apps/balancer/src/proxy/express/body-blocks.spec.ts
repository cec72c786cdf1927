import { expect, it } from '@jest/globals';
import { BodyBlocks } from './body-blocks.js';

it('lends again what was given back, and keeps no more of it than a bound', () => {
  const blocks = new BodyBlocks();
  const lent = new Set(Array.from({ length: 100 }, () => blocks.take()));
  expect(lent.size).toBe(100);
  for (const block of lent) blocks.giveBack(block);
  const again = Array.from({ length: 100 }, () => blocks.take()).filter((block) => lent.has(block));
  expect(again).toHaveLength(64);
});
