// Owns the shape of the sight benchmark's result, what each part of it may cost, and the table that is made of it. Pure.
import { number, table } from '../../experiments/page/markdown.ts';

/** Microseconds of CPU per request, in two turns one after the other. */
export interface Pair {
  readonly without: number;
  readonly with: number;
}

export interface Measured {
  readonly what: string;
  /** Most that it may cost, in parts of what a request costs without; null: that is only shown. */
  readonly most: number | null;
  readonly pairs: readonly Pair[];
}

export interface SightResult {
  readonly requests: number;
  readonly measured: readonly Measured[];
}

/** Above 0: with costs more. The pairs' own ratios, so that what disturbs both turns of a pair disturbs nothing. */
export function extraCost({ pairs }: Pick<Measured, 'pairs'>): number {
  return median(pairs.map((pair) => pair.with / pair.without)) - 1;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

export function sightTable({ measured }: SightResult): string {
  const rows = measured.map((one) => {
    const { what, most, pairs } = one;
    const ratios = pairs.map((pair) => pair.with / pair.without - 1);
    const cost = extraCost(one);
    return [
      what,
      number(median(pairs.map((pair) => pair.without)), 1),
      number(median(pairs.map((pair) => pair.with)), 1),
      signed(cost),
      `${signed(Math.min(...ratios))} to ${signed(Math.max(...ratios))}`,
      most === null ? '' : `≤ ${signed(most)}`,
      most === null ? '' : cost <= most ? 'kept' : '**missed**',
    ];
  });
  return table(['what', 'without (µs)', 'with (µs)', 'median of the pairs', 'pairs', 'may cost', ''], rows);
}

function signed(part: number): string {
  return `${part < 0 ? '−' : '+'}${number(Math.abs(100 * part), 1)} %`;
}
