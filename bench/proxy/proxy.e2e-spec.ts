// A tiny round of the proxy benchmark over the built program, with whoever is installed: every answer of every program is checked by
// the load generator, so that what cannot carry the cases fails here and not in a long run.
import { describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const MAIN = join(import.meta.dirname, '../proxy.ts');
const possible = process.platform === 'linux' && availableParallelism() > 1 ? describe : describe.skip;

possible('a tiny round', () => {
  it('measures both lanes and the peers that are there, and prints their cost', async () => {
    const args = [MAIN, '--quick', '--only=small,upload', '--peers=nginx,haproxy'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 110_000 });
    expect(stdout).toMatch(/\| HashFlow, express lane \| [\d.,]+ \| \d+ % \| [\d,]+ \|/);
    expect(stdout).toMatch(/\| HashFlow, standard lane \| [\d.,]+ \| \d+ % \| [\d,]+ \|/);
    expect(stdout).toContain('**64 KiB upload, 64 connections**');
    expect(stdout).toContain('1 round of 0.25 s each');
  }, 120_000);

  it('refuses what it does not know before it starts anything', async () => {
    const refused = promisify(execFile)(process.execPath, [MAIN, '--only=everything']);
    await expect(refused).rejects.toThrow('--only=everything must be of small,');
  });

  it('leaves no process and no file behind when it is broken off', async () => {
    const args = [MAIN, '--quick', '--rounds=100', '--only=small', '--peers=nginx,haproxy'];
    const folder = mkdtempSync(join(tmpdir(), 'hashflow-broken-off-'));
    const env = { ...process.env, TMPDIR: folder };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    // The label of the first turn: everything has been started.
    let said = '';
    for await (const chunk of child.stderr) if ((said += String(chunk)).includes('small answer')) break;
    const started = descendantsOf(child.pid ?? NaN);
    expect(started.length).toBeGreaterThan(4);
    child.kill('SIGTERM');
    await once(child, 'exit');
    while (started.some(runs)) await delay(50);
    rmdirSync(folder); // only an empty one
  }, 120_000);
});

function descendantsOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
