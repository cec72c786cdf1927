// The examples of the README run, and print what it says.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as hashing from './index.js';

const readme = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '..', 'README.md'), 'utf8');
const examples = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code);

/** `expression; // → value` becomes a check of the value; the import line becomes the library itself. */
function run(code: string, check: (actual: unknown, expected: unknown) => void): void {
  const body = code
    .replace(/^import (\{.*\}) from '@hashflow\/hashing';$/gm, 'const $1 = hashing;')
    .replace(/^(.+); \/\/ → (.+)$/gm, (_, expression, value) => `check(${expression}, ${value});`);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- our own README, and the point of the test
  new Function('hashing', 'check', body)(hashing, check);
}

describe('the README', () => {
  it.each(examples.map((code, index) => [index + 1, code] as const))(
    'says in example %d what really comes out',
    (_, code) => {
      let checked = 0;
      run(code, (actual, expected) => {
        checked++;
        const plain = JSON.parse(JSON.stringify(actual), (__, value: unknown) =>
          typeof value === 'number' ? Number(value.toFixed(9)) : value,
        );
        expect(plain).toEqual(expected);
      });
      expect(checked).toBeGreaterThan(4);
    },
  );

  it('has two examples', () => {
    expect(examples).toHaveLength(2);
  });
});
