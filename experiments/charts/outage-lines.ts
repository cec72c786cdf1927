// Owns the chart of A-3: answers over time, one panel per replica, from each kill to the first answer of the successor in grey.
import { number } from '../page/markdown.ts';
import type { ResilienceResult } from '../runs/a3.ts';
import { BASE, type Chart, heading, INK, MUTED, NOISE, PALETTE, panelTitle, valueAxis } from './chart.ts';

const COLOURS = [PALETTE.blue, PALETTE.orange, PALETTE.green];
const TOP = 108;
const PANEL = 96;
const STEP = PANEL + 44;

export function outageLines(name: string, result: ResilienceResult): Chart {
  const { timeline, binMs, kills, answered, lost, runtime } = result;
  const names = Object.keys(timeline).filter((key) => key !== 'lost');
  const bins = (timeline[names[0] ?? ''] ?? []).length;
  const most = Math.max(...names.flatMap((replica) => timeline[replica] ?? [])) * (1000 / binMs);
  const height = Math.ceil(most / 200) * 200;
  return {
    name,
    width: 1000,
    height: TOP + names.length * STEP + 40,
    option: {
      ...BASE,
      title: [
        heading(
          `Each replica killed once under load: ${number(answered + lost.length)} requests, ${number(lost.length)} lost`,
          `Answers per second. Grey: from SIGKILL to the first answer of the successor, which has the same name and the same keys (${runtime} runtime).`,
        ),
        ...names.map((replica, i) => panelTitle(replica, 72, TOP + i * STEP - 26)),
      ],
      grid: names.map((_, i) => ({ left: 72, right: 30, top: TOP + i * STEP, height: PANEL })),
      xAxis: names.map((_, gridIndex) =>
        valueAxis(gridIndex === names.length - 1 ? 'seconds since the load began' : '', {
          gridIndex,
          nameGap: 30,
          splitLine: { show: false },
          axisLine: { show: true, lineStyle: { color: MUTED } },
          max: (Math.floor((bins - 1) / 10) * 10 * binMs) / 1000,
        }),
      ),
      yAxis: names.map((_, gridIndex) => valueAxis('', { gridIndex, max: height, interval: height / 2 })),
      series: names.map((replica, i) => ({
        type: 'line',
        xAxisIndex: i,
        yAxisIndex: i,
        symbol: 'none',
        clip: true,
        lineStyle: { color: COLOURS[i], width: 2 },
        areaStyle: { color: COLOURS[i], opacity: 0.25 },
        data: (timeline[replica] ?? []).map((count, bin) => [((bin + 0.5) * binMs) / 1000, (count * 1000) / binMs]),
        markArea: {
          silent: true,
          itemStyle: { color: NOISE },
          label: { color: INK, fontSize: 12, position: 'top', distance: 4 },
          data: kills
            .filter(({ victim }) => victim === replica)
            .map(({ killedAt, servesAgainAt, servesAgainMs }) => [
              { name: `${number(servesAgainMs)} ms`, xAxis: killedAt / 1000 },
              { xAxis: servesAgainAt / 1000 },
            ]),
        },
      })),
    },
  };
}
