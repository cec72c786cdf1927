// A tiny round of the proxy benchmark over the built program, with whoever is installed: every answer of every program is checked by
// the load generator, so that what cannot carry the cases fails here and not in a long run.
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MAIN = join(import.meta.dirname, '../proxy.ts');
const possible = process.platform === 'linux' && availableParallelism() > 1 ? describe : describe.skip;

possible('a tiny round', () => {
  it('measures both lanes and the peers that are there, and prints their cost', async () => {
    const args = [MAIN, '--quick', '--only=small,upload', '--peers=nginx,haproxy'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 55_000 });
    expect(stdout).toMatch(/\| HashFlow, express lane \| [\d.,]+ \| [\d,]+ \|/);
    expect(stdout).toMatch(/\| HashFlow, standard lane \| [\d.,]+ \| [\d,]+ \|/);
    expect(stdout).toContain('**64 KiB upload, 64 connections**');
    expect(stdout).toContain('1 round of 0.25 s each');
  });

  it('refuses what it does not know before it starts anything', async () => {
    const refused = promisify(execFile)(process.execPath, [MAIN, '--only=everything']);
    await expect(refused).rejects.toThrow('--only=everything must be of small,');
  });
});
