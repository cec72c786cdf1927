// Following a real file while somebody writes it.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followLog } from './follow-log.js';

let folder: string;
let file: string;
let done: boolean;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashflow-follow-'));
  file = join(folder, 'log');
  done = false;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const follow = (tail: number, signal = new AbortController().signal) =>
  followLog(file, { tail, ended: async () => done, signal });

async function rest(lines: AsyncIterator<string>): Promise<string[]> {
  const all: string[] = [];
  for (let step = await lines.next(); !step.done; step = await lines.next()) all.push(step.value);
  return all;
}

describe('following a log file', () => {
  it.each([
    [0, []],
    [1, ['c']],
    [2, ['b', 'c']],
    [9, ['a', 'b', 'c']],
  ])('begins with the last %i lines', async (tail, expected) => {
    done = true;
    writeFileSync(file, 'a\nb\nc\n');
    expect(await rest(follow(tail))).toEqual(expected);
    writeFileSync(file, 'a\nb\nc');
    expect(await rest(follow(tail))).toEqual(expected);
  });

  it('goes on with what is written, line by line, to the last one', async () => {
    writeFileSync(file, 'old\nha');
    const lines = follow(2);
    expect(await lines.next()).toEqual({ done: false, value: 'old' });
    appendFileSync(file, 'lf\nnew\nlast');
    expect(await lines.next()).toEqual({ done: false, value: 'half' });
    expect(await lines.next()).toEqual({ done: false, value: 'new' });
    done = true;
    expect(await rest(lines)).toEqual(['last']);
  });

  it('goes on after the file was cut', async () => {
    writeFileSync(file, 'a\n'.repeat(50));
    const lines = follow(1);
    expect((await lines.next()).value).toBe('a');
    const next = lines.next();
    truncateSync(file, 10);
    // Long enough that one of the looks, which come every 100 ms, finds it cut.
    await new Promise((resolve) => setTimeout(resolve, 300));
    appendFileSync(file, 'after\n');
    expect((await next).value).toBe('after');
    await lines.return(undefined);
  });

  it('ends at once with its signal, and where there is no file', async () => {
    expect(await rest(follow(9))).toEqual([]);
    writeFileSync(file, '');
    const reader = new AbortController();
    const ending = rest(follow(9, reader.signal));
    reader.abort();
    expect(await ending).toEqual([]);
  });
});
