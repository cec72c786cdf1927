// Owns the text of an env_file: names, quotes, comments, variables. Pure; finding the file is read-service.ts's.
import { interpolate, type Lookup, TemplateError } from './interpolate.js';

export interface EnvFile {
  readonly values: Readonly<Record<string, string>>;
  /** One per bad line, by its number; a value is never shown. */
  readonly problems: readonly string[];
}

const ASSIGNMENT = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(?:=[ \t]*(.*))?$/s;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$$' };

/**
 * `NAME=value`, `NAME="a\nb"`, `NAME='as it is'`, `NAME` (taken from the environment), `# comment`; quoted values may span
 * lines. Variables are replaced outside single quotes, those of earlier lines included.
 */
export function parseEnvFile(text: string, lookup: Lookup, unset: (name: string) => void): EnvFile {
  const values = new Map<string, string>();
  const problems: string[] = [];
  const known: Lookup = (name) => lookup(name) ?? values.get(name);
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const number = index + 1;
    let line = lines[index]?.trim() ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const quote = openQuote(line);
    while (quote && closingQuote(line, quote.at, quote.mark) < 0 && index + 1 < lines.length) {
      line += `\n${lines[++index] ?? ''}`;
    }
    const [, name, raw] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined) {
      problems.push(`line ${number} is no NAME=value`);
      continue;
    }
    if (raw === undefined) {
      const inherited = lookup(name);
      if (inherited !== undefined) values.set(name, inherited);
      continue;
    }
    try {
      values.set(name, valueOf(raw, known, unset));
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      problems.push(`line ${number} (${name}) ${error.message}`);
    }
  }
  return { values: Object.fromEntries(values), problems };
}

function valueOf(raw: string, lookup: Lookup, unset: (name: string) => void): string {
  const mark = raw[0];
  if (mark !== '"' && mark !== "'") return interpolate(raw.replace(/(^|[ \t]+)#.*$/s, '').trim(), lookup, unset);
  const end = closingQuote(raw, 0, mark);
  if (end < 0) throw new TemplateError(`has no closing ${mark}`);
  if (!/^[ \t]*(?:#.*)?$/s.test(raw.slice(end + 1))) throw new TemplateError(`goes on after its closing ${mark}`);
  const inner = raw.slice(1, end);
  if (mark === "'") return inner;
  return interpolate(
    inner.replace(/\\(.)/gs, (whole, letter: string) => ESCAPES[letter] ?? whole),
    lookup,
    unset,
  );
}

function openQuote(line: string): { at: number; mark: string } | undefined {
  const at = /^[^=]*=[ \t]*(?=["'])/.exec(line)?.[0].length;
  return at === undefined ? undefined : { at, mark: line[at] ?? '' };
}

function closingQuote(text: string, open: number, mark: string): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\' && mark === '"') at++;
    else if (text[at] === mark) return at;
  }
  return -1;
}
