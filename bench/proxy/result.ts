// Owns the shape of the proxy benchmark's result, and what is concluded from it: medians over rounds, and ratios of turns of the same
// round. Pure.
import { median } from '../soak/flatness.ts';

/** One program under one case for a moment. */
export interface Turn {
  readonly requests: number;
  readonly seconds: number;
  /** Of the proxy's processes, user and system; 0 when there is no proxy. */
  readonly cpuSeconds: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** MiB at the end. */
  readonly rss: number;
}

export interface MeasuredCase {
  readonly id: string;
  readonly name: string;
  /** What answered behind the proxies. */
  readonly answers: string;
  /** By id of the program, in the order of the rounds; `direct` is the same load without a proxy. */
  readonly turns: Readonly<Record<string, readonly Turn[]>>;
}

export interface Idle {
  readonly connections: number;
  /** MiB without and with them, by id of the program. */
  readonly rss: Readonly<Record<string, { readonly before: number; readonly after: number }>>;
}

export interface ProxyResult {
  readonly rounds: number;
  readonly turnMs: number;
  readonly cores: { readonly proxy: number; readonly load: number; readonly answers: number };
  readonly contestants: readonly { readonly id: string; readonly name: string; readonly version: string }[];
  readonly cases: readonly MeasuredCase[];
  readonly idle: Idle | null;
}

export const DIRECT = 'direct';

/** Figures of a turn by which it is compared. */
export const FIGURES = {
  /** Microseconds of CPU per request. */
  cpu: ({ cpuSeconds, requests }: Turn) => (1e6 * cpuSeconds) / requests,
  /** Part of its core that the proxy used. */
  busy: ({ cpuSeconds, seconds }: Turn) => cpuSeconds / seconds,
  rate: ({ requests, seconds }: Turn) => requests / seconds,
  p50: ({ p50 }: Turn) => p50,
  p99: ({ p99 }: Turn) => p99,
  rss: ({ rss }: Turn) => rss,
} as const satisfies Record<string, (turn: Turn) => number>;

export type Figure = keyof typeof FIGURES;

/** NaN where it was not measured. */
export function medianOf(one: MeasuredCase, id: string, figure: Figure): number {
  return median((one.turns[id] ?? []).map(FIGURES[figure]));
}

export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Of the figures of two programs, round by round: what disturbs a whole round disturbs no ratio. undefined where one is missing. */
export function ratioOf(one: MeasuredCase, id: string, to: string, figure: Figure): Ratio | undefined {
  const others = one.turns[to] ?? [];
  const ratios = (one.turns[id] ?? []).flatMap((turn, round) => {
    const other = others[round];
    return other ? [FIGURES[figure](turn) / FIGURES[figure](other)] : [];
  });
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/** Microseconds that a proxy adds to an answer at one connection: medians of the same round, with it and without. */
export function timeAdded(one: MeasuredCase, id: string): number {
  const direct = one.turns[DIRECT] ?? [];
  const added = (one.turns[id] ?? []).flatMap((turn, round) => {
    const without = direct[round];
    return without ? [turn.p50 - without.p50] : [];
  });
  return median(added);
}

/** Thousand bytes per connection; NaN where it was not measured. */
export function idleKilobytes(idle: Idle, id: string): number {
  const rss = idle.rss[id];
  return rss ? ((rss.after - rss.before) * 1024 * 1024) / idle.connections / 1000 : NaN;
}
