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
