// Owns the human forms of setting values: durations, sizes, booleans, lists, percentages. Knows no setting by name.
import { z } from 'zod';

const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const SIZE_UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** In whole hours, the longest delay that a Node timer can hold (2^31 - 1 ms); anything above would fire at once. */
const MAX_DURATION = 596 * DURATION_UNITS.h;

/** `250ms`, `4s`, `2m`, `1h` → milliseconds. */
export function duration({ min = 0, max = MAX_DURATION }: { min?: number; max?: number } = {}) {
  return z.string().transform((text, ctx) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
    const ms = match ? Number(match[1]) * DURATION_UNITS[match[2] as keyof typeof DURATION_UNITS] : NaN;
    if (Number.isInteger(ms) && ms >= min && ms <= max) return ms;
    ctx.addIssue({
      code: 'custom',
      message: `a duration such as 250ms, 4s or 2m, from ${written(min, DURATION_UNITS)} to ${written(max, DURATION_UNITS)}`,
    });
    return z.NEVER;
  });
}

/** `512B`, `64KiB`, `1MiB` or a plain number of bytes → bytes. */
export function size({ min = 0, max = 2 ** 40 }: { min?: number; max?: number } = {}) {
  return z.string().transform((text, ctx) => {
    const match = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(text.trim());
    const bytes = match ? Number(match[1]) * SIZE_UNITS[(match[2] ?? 'B') as keyof typeof SIZE_UNITS] : NaN;
    if (bytes >= min && bytes <= max) return bytes;
    ctx.addIssue({
      code: 'custom',
      message: `a size such as 512B, 64KiB or 1MiB, from ${written(min, SIZE_UNITS)} to ${written(max, SIZE_UNITS)}`,
    });
    return z.NEVER;
  });
}

/** As a setting would be written: in the largest unit that leaves no fraction. */
function written(amount: number, units: Readonly<Record<string, number>>): string {
  if (amount === 0) return '0';
  const [unit = '', worth = 1] = Object.entries(units).findLast(([, worth]) => amount % worth === 0) ?? [];
  return `${amount / worth}${unit}`;
}

export function integer(min: number, max: number) {
  return z.string().transform((text, ctx) => {
    const value = /^-?\d+$/.test(text.trim()) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    ctx.addIssue({ code: 'custom', message: `a whole number from ${min} to ${max}` });
    return z.NEVER;
  });
}

/** A number; `0` switches the feature off where `zero` is allowed although it lies below `min`. */
export function decimal(min: number, max: number, { zero = false } = {}) {
  return z.string().transform((text, ctx) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if ((zero && value === 0) || (value >= min && value <= max)) return value;
    ctx.addIssue({ code: 'custom', message: `${zero ? '0 (off) or ' : ''}a number from ${min} to ${max}` });
    return z.NEVER;
  });
}

/** `50%` → 0.5. @param above the value must be more than this */
export function percent({ above = -1 } = {}) {
  return z.string().transform((text, ctx) => {
    const match = /^(\d+(?:\.\d+)?)%$/.exec(text.trim());
    const value = match ? Number(match[1]) / 100 : NaN;
    if (value > above && value <= 1) return value;
    const least = above < 0 ? 'from 0%' : `above ${above * 100}%,`;
    ctx.addIssue({ code: 'custom', message: `a percentage ${least} to 100%` });
    return z.NEVER;
  });
}

export function flag() {
  return z.string().transform((text, ctx) => {
    if (text === 'true') return true;
    if (text === 'false') return false;
    ctx.addIssue({ code: 'custom', message: 'true or false' });
    return z.NEVER;
  });
}

/** Both ends included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** `200-399,401` → ranges of final statuses. */
export function statusRanges() {
  return z.string().transform((text, ctx) => {
    const ranges = text.split(',').map((part): StatusRange => {
      const match = /^([2-5]\d\d)(?:-([2-5]\d\d))?$/.exec(part.trim());
      return match ? { from: Number(match[1]), to: Number(match[2] ?? match[1]) } : { from: NaN, to: NaN };
    });
    if (ranges.every(({ from, to }) => from <= to)) return ranges;
    ctx.addIssue({ code: 'custom', message: 'codes and ranges from 200 to 599, such as 200-399,401' });
    return z.NEVER;
  });
}

export function list() {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
}
