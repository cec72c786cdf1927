// Owns what the main lane is to reach, and whether it does. Pure.
import { idleKilobytes, type ProxyResult, type Figure, ratioOf } from './result.ts';

export interface Verdict {
  readonly what: string;
  readonly most: string;
  /** undefined: not measured. */
  readonly measured: string | undefined;
  readonly reached: boolean;
}

interface RatioGoal {
  readonly what: string;
  readonly case: string;
  readonly to: string;
  readonly figure: Figure;
  readonly most: number;
}

/** The lane that the goals are about. */
export const MAIN = 'express';

const RATIOS: readonly RatioGoal[] = [
  { what: 'small answer: CPU beside HAProxy', case: 'small', to: 'haproxy', figure: 'cpu', most: 1.35 },
  { what: 'small answer: CPU beside nginx', case: 'small', to: 'nginx', figure: 'cpu', most: 1.5 },
  { what: 'small answer: CPU beside Caddy', case: 'small', to: 'caddy', figure: 'cpu', most: 0.45 },
  { what: 'small answer: CPU beside http-proxy-middleware', case: 'small', to: 'hpm', figure: 'cpu', most: 0.25 },
  { what: '1 MiB download: CPU beside HAProxy', case: 'download', to: 'haproxy', figure: 'cpu', most: 1.3 },
  { what: 'small answer: p99 beside HAProxy', case: 'small', to: 'haproxy', figure: 'p99', most: 2 },
];
const IDLE_KILOBYTES = 10;

/** Only of what was measured. */
export function verdicts({ cases, idle }: ProxyResult): Verdict[] {
  const ratios = RATIOS.map(({ what, case: id, to, figure, most }) => {
    const measured = cases.find((one) => one.id === id);
    const ratio = measured && ratioOf(measured, MAIN, to, figure);
    return {
      what,
      most: `${most.toFixed(2)}x`,
      measured: ratio && `${ratio.median.toFixed(2)}x (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})`,
      reached: ratio !== undefined && ratio.median <= most,
    };
  });
  const kilobytes = idle ? idleKilobytes(idle, MAIN) : NaN;
  return [
    ...ratios,
    {
      what: 'memory per idle connection',
      most: `${IDLE_KILOBYTES} kB`,
      measured: Number.isNaN(kilobytes) ? undefined : `${kilobytes.toFixed(1)} kB`,
      reached: kilobytes <= IDLE_KILOBYTES,
    },
  ].filter(({ measured }) => measured !== undefined);
}
