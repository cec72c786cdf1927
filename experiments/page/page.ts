// Owns the generated parts of a page: what stands between two marks is made from result files, never typed. The text around
// them is written by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Replaces what stands between `<!-- NAME: … -->` and `<!-- NAME: end -->`.
 * @throws Error when the page lacks the marks
 */
export function fillPage(page: string, name: string, content: string): void {
  const text = readFileSync(page, 'utf8');
  const marks = new RegExp(`(<!-- ${name}: (?!end)[^\\n]*-->\\n)[^]*?(<!-- ${name}: end -->)`);
  if (!marks.test(text)) throw new Error(`${basename(page)} lacks the marks of ${name}`);
  writeFileSync(
    page,
    text.replace(marks, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`),
  );
}
