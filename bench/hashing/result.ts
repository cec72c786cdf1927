// Owns the shape of the hashing benchmark's result and the tables that are made of it.
import { table } from '../../experiments/page/markdown.ts';
import type { Measurement } from './measure.ts';

export interface HashingResult {
  readonly sizes: readonly number[];
  readonly contestants: readonly {
    readonly name: string;
    readonly ours: boolean;
    readonly measured: readonly Measurement[];
  }[];
}

/** The least of the passes at each size: whatever else the machine does only adds. */
export function best(passes: readonly (readonly Measurement[])[]): Measurement[] {
  return (passes[0] ?? []).map((first, size) => {
    const all = passes.flatMap((pass) => pass[size] ?? []);
    const numbers = all.filter((one) => one.missing === undefined);
    if (numbers.length === 0) return first;
    const least = (field: 'buildMs' | 'lookupNs' | 'hashedLookupNs') => {
      const values = numbers.flatMap((one) => one[field] ?? []);
      return values.length === 0 ? null : Math.min(...values);
    };
    return {
      N: first.N,
      buildMs: least('buildMs'),
      lookupNs: least('lookupNs'),
      hashedLookupNs: least('hashedLookupNs'),
    };
  });
}

export function hashingTables(result: HashingResult): string {
  return [
    'Lookup of a 20-character key, its hash included, in ns:',
    sizeTable(result, 'lookupNs'),
    'The same without the hash (HashFlow only; the others take strings alone), in ns:',
    sizeTable({ ...result, contestants: result.contestants.filter(({ ours }) => ours) }, 'hashedLookupNs'),
    'Build, in ms:',
    sizeTable(result, 'buildMs'),
  ].join('\n\n');
}

function sizeTable({ sizes, contestants }: HashingResult, field: 'lookupNs' | 'hashedLookupNs' | 'buildMs'): string {
  const rows = contestants.map(({ name, ours, measured }) => [
    ours ? `**${name}**` : name,
    ...measured.map((one) => {
      const value = one[field];
      return value === null ? '-' : threeDigits(value);
    }),
  ]);
  return table(['', ...sizes.map((N) => `N = ${N}`)], rows);
}

/** 0.0123 → `0.012`, 44.31 → `44`, 10432 → `10,432`. */
function threeDigits(value: number): string {
  const decimals = value >= 10 ? 0 : value >= 1 ? 1 : value >= 0.1 ? 2 : 3;
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
