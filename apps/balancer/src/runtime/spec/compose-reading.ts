// Owns what is found while a compose file is read: what is wrong, what is not supported, what is left out; and variables in
// its values. Everything is gathered, so that the operator sees all of it at once. Pure.
import { isMapping, type Mapping } from './compose-file.js';
import { interpolate, type Lookup, TemplateError } from './interpolate.js';

export class ComposeReading {
  /** Ends the start. */
  readonly problems: string[] = [];
  /** Keys that a replica cannot have; ends the start too. */
  readonly unsupported: string[] = [];
  /** For the operator to know: what the balancer does in another way, which variables are empty. */
  readonly notes: string[] = [];
  private readonly toldUnset = new Set<string>();

  constructor(readonly lookup: Lookup) {}

  /** @param path of the key, as `volumes[0].source` */
  refuse(path: string, reason: string): undefined {
    this.problems.push(`${path} ${reason}`);
  }

  readonly unset = (name: string): void => {
    if (this.toldUnset.has(name)) return;
    this.toldUnset.add(name);
    this.notes.push(`the variable ${name} is not set: it is empty`);
  };

  /** The value with all variables replaced, however deep they stand; keys are left. */
  resolve(value: unknown, path: string): unknown {
    if (typeof value === 'string') return this.resolveText(value, path);
    if (Array.isArray(value)) return value.map((one, index) => this.resolve(one, `${path}[${index}]`));
    if (!isMapping(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.resolve(one, `${path}.${key}`)]));
  }

  /** The mapping at this key, empty when there is none. Keys outside `known` count as not supported, unless they begin with `x-`. */
  mapping(value: unknown, path: string, known: readonly string[]): Mapping {
    if (value === undefined || value === null) return {};
    if (!isMapping(value)) {
      this.refuse(path, 'must be a mapping');
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key) && !key.startsWith('x-')) this.unsupported.push(path === '' ? key : `${path}.${key}`);
    }
    return value;
  }

  private resolveText(text: string, path: string): string {
    try {
      return interpolate(text, this.lookup, this.unset);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.refuse(path, error.message);
      return '';
    }
  }
}
