// Owns the chart of A-1: one panel per placement, one bar per replica, the fair count and chance behind them.
import { noiseAt, type PlacementResult } from '../runs/placements.ts';
import { number } from '../page/markdown.ts';
import { band, BASE, categoryAxis, type Chart, heading, INK, MUTED, PALETTE, panelTitle, valueAxis } from './chart.ts';

const WIDTH = 1000;
const LEFT = 80;
const GAP = 30;

export function countBars(name: string, title: string, result: PlacementResult, N: number): Chart {
  const { countWithin95 } = noiseAt(result, N);
  const mean = result.requests / N;
  const panels = result.variants;
  const each = (WIDTH - LEFT - 24 - GAP * (panels.length - 1)) / panels.length;
  const leftOf = (i: number) => LEFT + i * (each + GAP);
  const counts = panels.map(({ sizes }) => sizes.find((size) => size.N === N)?.counts ?? {});
  const top = Math.ceil(Math.max(...counts.flatMap((one) => Object.values(one))) / 2000) * 2000;
  const subtext =
    `Dashed: the fair ${number(mean)} each. Grey: ± ${number(countWithin95)}, where 19 of 20 counts of a perfectly fair ` +
    'placement fall by chance.';
  return {
    name,
    width: WIDTH,
    height: 480,
    option: {
      ...BASE,
      title: [heading(title, subtext), ...panels.map(({ label }, i) => panelTitle(label, leftOf(i), 74))],
      grid: panels.map((_, i) => ({ left: leftOf(i), width: each, top: 136, bottom: 40 })),
      xAxis: counts.map((one, gridIndex) => categoryAxis(Object.keys(one), { gridIndex })),
      yAxis: panels.map((_, gridIndex) =>
        valueAxis(gridIndex === 0 ? 'requests' : '', {
          gridIndex,
          max: top,
          nameGap: 56,
          axisLabel: {
            show: gridIndex === 0,
            color: MUTED,
            fontSize: 12,
            formatter: (value: number) => number(value),
          },
        }),
      ),
      series: counts.map((one, i) => ({
        type: 'bar',
        xAxisIndex: i,
        yAxisIndex: i,
        barWidth: '56%',
        itemStyle: { color: i === 0 ? PALETTE.blue : PALETTE.orange },
        label: {
          show: true,
          position: 'top',
          distance: 8,
          color: INK,
          fontSize: 13,
          formatter: ({ value }: { value: number }) => number(value),
        },
        data: Object.values(one),
        markArea: band(mean - countWithin95, mean + countWithin95),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { type: 'dashed', color: INK, width: 1.2 },
          data: [{ yAxis: mean }],
        },
      })),
    },
  };
}
