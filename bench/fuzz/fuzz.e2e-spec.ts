// A bounded run of the fuzzer over the built parsers, drawn and guided: no input on which they and llhttp disagree. Millions of inputs are
// `npm run fuzz`'s.
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { GuidedRun } from './guided.ts';

const MAIN = join(import.meta.dirname, '../fuzz.ts');
const fuzz = async (...args: string[]) => {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--seed=20261', ...args], { timeout: 170_000 });
  return stdout;
};

it('what is kept for what it made the parser do leads behind conditions that blind changes do not meet', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'testing/maze.ts')]);
  const { guided, blind } = JSON.parse(stdout) as { guided: GuidedRun; blind: GuidedRun };
  expect(guided).toMatchObject({ reached: 1, fault: { reason: 'found' } });
  expect(blind).toMatchObject({ inputs: guided.inputs });
  expect(blind.fault).toBeUndefined();
  expect(blind.reached).toBeLessThan(1);
}, 180_000);

describe('the fuzzer', () => {
  it('finds no disagreement among 40,000 drawn inputs, of which many are taken and many refused', async () => {
    const told = await fuzz('--inputs=40000');
    expect(told).toContain('no disagreement');
    for (const outcome of [
      'requests: plain',
      'requests: refused',
      'answers: complete',
      'answers: broken',
      'bodies: whole',
    ])
      expect(told).toMatch(new RegExp(`${outcome} [\\d,]{5,}\\n`));
  }, 180_000);

  it('finds none among inputs that are chosen by what they make the parsers do', async () => {
    const told = await fuzz('--guided', '--inputs=500');
    expect(told).toContain('no disagreement');
    // Beyond the eight that it begins with.
    for (const parser of ['heads of requests', 'chunked bodies', 'heads of answers'])
      expect(told).toMatch(new RegExp(`\\| ${parser} \\| guided \\| 500 \\| (?:[2-9]\\d|\\d{3,}) \\|`));
  }, 180_000);
});
