// Owns the chart of A-4: one panel per placement; each dot is a replica, at its requests as a multiple of its fair part.
import { number } from '../page/markdown.ts';
import type { PlacementResult } from '../runs/placements.ts';
import { BASE, categoryAxis, type Chart, heading, INK, MUTED, PALETTE, panelTitle, valueAxis } from './chart.ts';
import { chanceBoxes } from './marks.ts';

const COLUMNS = 4;
const WIDTH = 1080;
const LEFT = 76;
const TOP = 136;
const PANEL = { width: 220, height: 200 };
const STEP = { x: 250, y: 302 };

export function replicaDots(name: string, { requests, noise, variants }: PlacementResult): Chart {
  const sizes = noise.map(({ N }) => String(N));
  const place = (i: number) => ({ left: LEFT + (i % COLUMNS) * STEP.x, top: TOP + Math.floor(i / COLUMNS) * STEP.y });
  const rows = Math.ceil(variants.length / COLUMNS);
  const chance = noise.map(({ N, countWithin95 }, at) => {
    const within = (countWithin95 * N) / requests;
    return [at, 1 - within, 1 + within] as const;
  });
  const ratios = variants.flatMap(({ sizes: counted }) =>
    counted.flatMap(({ counts, mean }) => Object.values(counts).map((count) => count / mean)),
  );
  const range = { min: Math.floor(4 * Math.min(...ratios)) / 4, max: Math.ceil(4 * Math.max(...ratios)) / 4 };
  return {
    name,
    width: WIDTH,
    height: TOP + rows * STEP.y - 30,
    option: {
      ...BASE,
      title: [
        heading(
          `Other placements: ${number(requests)} requests at each N, every dot a replica`,
          'Height: its requests as a multiple of the fair part. Grey: where 19 of 20 dots of a perfectly fair placement fall by chance.',
        ),
        ...variants.map(({ label }, i) => panelTitle(label, place(i).left, place(i).top - 50)),
      ],
      grid: variants.map((_, i) => ({ ...place(i), ...PANEL })),
      xAxis: variants.map((_, i) =>
        categoryAxis(sizes, {
          gridIndex: i,
          name: 'replicas (N)',
          nameLocation: 'middle',
          nameGap: 26,
          nameTextStyle: { color: MUTED, fontSize: 12 },
        }),
      ),
      yAxis: variants.map((_, i) =>
        valueAxis(i % COLUMNS === 0 ? 'requests / fair part' : '', {
          gridIndex: i,
          ...range,
          interval: 0.25,
          nameGap: 46,
          axisLabel: {
            show: i % COLUMNS === 0,
            color: MUTED,
            fontSize: 12,
            formatter: (value: number) => value.toFixed(2),
          },
        }),
      ),
      series: variants.flatMap(({ sizes: counted }, i) => [
        chanceBoxes(chance, 40, i),
        {
          type: 'scatter',
          xAxisIndex: i,
          yAxisIndex: i,
          symbolSize: 8,
          itemStyle: {
            color: i === 0 ? PALETTE.blue : PALETTE.orange,
            borderColor: INK,
            borderWidth: 0.6,
            opacity: 0.9,
          },
          data: counted.flatMap(({ counts, mean }, at) => Object.values(counts).map((count) => [at, count / mean])),
        },
      ]),
    },
  };
}
