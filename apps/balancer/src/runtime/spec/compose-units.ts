// Owns the forms of single values in a compose file: sizes, durations, flags, lists and maps of text. Pure. Each gives
// undefined for what it cannot read; naming the key is the caller's.
import { isMapping } from './compose-file.js';

const SIZE_UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const DURATION_UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `512m`, `1.5gb`, `64kib` or a number of bytes → bytes. */
export function composeSize(value: unknown): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmg]?)(?:i?b)?$/i.exec(textOf(value)?.trim() ?? '');
  if (!match) return undefined;
  const bytes = Math.floor(Number(match[1]) * (SIZE_UNITS[match[2]?.toLowerCase() || 'b'] ?? NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `1m30s`, `500ms` → milliseconds. */
export function composeDuration(value: unknown): number | undefined {
  const text = textOf(value)?.trim() ?? '';
  if (!/^(?:\d+(?:\.\d+)?(?:us|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)];
  return Math.round(
    parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (DURATION_UNITS[unit] ?? 0), 0),
  );
}

/** Variables make text of every value: `"1.5"` is a number too. */
export function composeNumber(value: unknown): number | undefined {
  const text = textOf(value)?.trim() ?? '';
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

export function composeFlag(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

/** Texts, numbers and flags as text; undefined for lists, maps and null. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** One text or a list of texts. */
export function textsOf(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) {
    const text = textOf(value);
    return text === undefined ? undefined : [text];
  }
  const texts = value.map(textOf);
  return texts.includes(undefined) ? undefined : (texts as string[]);
}

/** `{A: 1, B: null}` or `['A=1', 'B']` → `[['A', '1'], ['B', null]]`. */
export function pairsOf(value: unknown): [string, string | null][] | undefined {
  if (isMapping(value)) {
    const pairs = Object.entries(value).map(([name, one]): [string, string | null | undefined] => [
      name,
      one === null ? null : textOf(one),
    ]);
    return pairs.some(([, one]) => one === undefined) ? undefined : (pairs as [string, string | null][]);
  }
  return Array.isArray(value)
    ? textsOf(value)?.map((text) => {
        const cut = text.indexOf('=');
        return cut < 0 ? [text, null] : [text.slice(0, cut), text.slice(cut + 1)];
      })
    : undefined;
}
