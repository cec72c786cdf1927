// Owns the marks that ECharts has no series for: boxes for what chance does, whiskers for deviations. Both are given as
// [position on the category axis, low, high].
import { NOISE } from './chart.ts';

type Range = readonly [at: number, low: number, high: number];

interface DrawApi {
  value(dimension: number): number;
  coord(point: readonly [number, number]): [number, number];
}

/** @param width in pixels */
export function chanceBoxes(ranges: readonly Range[], width: number, panel = 0): Record<string, unknown> {
  return rangeSeries(ranges, panel, (x, low, high) => ({
    type: 'rect',
    shape: { x: x - width / 2, y: high, width, height: low - high },
    style: { fill: NOISE },
  }));
}

/** @param shift pixels to the right of the position */
export function whiskers(ranges: readonly Range[], shift: number, colour: string): Record<string, unknown> {
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: colour, lineWidth: 2 },
  });
  return rangeSeries(ranges, 0, (x, low, high) => {
    const at = x + shift;
    const children = [line(at, low, at, high), line(at - 6, low, at + 6, low), line(at - 6, high, at + 6, high)];
    return { type: 'group', children };
  });
}

function rangeSeries(
  ranges: readonly Range[],
  panel: number,
  draw: (x: number, low: number, high: number) => object,
): Record<string, unknown> {
  return {
    type: 'custom',
    silent: true,
    xAxisIndex: panel,
    yAxisIndex: panel,
    data: ranges,
    encode: { x: 0, y: [1, 2] },
    renderItem: (_: unknown, api: DrawApi) => {
      const [x, low] = api.coord([api.value(0), api.value(1)]);
      const [, high] = api.coord([api.value(0), api.value(2)]);
      return draw(x, low, high);
    },
  };
}
