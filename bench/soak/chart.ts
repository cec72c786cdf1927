// Owns the chart of the soak: memory of both processes over births, one panel per runtime.
import {
  BASE,
  type Chart,
  FONT,
  heading,
  MUTED,
  PALETTE,
  panelTitle,
  valueAxis,
} from '../../experiments/charts/chart.ts';
import { number } from '../../experiments/page/markdown.ts';
import { birthsOf, type SoakResult } from './result.ts';

const LINES = [
  { process: 'control', what: 'rss', name: 'control, resident', color: PALETTE.blue, type: 'solid' },
  { process: 'control', what: 'heap', name: 'control, heap in use', color: PALETTE.blue, type: 'dashed' },
  { process: 'data', what: 'rss', name: 'data, resident', color: PALETTE.vermilion, type: 'solid' },
  { process: 'data', what: 'heap', name: 'data, heap in use', color: PALETTE.vermilion, type: 'dashed' },
] as const;

export function soakChart({ runs }: SoakResult): Chart {
  const width = 480;
  return {
    name: 'soak',
    width: 80 + runs.length * (width + 60),
    height: 430,
    option: {
      ...BASE,
      title: [
        heading(
          'Memory while replicas are born and die',
          'Resident memory and heap in use of both processes, each looked at after a collection, with everything at rest.',
        ),
        ...runs.map((run, i) => panelTitle(`${run.runtime} runtime`, 80 + i * (width + 60), 76)),
      ],
      legend: { bottom: 10, itemGap: 44, itemWidth: 34, textStyle: { color: MUTED, fontFamily: FONT, fontSize: 12 } },
      grid: runs.map((_, i) => ({ left: 80 + i * (width + 60), width, top: 106, height: 220 })),
      xAxis: runs.map((run, gridIndex) =>
        valueAxis('births', { gridIndex, nameGap: 30, max: birthsOf(run), splitLine: { show: false } }),
      ),
      yAxis: runs.map((_, gridIndex) =>
        valueAxis(gridIndex === 0 ? 'MiB' : '', {
          gridIndex,
          min: 0,
          axisLabel: { formatter: (v: number) => number(v) },
        }),
      ),
      series: runs.flatMap(({ taken }, panel) =>
        LINES.map(({ process, what, name, color, type }) => ({
          name,
          type: 'line',
          xAxisIndex: panel,
          yAxisIndex: panel,
          symbol: 'circle',
          symbolSize: 4,
          itemStyle: { color },
          lineStyle: { color, width: 2, type },
          data: taken.map((sample) => [sample.births, sample[process][what]]),
        })),
      ),
    },
  };
}
