// Owns the output of process replicas: one bounded file each. A file and not a pipe, so that a replica neither blocks nor
// dies when the balancer does.
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { slugOf } from '../slot-slug.js';

export const MAX_LOG_BYTES = 1024 * 1024;
const KEPT_BYTES = 256 * 1024;
/** Enough for some hundred lines; longer tails are cut at their beginning. */
export const TAIL_BYTES = 128 * 1024;

export function logFolder(stateDir: string): string {
  return join(stateDir, 'logs');
}

export function logFile(stateDir: string, slot: string, generation: number): string {
  return join(logFolder(stateDir), `${slugOf(slot)}.${generation}.log`);
}

/** An empty file, open for appending: after a truncation the writer goes on at the new end. @returns its descriptor */
export function openLog(file: string): number {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  rmSync(file, { force: true });
  return openSync(file, 'a', 0o600);
}

/** Cuts a file that has grown beyond its bound down to its tail. What is written in that very moment may be lost. */
export function trimLog(file: string): void {
  withFile(file, 'r+', (fd) => {
    const { size } = fstatSync(fd);
    if (size <= MAX_LOG_BYTES) return;
    const tail = readTail(fd, size, KEPT_BYTES);
    ftruncateSync(fd, 0);
    writeSync(fd, tail.subarray(tail.indexOf('\n') + 1), undefined, undefined, 0);
  });
}

/** The last lines, oldest first; none when there is no such file. */
export function tailLog(file: string, lines: number): string[] {
  const text = withFile(file, 'r', (fd) => readTail(fd, fstatSync(fd).size, TAIL_BYTES).toString('utf8')) ?? '';
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  return lines <= 0 ? [] : all.slice(-lines);
}

/** Where the last lines of these bytes begin; a last one without its end counts. */
export function tailStart(bytes: Buffer, lines: number): number {
  if (lines <= 0) return bytes.length;
  // The end of the last line begins no other.
  let at = bytes.length - 1;
  for (let found = 0; found < lines && at > 0; found++) {
    at = bytes.lastIndexOf(0x0a, at - 1);
    if (at < 0) return 0;
  }
  return at <= 0 ? 0 : at + 1;
}

function readTail(fd: number, size: number, most: number): Buffer {
  const buffer = Buffer.alloc(Math.min(size, most));
  const length = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
  return buffer.subarray(0, length);
}

function withFile<T>(file: string, flags: string, use: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(file, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
