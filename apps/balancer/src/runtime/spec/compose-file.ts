// Owns how the text of a compose file becomes plain values, whoever wrote it: bounded in nesting and in aliases, keys are
// strings. Pure. What a service's keys mean is compose-service.ts's.
import { Lexer, parseDocument } from 'yaml';

/** What YAML maps become; own properties only. */
export type Mapping = Readonly<Record<string, unknown>>;

export type ComposeText = { readonly root: Mapping } | { readonly problem: string };

const MAX_ALIASES = 100;
/** The parser is recursive; a service needs 6. */
const MAX_NESTING = 64;
const MAX_INDENT = 256;

/** A merge (`<<`) and aliases are resolved; variables are not replaced yet. */
export function parseComposeText(text: string): ComposeText {
  if (nestsTooDeep(text)) return { problem: `nests more than ${MAX_NESTING} levels deep` };
  try {
    const document = parseDocument(text, { merge: true, stringKeys: true, prettyErrors: false, logLevel: 'error' });
    const [issue] = [...document.errors, ...document.warnings];
    if (issue) return { problem: `is no plain YAML (line ${lineAt(text, issue.pos[0])}): ${reasonOf(issue.code)}` };
    const root: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (containsItself(root, [])) return { problem: 'has aliases that lead into themselves' };
    return isMapping(root) ? { root } : { problem: 'has no services' };
  } catch (error) {
    // The library counts aliases while it builds the values.
    return { problem: error instanceof ReferenceError ? 'has aliases that multiply, or lead nowhere' : 'is no YAML' };
  }
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** From the tokens alone, which need no stack: brackets, and what of a line opens a block without a line of its own. */
function nestsTooDeep(text: string): boolean {
  let brackets = 0;
  let opened = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') brackets++;
    else if (token === ']' || token === '}') brackets--;
    else if (token.includes('\n')) opened = 0;
    else if (brackets <= 0 && (token === '-' || token === '?' || token === ':')) opened++;
    else if (opened === 0 && token.length > MAX_INDENT && token.trim() === '') return true;
    if (brackets > MAX_NESTING || opened > MAX_NESTING) return true;
  }
  return false;
}

function containsItself(value: unknown, around: readonly object[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (around.includes(value)) return true;
  return Object.values(value).some((one) => containsItself(one, [...around, value]));
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** `DUPLICATE_KEY` → `duplicate key`: the library's sentences may quote the file, and a file may hold secrets. */
function reasonOf(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}
