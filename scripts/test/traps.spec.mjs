// Keeps docs/traps.md true: each trap that it lists is held by a test with that number in its name, in each file that it names.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const LISTED_AT_LEAST = Array.from({ length: 30 }, (_, index) => index + 1);

/** Trap numbers in the names of a file's tests and suites. */
function numbersIn(text) {
  const names = [...text.matchAll(/\(TRAPS (\d+(?:, \d+)*)\)['`]/g)];
  return new Set(names.flatMap(([, numbers]) => numbers.split(', ').map(Number)));
}

const held = new Map(
  ['apps', 'libs']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((path) => join(root, folder, path)))
    .filter((path) => /(spec|contract)\.ts$/.test(path))
    .map((path) => [basename(path), numbersIn(readFileSync(path, 'utf8'))]),
);
const rows = readFileSync(join(root, 'docs/traps.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map((cells) => ({ number: Number(cells[1]), files: [...cells[4].matchAll(/`([^`]+)`/g)].map(([, file]) => file) }));

describe('the table of traps', () => {
  it('lists each of the 30 once', () => {
    const numbers = rows.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)]);
    expect(numbers).toEqual(expect.arrayContaining(LISTED_AT_LEAST));
  });

  it.each(rows)('names for trap $number only files with a test that carries the number', ({ number, files }) => {
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      expect([...held.keys()]).toContain(file);
      expect({ file, numbers: [...held.get(file)] }).toMatchObject({ numbers: expect.arrayContaining([number]) });
    }
  });
});
