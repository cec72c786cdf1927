// The drills in short, as `npm run drill` carries them out: one kill, and ten random events under a steady load, on local
// processes. Graded by what replicas noted and clients saw; no time is asserted.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './harness.js';

const MAIN = join(import.meta.dirname, '../../../drills/main.ts');
const out = mkdtempSync(join(tmpdir(), 'hashflow-drill-e2e-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

/** @returns its exit code and all that it said */
function drill(...args: string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [MAIN, ...args, '--runtime', 'process', '--out', out], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}

const inspectorIsFree = () =>
  fetch('http://127.0.0.1:9229/json/version').then(
    () => undefined,
    () => true,
  );

const resultOf = (id: string) => JSON.parse(readFileSync(join(out, `${id}-process.json`), 'utf8')).result;

describe('npm run drill', () => {
  it.each([
    ['kill', ['kill', '--seconds', '2', '--rate', '60']],
    ['steady', ['steady', '--events', '10', '--seed', '5', '--seconds', '2', '--rate', '60']],
  ])(
    '%s: no request is lost that could be saved, and the report has a picture',
    async (id, args) => {
      const { text } = await drill(...args);
      const result = (() => {
        try {
          return resultOf(id);
        } catch {
          throw new Error(text);
        }
      })();
      const failed = result.failures.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
      expect({ failed: failed - result.lostWithInstance, failures: result.failures }).toMatchObject({ failed: 0 });
      expect(result.counting).toMatchObject({ postsTwice: [], early: [], late: [] });
      expect(result.counting.arrivals).toBeGreaterThan(50);
      expect(result.keys.needless).toBe(0);
      expect(readFileSync(join(out, `${id}-process.svg`), 'utf8')).toContain('</svg>');
      expect(readFileSync(join(out, 'drills.md'), 'utf8')).toContain(`](${id}-process.svg)`);
    },
    240_000,
  );

  it('worker: with two of them, only what the dead one carried is lost, and it is replaced', async () => {
    // Node's inspector, by which a thread can be ended from outside, has one port for all programs, and other suites use it, too.
    await eventually('nobody uses the inspector', inspectorIsFree, 120_000);
    const { text } = await drill('worker', '--seconds', '4', '--rate', '60');
    if (text.includes('left out: another program uses')) return console.info(text);
    const { grade, failures } = resultOf('worker');
    expect({ grade: grade.letter, failures }).toMatchObject({ grade: expect.stringMatching(/[AB]/) });
    expect(failures.filter(({ status }: { status: number }) => status !== 0)).toEqual([]);
  }, 240_000);

  it('refuses what it does not know, with all names that it does', async () => {
    const { code, text } = await drill('kil');
    expect(code).toBe(1);
    expect(text).toContain('there is no drill kil; there are: all, kill, freeze');
  });
});
