import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { chooseAddress } from './choose-address.js';

const addresses = fc.array(fc.ipV4(), { maxLength: 5 });

describe('of the addresses of a name', () => {
  it('the first is taken', () => {
    expect(chooseAddress(undefined, ['10.0.0.1', '10.0.0.2'])).toBe('10.0.0.1');
  });

  it('the one in use is kept for as long as the name has it, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.ipV4(), addresses, addresses, (current, before, after) => {
        expect(chooseAddress(current, [...before, current, ...after])).toBe(current);
      }),
    );
  });

  it('the first follows one that is gone, and an empty answer changes nothing', () => {
    expect(chooseAddress('10.0.0.9', ['10.0.0.1', '10.0.0.2'])).toBe('10.0.0.1');
    expect(chooseAddress('10.0.0.9', [])).toBe('10.0.0.9');
    expect(chooseAddress(undefined, [])).toBeUndefined();
  });
});
