// How numbers and tables read on the pages.
import { expect, it } from '@jest/globals';
import { number, percent, table } from './markdown.ts';

it.each([
  [10_000, 0, '10,000'],
  [3333.4, 0, '3,333'],
  [1.005, 1, '1.0'],
])('%d with %d decimals reads %s', (value, decimals, text) => expect(number(value, decimals)).toBe(text));

it.each([
  [1 / 6, '16.7 %'],
  [0.0014, '0.14 %'],
  [0, '0 %'],
])('the part %d reads %s', (part, text) => expect(percent(part)).toBe(text));

it('a table has a line of dashes below its head', () => {
  expect(
    table(
      ['a', 'b'],
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ),
  ).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |');
});
