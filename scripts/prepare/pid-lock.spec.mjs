// The lock of the set-up: one holder at a time, a dead one holds nothing.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { acquireLock } from './pid-lock.mjs';

let folder;
let file;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashflow-lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the lock is held until it is given back', async () => {
  const release = await acquireLock(file);
  expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
  release();
  expect(existsSync(file)).toBe(false);
});

test('whoever comes second waits, is told for whom, and gets it afterwards', async () => {
  const release = await acquireLock(file);
  const told = [];
  const second = acquireLock(file, (pid) => {
    told.push(pid);
    release();
  });
  (await second)();
  expect(told).toEqual([process.pid]);
});

test('a dead holder holds nothing', async () => {
  const dead = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => dead.on('exit', resolve));
  writeFileSync(file, `${dead.pid} 1`);
  (await acquireLock(file))();
});

test('a process that only inherited the pid of the holder does not hold it', async () => {
  if (!existsSync('/proc/self/stat')) return;
  writeFileSync(file, `${process.pid} 1`);
  (await acquireLock(file))();
});

test('of many processes that find a stale lock, one at a time gets it', async () => {
  writeFileSync(file, '1999999999 1');
  const journal = join(folder, 'journal');
  const program = `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { acquireLock } from ${JSON.stringify(join(import.meta.dirname, 'pid-lock.mjs'))};
    const release = await acquireLock(${JSON.stringify(file)});
    appendFileSync(${JSON.stringify(journal)}, 'in\\n');
    await sleep(30);
    appendFileSync(${JSON.stringify(journal)}, 'out\\n');
    release();`;
  const racers = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' }),
  );
  const codes = await Promise.all(racers.map((racer) => new Promise((resolve) => racer.on('exit', resolve))));
  expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
  expect(readFileSync(journal, 'utf8')).toBe('in\nout\n'.repeat(6));
});
