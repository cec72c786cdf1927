// Owns variables in the text of a compose file: `${NAME:-default}` and its kin, as compose reads them. Pure; where values
// come from is the caller's.

/** undefined: not set. */
export type Lookup = (name: string) => string | undefined;

/** A template that cannot be read, or a variable that has to be set and is not. Its message shows no value. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Defaults inside defaults; more than anybody writes, less than what exhausts the stack. */
const MAX_DEPTH = 16;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;

/**
 * `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?reason}`, `${NAME?reason}`, `${NAME:+other}`,
 * `${NAME+other}`; `$$` is a dollar. With a colon an empty value counts as none.
 * @param unset told of each variable that is not set and has no default: it is empty then
 * @throws TemplateError
 */
export function interpolate(text: string, lookup: Lookup, unset: (name: string) => void): string {
  return text.includes('$') ? new Template(text, lookup, unset).expand(0) : text;
}

class Template {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly lookup: Lookup,
    private readonly unset: (name: string) => void,
  ) {}

  /** @param depth 0: to the end of the text, else to the brace that closes; @param live false where the outcome is not used */
  expand(depth: number, live = true): string {
    if (depth > MAX_DEPTH) throw new TemplateError(`nests defaults more than ${MAX_DEPTH} deep`);
    let result = '';
    while (this.at < this.text.length) {
      const character = this.text[this.at];
      if (character === '}' && depth > 0) return result;
      if (character !== '$') {
        result += character;
        this.at++;
      } else if (this.text[this.at + 1] === '$') {
        result += '$';
        this.at += 2;
      } else result += this.variable(depth, live);
    }
    if (depth > 0) throw new TemplateError('has a "${" without its "}"');
    return result;
  }

  private variable(depth: number, live: boolean): string {
    this.at++;
    const braced = this.text[this.at] === '{';
    if (braced) this.at++;
    const name = this.take(NAME);
    if (name === '') throw new TemplateError('has a "$" that begins no variable (write "$$" for a dollar)');
    const value = live ? this.lookup(name) : '';
    if (!braced) return this.plain(name, value);
    const operator = this.take(OPERATOR);
    const present = value !== undefined && (value !== '' || !operator.startsWith(':'));
    // What is not used is read all the same, to find its end, but a variable that it needs may be missing.
    const used = operator.endsWith('+') ? present : !present;
    const argument = operator === '' ? '' : this.expand(depth + 1, live && used);
    if (this.text[this.at] !== '}') throw new TemplateError(`has something after \${${name} that is no operator`);
    this.at++;
    if (!live) return '';
    if (operator.endsWith('?') && !present) throw new TemplateError(`needs ${name}: ${argument || 'it is not set'}`);
    if (operator.endsWith('+')) return present ? argument : '';
    if (operator.endsWith('-') && !present) return argument;
    return this.plain(name, value);
  }

  private plain(name: string, value: string | undefined): string {
    if (value === undefined) this.unset(name);
    return value ?? '';
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}
