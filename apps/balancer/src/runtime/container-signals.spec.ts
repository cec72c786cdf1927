import { describe, expect, it } from '@jest/globals';
import { signalName, signalNumber } from './container-signals.js';

describe('signals inside a container', () => {
  it.each([
    ['SIGTERM', 15],
    ['term', 15],
    ['QUIT', 3],
    ['SIGWINCH', 28],
    ['9', 9],
    ['SIGRTMIN', 34],
    ['RTMIN+3', 37],
    ['SIGRTMIN+30', 64],
    ['SIGRTMIN+31', undefined],
    ['0', undefined],
    ['65', undefined],
    ['SIGNONE', undefined],
    ['toString', undefined],
    ['', undefined],
  ])('%j is %s', (text, number) => {
    expect(signalNumber(text)).toBe(number);
  });

  it('have names where they have one', () => {
    expect([signalName(15), signalName(28), signalName(99)]).toEqual(['SIGTERM', 'SIGWINCH', undefined]);
  });
});
