// Owns the chart of A-5: one panel per event, one bar per placement, split into moves that had to be and moves that had not.
import { number, percent } from '../page/markdown.ts';
import type { MoveResult, Step } from '../runs/a5.ts';
import { BASE, categoryAxis, type Chart, heading, INK, MUTED, PALETTE, panelTitle, valueAxis } from './chart.ts';

const WIDTH = 1120;
const LEFT = 150;
const PANEL = 205;
const GAP = 40;

export function movedBars(name: string, { keys, N, victim, variants }: MoveResult): Chart {
  const titles: Record<Step['step'], string> = {
    joins: `One joins ${N}`,
    leaves: `One of ${N + 1} leaves`,
    dies: `${victim} of ${N} is out`,
    returns: 'It is back, against\nbefore the outage',
  };
  const events = (variants[0]?.steps ?? []).map(({ step, minimum }) => ({ step, minimum }));
  const leftOf = (i: number) => LEFT + i * (PANEL + GAP);
  const stepOf = (event: number) => variants.map(({ steps }) => steps[event]).filter((step) => step !== undefined);
  const longest = Math.max(...variants.flatMap(({ steps }) => steps.map(({ moved }) => moved)));
  const column = longest + 0.01;
  return {
    name,
    width: WIDTH,
    height: 520,
    option: {
      ...BASE,
      title: [
        heading(
          `Keys that get another replica, of the same ${number(keys)} keys`,
          'Dashed: the least that has to move when every replica owns its fair part. Labels: all moves (those between replicas that stay).',
        ),
        ...events.map(({ step }, i) => panelTitle(titles[step], leftOf(i), 76)),
      ],
      legend: {
        bottom: 8,
        itemGap: 72,
        textStyle: { fontSize: 13, color: INK },
        data: ['to the newcomer or from the one that is gone', 'between two replicas that stay'],
      },
      grid: events.map((_, i) => ({ left: leftOf(i), width: PANEL, top: 122, bottom: 74 })),
      xAxis: events.map((_, gridIndex) =>
        valueAxis('', {
          gridIndex,
          max: column * 1.5,
          interval: 0.1,
          axisLabel: { color: MUTED, fontSize: 11, showMaxLabel: false, formatter: inPercent },
        }),
      ),
      yAxis: events.map((_, gridIndex) =>
        categoryAxis(
          variants.map(({ label }) => label),
          {
            gridIndex,
            inverse: true,
            axisLabel: { show: gridIndex === 0, color: INK, fontSize: 12, lineHeight: 15, interval: 0 },
          },
        ),
      ),
      series: events.flatMap(({ minimum }, event) => [
        {
          name: 'to the newcomer or from the one that is gone',
          ...bar(event, PALETTE.blue),
          data: stepOf(event).map(({ moved, collateral }) => moved - collateral),
          markLine: {
            silent: true,
            symbol: 'none',
            label: { show: false },
            lineStyle: { color: INK, type: 'dashed', width: 1.2 },
            data: [{ xAxis: minimum }],
          },
        },
        {
          name: 'between two replicas that stay',
          ...bar(event, PALETTE.vermilion),
          data: stepOf(event).map(({ collateral }) => collateral),
        },
        {
          // The labels, in a column of their own, clear of bars and lines.
          type: 'scatter',
          silent: true,
          xAxisIndex: event,
          yAxisIndex: event,
          symbolSize: 0,
          itemStyle: { opacity: 1 },
          label: {
            show: true,
            position: 'right',
            color: INK,
            backgroundColor: '#ffffff',
            fontSize: 11,
            formatter: ({ dataIndex }: { dataIndex: number }) => label(stepOf(event)[dataIndex]),
          },
          data: stepOf(event).map((_, row) => [column, row]),
        },
      ]),
    },
  };
}

function bar(panel: number, color: string): Record<string, unknown> {
  return {
    type: 'bar',
    stack: `moves-${panel}`,
    xAxisIndex: panel,
    yAxisIndex: panel,
    barWidth: 16,
    itemStyle: { color },
  };
}

function inPercent(value: number): string {
  return `${Math.round(100 * value)} %`;
}

function label(step: Step | undefined): string {
  if (!step) return '';
  return step.collateral === 0 ? percent(step.moved) : `${percent(step.moved)} (${percent(step.collateral)})`;
}
