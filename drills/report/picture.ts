// Owns the picture of a drill: latency of each request over time, failures in red, what was done as upright lines, and below
// it one band of states per replica. Plain SVG text with colours for light and dark readers. Pure.
import { FONT, PALETTE } from '../../experiments/charts/chart.ts';
import { type Band, DOT_KINDS, type DotKind, type DrillResult } from '../result.ts';

const WIDTH = 1000;
const LEFT = 92;
const RIGHT = 24;
const PLOT = WIDTH - LEFT - RIGHT;
const TOP = 92;
const PLOT_HEIGHT = 240;
const BANDS_TOP = TOP + PLOT_HEIGHT + 22;
const BAND = 16;
const BAND_STEP = 21;
/** Beyond so many replicas the later ones are left out, and said to be. */
const MOST_BANDS = 14;
const MOST_MARKS = 12;

const STATES: Readonly<Record<string, string>> = {
  ready: PALETTE.green,
  starting: PALETTE.sky,
  unready: PALETTE.orange,
  draining: PALETTE.purple,
  drained: PALETTE.purple,
  'backing-off': PALETTE.vermilion,
  quarantined: PALETTE.vermilion,
  unseen: '#9a9a9a',
  gone: 'none',
};

const STYLE = `
    text { font-family: ${FONT}; font-size: 12px; fill: #222 }
    .paper { fill: #fff } .title { font-size: 17px; font-weight: bold } .muted { fill: #666 }
    .grid { stroke: #ddd } .mark { stroke: #888; stroke-dasharray: 3 3 }
    path { fill: none; stroke-width: 3.2; stroke-linecap: round }
    .GET { stroke: ${PALETTE.blue} } .POST { stroke: ${PALETTE.orange} }
    .failed { stroke: #d3182d; stroke-width: 7 } .excused { stroke: #e88792; stroke-width: 6 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6e6e6 } .paper { fill: #0d1117 } .muted { fill: #9aa4ae } .grid { stroke: #2d333b } .mark { stroke: #768390 }
      .GET { stroke: ${PALETTE.sky} } .failed { stroke: #ff6b6b } .excused { stroke: #a04a52 }
    }`;

export function picture(result: DrillResult): string {
  const { lasted, bands } = result.timeline;
  const dots = DOT_KINDS.map((kind) => ({ kind, dots: readDots(result.timeline.dots[kind]) }));
  const names = [...new Set(bands.map(({ replica }) => replica))].slice(0, MOST_BANDS);
  const height = BANDS_TOP + names.length * BAND_STEP + 56;
  const span = Math.max(1, lasted);
  const x = (at: number) => LEFT + (Math.min(at, span) / span) * PLOT;
  const top = dots.flatMap((one) => one.dots).reduce((most, { ms }) => Math.max(most, ms), 1000);
  const decades = Math.ceil(Math.log10(top)) + 1;
  const y = (ms: number) => TOP + PLOT_HEIGHT - ((Math.log10(Math.max(0.1, ms)) + 1) / decades) * PLOT_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `  <title>${escaped(`${result.title} (${result.runtime})`)}</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="paper" width="${WIDTH}" height="${height}"/>`,
    text(16, 30, `${result.title} · ${result.runtime} · ${result.grade.letter}`, 'title'),
    text(16, 52, subtitle(result), 'muted'),
    ...latencyGrid(decades, y),
    ...timeGrid(span, x, BANDS_TOP + names.length * BAND_STEP),
    ...marks(result, x),
    // Failures last: nothing covers them.
    ...dots.flatMap((one) => dotsOf(one.kind, one.dots, x, y)),
    ...names.flatMap((name, i) => bandsOf(name, i, bands, x)),
    ...legend(height - 12),
    '</svg>\n',
  ].join('\n');
}

function subtitle({ sent, rate, latency, failures, lostWithInstance }: DrillResult): string {
  const lost = failures.reduce((sum, { count }) => sum + count, 0);
  const excused = lostWithInstance > 0 ? ` (${lostWithInstance} POSTs with their replica)` : '';
  return `${sent.GET + sent.POST} requests at ${rate}/s, ${lost} failed${excused}; p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(0)} ms, slowest ${latency.worst.toFixed(0)} ms`;
}

function latencyGrid(decades: number, y: (ms: number) => number): string[] {
  return Array.from({ length: decades + 1 }, (_, i) => 10 ** (i - 1)).flatMap((ms) => [
    `  <line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${n(y(ms))}" y2="${n(y(ms))}"/>`,
    text(LEFT - 8, y(ms) + 4, ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`, 'muted', 'end'),
  ]);
}

function timeGrid(span: number, x: (at: number) => number, bottom: number): string[] {
  const step = [1, 2, 5, 10, 20, 30, 60, 120, 300].find((seconds) => span / 1000 / seconds <= 14) ?? 600;
  const count = Math.floor(span / 1000 / step);
  return Array.from({ length: count + 1 }, (_, i) => i * step).map((seconds) =>
    text(x(seconds * 1000), bottom + 16, `${seconds} s`, 'muted', 'middle'),
  );
}

/** Labels climb in three rows, so that neighbours do not lie on one another; of many events none is named. */
function marks({ timeline }: DrillResult, x: (at: number) => number): string[] {
  const named = timeline.marks.length <= MOST_MARKS;
  return timeline.marks.flatMap(({ at, label }, i) => [
    `  <line class="mark" x1="${n(x(at))}" x2="${n(x(at))}" y1="${TOP - 4}" y2="${BANDS_TOP - 8}"/>`,
    ...(named ? [text(x(at) + 3, TOP - 6 + (i % 3) * 13, label, 'muted', x(at) > WIDTH - 140 ? 'end' : 'start')] : []),
  ]);
}

/** All dots of a kind are one line of no length with round ends: a tenth of the size of as many circles. */
function dotsOf(kind: DotKind, dots: readonly Dot[], x: (at: number) => number, y: (ms: number) => number): string[] {
  if (dots.length === 0) return [];
  return [`  <path class="${kind}" d="${dots.map(({ at, ms }) => `M${n(x(at))} ${n(y(ms))}h0`).join('')}"/>`];
}

interface Dot {
  readonly at: number;
  readonly ms: number;
}

function readDots(text: string): Dot[] {
  if (text === '') return [];
  return text.split(' ').map((pair) => {
    const [at = NaN, ms = NaN] = pair.split(',').map(Number);
    return { at, ms };
  });
}

function bandsOf(name: string, row: number, bands: readonly Band[], x: (at: number) => number): string[] {
  const top = BANDS_TOP + row * BAND_STEP;
  const own = bands.filter(({ replica, state }) => replica === name && state !== 'gone');
  return [
    text(LEFT - 8, top + 12, name, '', 'end'),
    ...own.map(({ state, from, to }) => {
      const width = Math.max(1, x(to) - x(from));
      const colour = STATES[state] ?? PALETTE.yellow;
      return `  <rect x="${n(x(from))}" y="${top}" width="${n(width)}" height="${BAND}" fill="${colour}"><title>${escaped(`${name}: ${state}`)}</title></rect>`;
    }),
  ];
}

function legend(bottom: number): string[] {
  const entries: [string, string][] = [
    ['GET', PALETTE.blue],
    ['POST', PALETTE.orange],
    ['failed', '#d3182d'],
    ['lost with its replica', '#e88792'],
    ['│', 'none'],
    ...['ready', 'starting', 'unready', 'draining', 'backing-off', 'unseen'].map((state): [string, string] => [
      state,
      STATES[state] ?? 'none',
    ]),
  ];
  let at = LEFT;
  return entries.flatMap(([label, colour]) => {
    const from = at;
    at += 26 + label.length * 7;
    return [
      `  <rect x="${from}" y="${bottom - 10}" width="11" height="11" fill="${colour}"/>`,
      text(from + 16, bottom, label, 'muted'),
    ];
  });
}

function text(x: number, y: number, words: string, kind: string, anchor = 'start'): string {
  return `  <text class="${kind}" x="${n(x)}" y="${n(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
