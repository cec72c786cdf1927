import { expect, it } from '@jest/globals';
import { pick } from './pick.ts';

it('gives a key the same choice each time, and all choices their part of many keys', () => {
  const picked = Array.from({ length: 300 }, (_, k) => pick(['a', 'b', 'c'], `user-${k}`));
  expect(picked).toEqual(Array.from({ length: 300 }, (_, k) => pick(['a', 'b', 'c'], `user-${k}`)));
  for (const choice of 'abc') expect(picked.filter((one) => one === choice).length).toBeGreaterThan(70);
});
