// Owns the shape of the sight benchmark's result, what each part of it may cost, and the table that is made of it. Pure.
import { number, table } from '../../experiments/page/markdown.ts';
import type { Spent } from './subject.ts';

/** Microseconds of CPU per request, in two turns one after the other. */
export interface Pair {
  readonly without: Spent;
  readonly with: Spent;
}

export interface Measured {
  readonly what: string;
  /** Most that it may cost the lane, in parts of what a request costs without; null: that is only shown. */
  readonly most: number | null;
  readonly pairs: readonly Pair[];
}

export interface SightResult {
  readonly requests: number;
  /** Of the machine, when it began and when it was over: whoever else is at work disturbs. */
  readonly load: readonly [number, number];
  readonly measured: readonly Measured[];
}

/** Above 0: with costs more. The pairs' own ratios, so that what disturbs both turns of a pair disturbs nothing. */
export function extraCost({ pairs }: Pick<Measured, 'pairs'>, of: keyof Spent = 'lane'): number {
  return quantile(ratios(pairs, of), 0.5);
}

/** Between two values it lies in proportion. @param q 0 to 1 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)] ?? NaN, sorted[Math.ceil(place)] ?? NaN];
  return low + (high - low) * (place - Math.floor(place));
}

export function sightTable({ measured }: Pick<SightResult, 'measured'>): string {
  const rows = measured.map((one) => {
    const { what, most, pairs } = one;
    const lane = ratios(pairs, 'lane');
    const cost = extraCost(one);
    return [
      what,
      number(median(pairs.map((pair) => pair.without.lane)), 2),
      number(median(pairs.map((pair) => pair.with.lane)), 2),
      signed(cost),
      `${signed(quantile(lane, 0.25))} to ${signed(quantile(lane, 0.75))}`,
      most === null ? '' : `≤ ${signed(most)}`,
      most === null ? '' : cost <= most ? 'kept' : '**missed**',
      signed(extraCost(one, 'process')),
    ];
  });
  const heads = ['what', 'without (µs)', 'with (µs)', 'median', 'half of the pairs', 'may cost', '', 'whole process'];
  return table(heads, rows);
}

function ratios(pairs: readonly Pair[], of: keyof Spent): number[] {
  return pairs.map((pair) => pair.with[of] / pair.without[of] - 1);
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function signed(part: number): string {
  return `${part < 0 ? '−' : '+'}${number(Math.abs(100 * part), 1)} %`;
}
