// What a run may change on a page, and what not.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { fillPage } from './page.ts';

const TEXT =
  '# By hand\n\n<!-- a1: made by x -->\nold\n<!-- a1: end -->\n\nby hand\n\n<!-- a2: made by x -->\n<!-- a2: end -->\n';
let folder: string;
let page: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashflow-page-'));
  page = join(folder, 'page.md');
  writeFileSync(page, TEXT);
});
afterEach(() => rmSync(folder, { recursive: true }));

it('replaces what stands between its marks and nothing else', () => {
  fillPage(page, 'a1', 'new $& $1');
  expect(readFileSync(page, 'utf8')).toBe(TEXT.replace('\nold\n', () => '\n\nnew $& $1\n\n'));
});

it('writes the same page when run again', () => {
  fillPage(page, 'a2', 'new');
  const once = readFileSync(page, 'utf8');
  fillPage(page, 'a2', 'new');
  expect(readFileSync(page, 'utf8')).toBe(once);
});

it('refuses a page without its marks', () => {
  expect(() => fillPage(page, 'a3', 'new')).toThrow('page.md lacks the marks of a3');
});
