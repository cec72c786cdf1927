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
