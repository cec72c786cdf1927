// Owns the chart of A-2: on the left what is usually drawn (mean and standard deviation), on the right what it hides (how far
// the busiest replica is above its fair part), both beside chance.
import { number } from '../page/markdown.ts';
import type { PlacementResult } from '../runs/placements.ts';
import { BASE, categoryAxis, type Chart, heading, INK, MUTED, NOISE, PALETTE, panelTitle, valueAxis } from './chart.ts';
import { chanceBoxes, whiskers } from './marks.ts';

const COLOURS = [PALETTE.blue, PALETTE.orange, PALETTE.vermilion];
const SYMBOLS = ['circle', 'rect', 'triangle'];
/** Smallest excess that the logarithmic axis shows, in percent. */
const FLOOR = 0.1;

export function meanAndExcess(name: string, { requests, noise, variants }: PlacementResult): Chart {
  const sizes = noise.map(({ N }) => `N = ${N}`);
  const labels = variants.map(({ label }) => label.replace('\n', ' '));
  const look = (i: number) => ({ itemStyle: { color: COLOURS[i] }, symbol: SYMBOLS[i], symbolSize: 10 });
  const shift = (i: number) => (i - (variants.length - 1) / 2) * 26;
  return {
    name,
    width: 1000,
    height: 500,
    option: {
      ...BASE,
      title: [
        heading(
          `Balance while the pool grows: ${number(requests)} requests at each N`,
          'Grey: what chance alone does to a perfectly fair placement (left: one standard deviation; right: 19 of 20 runs are below the line).',
        ),
        panelTitle('Requests per replica: mean ± standard deviation', 80, 74),
        panelTitle('Busiest replica above its fair part', 590, 74),
      ],
      legend: { bottom: 8, data: labels, itemGap: 28, textStyle: { fontSize: 13, color: INK } },
      grid: [
        { left: 80, width: 410, top: 108, bottom: 76 },
        { left: 590, width: 386, top: 108, bottom: 76 },
      ],
      xAxis: [0, 1].map((gridIndex) => categoryAxis(sizes, { gridIndex })),
      yAxis: [
        valueAxis('requests', {
          gridIndex: 0,
          min: -2000,
          max: 10_000,
          interval: 2000,
          nameGap: 56,
          axisLabel: { color: MUTED, fontSize: 12, formatter: (value: number) => number(value) },
        }),
        valueAxis('percent above the mean (logarithmic)', {
          gridIndex: 1,
          type: 'log',
          min: FLOOR,
          max: 1000,
          nameGap: 56,
          axisLabel: { color: MUTED, fontSize: 12, formatter: '{value} %' },
        }),
      ],
      series: [
        ...variants.flatMap(({ label, sizes: counted }, i) => [
          whiskers(
            counted.map(({ mean, deviation }, at) => [at, mean - deviation, mean + deviation]),
            shift(i),
            COLOURS[i] ?? INK,
          ),
          {
            name: label.replace('\n', ' '),
            type: 'scatter',
            ...look(i),
            itemStyle: { color: COLOURS[i], opacity: 1 },
            symbolOffset: [shift(i), 0],
            data: counted.map(({ mean }) => mean),
          },
          {
            name: label.replace('\n', ' '),
            type: 'line',
            xAxisIndex: 1,
            yAxisIndex: 1,
            ...look(i),
            lineStyle: { color: COLOURS[i], width: 2 },
            label: {
              show: true,
              position: i === variants.length - 1 ? 'bottom' : 'top',
              color: INK,
              fontSize: 11,
              formatter: excessLabel,
            },
            data: counted.map(({ maxOverMean }) => Math.max(FLOOR, 100 * (maxOverMean - 1))),
          },
        ]),
        chanceBoxes(
          noise.map(({ N, deviation }, at) => [at, requests / N - deviation, requests / N + deviation]),
          80,
        ),
        {
          type: 'line',
          xAxisIndex: 1,
          yAxisIndex: 1,
          symbol: 'none',
          silent: true,
          lineStyle: { color: MUTED, width: 1, type: 'dashed' },
          areaStyle: { color: NOISE, opacity: 1, origin: 'start' },
          data: noise.map(({ maxOverMean95 }) => 100 * (maxOverMean95 - 1)),
        },
      ],
    },
  };
}

function excessLabel({ value }: { value: number }): string {
  return `${value >= 10 ? value.toFixed(0) : value.toFixed(1)} %`;
}
