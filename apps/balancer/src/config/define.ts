// Owns what a setting is: name, group, default, text and schema, and the short forms in which settings are written down.
// Which settings there are is definitions.ts's.
import { z } from 'zod';

export type Group = 'listeners' | 'pool' | 'runtime' | 'hashing' | 'health' | 'life' | 'requests' | 'proxy' | 'sight';

export interface Definition<T> {
  readonly name: string;
  readonly group: Group;
  /** As it would be written in the environment; undefined = not set. */
  readonly default: string | undefined;
  readonly text: string;
  readonly schema: z.ZodType<T, string>;
}

export const text = () => z.string().trim();
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `one of ${values.join(', ')}` }) as unknown as z.ZodType<T[number], string>;

/** Several of them by comma, or none. */
export const someOf = <const T extends readonly string[]>(values: T): z.ZodType<readonly T[number][], string> =>
  z.string().transform((written, ctx) => {
    const parts = written.split(',').map((part) => part.trim());
    const given = written.trim() === '' ? [] : parts;
    // In the order of `values`, each once: two ways to write the same are the same.
    if (given.every((part) => values.includes(part))) return values.filter((value) => given.includes(value));
    ctx.addIssue({ code: 'custom', message: `several of ${values.join(', ')}, by comma, or nothing` });
    return z.NEVER;
  });

export function define<T>(name: string, group: Group, value: string, what: string, schema: z.ZodType<T, string>) {
  return { name, group, default: value, text: what, schema } satisfies Definition<T>;
}

export function optional<T>(name: string, group: Group, what: string, schema: z.ZodType<T, string>) {
  return {
    name,
    group,
    default: undefined,
    text: what,
    schema: schema.optional() as unknown as z.ZodType<T | undefined, string>,
  } satisfies Definition<T | undefined>;
}
