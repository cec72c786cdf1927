import { describe, expect, it } from '@jest/globals';
import { readLogQuestion } from './log-question.js';

describe('the question for a log', () => {
  it.each([
    ['', 100, false],
    ['tail=0', 0, false],
    ['tail=1000&follow=true', 1000, true],
    ['follow=false', 100, false],
    ['%74ail=7', 7, false],
  ])('%j is read', (search, tail, follow) => {
    expect(readLogQuestion(search)).toEqual({ tail, follow });
  });

  it.each([
    ['tail=1001', 'tail must be a whole number from 0 to 1000, not "1001"'],
    ['tail=-1', 'tail must be'],
    ['tail=', 'tail must be'],
    ['tail=all', 'tail must be'],
    ['tail=1.5', 'tail must be'],
    ['tail=1e2', 'tail must be'],
    ['tail=%2010', 'tail must be'],
    ['tail=1&tail=2', '"tail" stands more than once'],
    ['follow=1', 'follow must be true or false, not "1"'],
    ['follow', 'follow must be'],
    ['follow=TRUE', 'follow must be'],
    ['lines=5', 'unknown query parameter "lines"'],
    ['__proto__=5', 'unknown query parameter'],
  ])('%j is refused, naming the parameter', (search, reason) => {
    expect(() => readLogQuestion(search)).toThrow(reason);
  });
});
