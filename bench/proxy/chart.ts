// Owns the chart of the proxy benchmark: one panel per case, a bar per program, CPU per request; HashFlow in colour.
import {
  BASE,
  categoryAxis,
  type Chart,
  heading,
  INK,
  PALETTE,
  panelTitle,
  valueAxis,
} from '../../experiments/charts/chart.ts';
import { number } from '../../experiments/page/markdown.ts';
import { medianOf, type ProxyResult } from './result.ts';

const COLUMNS = 2;
const PANEL = { width: 400, height: 190, left: 190, top: 116, right: 210, bottom: 70 };
const COLOURS: Readonly<Record<string, string>> = { express: PALETTE.blue, standard: PALETTE.sky };
const OTHERS = '#9a9a9a';

export function proxyChart({ contestants, cases }: ProxyResult): Chart {
  const rows = Math.ceil(cases.length / COLUMNS);
  const place = (k: number) => ({
    left: PANEL.left + (k % COLUMNS) * (PANEL.width + PANEL.right),
    top: PANEL.top + Math.floor(k / COLUMNS) * (PANEL.height + PANEL.bottom),
  });
  const all = [...contestants].reverse(); // a category axis counts from below
  const names = all.map(({ name }) => name);
  return {
    name: 'proxy',
    width: PANEL.left + COLUMNS * (PANEL.width + PANEL.right) - PANEL.right + 90,
    height: PANEL.top + rows * (PANEL.height + PANEL.bottom) - 20,
    option: {
      ...BASE,
      title: [
        heading(
          'What a request costs each proxy',
          'Microseconds of CPU per request, user and system, one core each: less is better. Median of the rounds.',
        ),
        ...cases.map(({ name }, k) => panelTitle(name, place(k).left, place(k).top - 32)),
      ],
      grid: cases.map((_, k) => ({ ...place(k), width: PANEL.width, height: PANEL.height })),
      xAxis: cases.map((_, gridIndex) => valueAxis('', { gridIndex, min: 0, splitNumber: 4 })),
      yAxis: cases.map((_, gridIndex) => categoryAxis(names, { gridIndex })),
      series: cases.map((one, k) => ({
        type: 'bar',
        xAxisIndex: k,
        yAxisIndex: k,
        barWidth: '62%',
        label: {
          show: true,
          position: 'right',
          color: INK,
          fontSize: 12,
          formatter: ({ value }: { value: number }) => number(value, value < 100 ? 1 : 0),
        },
        data: all.map(({ id }) => {
          const value = medianOf(one, id, 'cpu');
          return { value: Number.isNaN(value) ? null : value, itemStyle: { color: COLOURS[id] ?? OTHERS } };
        }),
      })),
    },
  };
}
