// Owns the chart of the hashing benchmark: build and lookup over the number of members, HashFlow's algorithms in colour, the
// rivals dashed in grey tones.
import {
  BASE,
  type Chart,
  heading,
  INK,
  MUTED,
  PALETTE,
  panelTitle,
  valueAxis,
} from '../../experiments/charts/chart.ts';
import type { HashingResult } from './result.ts';

const OURS = [PALETTE.blue, PALETTE.orange, PALETTE.vermilion, PALETTE.green, PALETTE.purple, PALETTE.sky];
const RIVALS = ['#111111', '#444444', '#6b6b6b', '#8e8e8e', '#adadad'];
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'roundRect', 'emptyCircle'];
const RIVAL_SYMBOLS = ['emptyCircle', 'emptyRect', 'emptyTriangle', 'emptyDiamond', 'emptyRoundRect'];

export function hashingChart({ contestants, sizes }: HashingResult): Chart {
  const own = contestants.filter(({ ours }) => ours);
  const rivals = contestants.filter(({ ours }) => !ours);
  const look = (name: string) => {
    const mine = own.findIndex((one) => one.name === name);
    const other = rivals.findIndex((one) => one.name === name);
    const color = (mine >= 0 ? OURS[mine] : RIVALS[other]) ?? INK;
    return {
      itemStyle: { color },
      lineStyle: { color, width: mine >= 0 ? 2.4 : 1.6, type: mine >= 0 ? 'solid' : 'dashed' },
      symbol: mine >= 0 ? SYMBOLS[mine] : RIVAL_SYMBOLS[other],
      symbolSize: 8,
    };
  };
  const sizeAxis = (gridIndex: number) =>
    valueAxis('members (N, logarithmic)', {
      gridIndex,
      type: 'log',
      min: sizes[0],
      max: sizes.at(-1),
      nameGap: 30,
      splitLine: { show: false },
      axisLine: { show: true, onZero: false, lineStyle: { color: MUTED } },
      customValues: sizes,
      axisTick: { show: true, customValues: sizes },
      axisLabel: { color: MUTED, fontSize: 12, customValues: sizes, formatter: String },
    });
  return {
    name: 'hashing',
    width: 1080,
    height: 600,
    option: {
      ...BASE,
      title: [
        heading(
          'Building a placement and looking up a key',
          'Solid: HashFlow. Dashed: other npm packages. Both axes logarithmic; lines end where a package cannot go on or takes longer than 5 s.',
        ),
        panelTitle('Lookup by key, its hash included', 80, 78),
        panelTitle('Build', 620, 78),
      ],
      legend: {
        bottom: 8,
        left: 60,
        right: 60,
        itemWidth: 34,
        itemGap: 22,
        data: contestants.map(({ name }) => name),
        textStyle: { fontSize: 12, color: INK },
      },
      grid: [
        { left: 80, width: 430, top: 112, bottom: 120 },
        { left: 620, width: 430, top: 112, bottom: 120 },
      ],
      xAxis: [sizeAxis(0), sizeAxis(1)],
      yAxis: [
        valueAxis('', { gridIndex: 0, type: 'log', axisLabel: { color: MUTED, fontSize: 12, formatter: duration } }),
        valueAxis('', {
          gridIndex: 1,
          type: 'log',
          axisLabel: { color: MUTED, fontSize: 12, formatter: (ms: number) => duration(ms * 1e6) },
        }),
      ],
      series: contestants.flatMap(({ name, measured }) => [
        { name, type: 'line', ...look(name), data: points(measured, 'lookupNs') },
        { name, type: 'line', xAxisIndex: 1, yAxisIndex: 1, ...look(name), data: points(measured, 'buildMs') },
      ]),
    },
  };
}

function points(
  measured: HashingResult['contestants'][number]['measured'],
  field: 'lookupNs' | 'buildMs',
): [number, number][] {
  return measured.flatMap((one) => {
    const value = one[field];
    return value === null ? [] : [[one.N, value] satisfies [number, number]];
  });
}

function duration(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${Math.round(ns / 1e3)} µs`;
  return ns < 1e9 ? `${Math.round(ns / 1e6)} ms` : `${Math.round(ns / 1e9)} s`;
}
