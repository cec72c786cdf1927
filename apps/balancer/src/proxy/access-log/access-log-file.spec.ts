import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  constants,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessLogFile } from './access-log-file.js';

describe('the file of the access log', () => {
  let folder: string;
  const reports: string[] = [];
  const report = (message: string) => void reports.push(message);
  const batch = (text: string, dropped = 0) => ({
    bytes: Buffer.from(text),
    dropped,
  });
  const written = (file: AccessLogFile, text: string, dropped = 0) =>
    new Promise<void>((resolve) => file.write(batch(text, dropped), resolve));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'access-log-'));
    reports.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is appended to in order, and not readable for everybody', async () => {
    const path = join(folder, 'access.log');
    const file = AccessLogFile.open(path, report);
    await written(file, 'first\n');
    const both = Promise.all([written(file, 'second\n'), written(file, 'third\n')]);
    await file.drained(5000);
    await both;
    expect(readFileSync(path, 'utf8')).toBe('first\nsecond\nthird\n');
    expect(statSync(path).mode & 0o007).toBe(0);
    expect(reports).toEqual([]);
  });

  it('is opened anew once it was moved away: no line is lost, none stands in both', async () => {
    const path = join(folder, 'access.log');
    const file = AccessLogFile.open(path, report);
    await written(file, 'old\n');
    renameSync(path, `${path}.1`);
    await written(file, 'old, too\n');
    file.reopen();
    await written(file, 'new\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('old\nold, too\n');
    expect(readFileSync(path, 'utf8')).toBe('new\n');
  });

  it('goes on where it was if it cannot be opened anew, and says so', async () => {
    const path = join(folder, 'access.log');
    const file = AccessLogFile.open(path, report);
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    file.reopen();
    await written(file, 'still here\n');
    expect(readFileSync(join(moved, 'access.log'), 'utf8')).toBe('still here\n');
    expect(reports).toEqual([expect.stringContaining('goes on where it was')]);
    rmSync(moved, { recursive: true });
  });

  it('reports lines that the disk does not take, once in a while, and goes on', async () => {
    const file = AccessLogFile.open('/dev/full', report);
    await written(file, 'a\nb\n');
    await written(file, 'c\n');
    expect(reports).toEqual([expect.stringMatching(/^2 lines .* lost .*no space/)]);
    expect(file.lost).toBe(3);
  });

  it('reports lines that a lane had no room for', async () => {
    const file = AccessLogFile.open(join(folder, 'access.log'), report);
    await written(file, 'a\n', 17);
    expect(reports).toEqual([expect.stringMatching(/^17 lines .* faster/)]);
    expect(file.lost).toBe(17);
  });

  it('waits for a pipe that is full, and loses nothing of what waits', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const file = new AccessLogFile(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK), null, report);
    const text = `${'x'.repeat(99)}\n`.repeat(3000);
    const done = written(file, text);
    let read = 0;
    const drain = () => {
      const chunk = Buffer.alloc(16 * 1024);
      try {
        read += readSync(reader, chunk);
      } catch {
        // Nothing is there right now.
      }
    };
    const look = setInterval(drain, 5);
    await done;
    clearInterval(look);
    while (read < text.length) drain();
    closeSync(reader);
    expect(read).toBe(text.length);
    expect(reports).toEqual([]);
  }, 30_000);

  it('cannot be a folder, or in one that is not there', () => {
    expect(() => AccessLogFile.open(folder, report)).toThrow('EISDIR');
    expect(() => AccessLogFile.open(join(folder, 'none', 'access.log'), report)).toThrow('ENOENT');
  });
});
