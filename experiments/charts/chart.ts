// Owns how all charts look: colours that also colour-blind readers tell apart (Okabe and Ito), type, and the marks for chance.

/** An ECharts option with its size in pixels; a plain value, so that making it needs no package. */
export interface Chart {
  /** Name of the files, without ending. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly option: Readonly<Record<string, unknown>>;
}

/** The first is what the PNG is drawn with; a browser that lacks it takes one of the same width for the SVG. */
export const FONT = 'DejaVu Sans, Verdana, sans-serif';
export const INK = '#222222';
export const MUTED = '#666666';
export const GRID = '#dddddd';
/** What chance alone would do. */
export const NOISE = 'rgba(0, 0, 0, 0.13)';
export const PALETTE = {
  blue: '#0072b2',
  orange: '#e69f00',
  green: '#009e73',
  vermilion: '#d55e00',
  purple: '#cc79a7',
  sky: '#56b4e9',
  yellow: '#f0e442',
  black: '#222222',
} as const;

/** Title and, below it, how to read the chart. */
export function heading(text: string, subtext: string): Record<string, unknown> {
  return {
    text,
    subtext,
    left: 16,
    top: 10,
    itemGap: 8,
    textStyle: { color: INK, fontFamily: FONT, fontSize: 18, fontWeight: 'bold' },
    subtextStyle: { color: MUTED, fontFamily: FONT, fontSize: 13, lineHeight: 18 },
  };
}

/** A value axis with a name along it. */
export function valueAxis(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 48,
    nameTextStyle: { color: MUTED, fontFamily: FONT, fontSize: 12 },
    axisLabel: { color: MUTED, fontFamily: FONT, fontSize: 12 },
    axisLine: { show: false },
    splitLine: { lineStyle: { color: GRID } },
    ...more,
  };
}

export function categoryAxis(data: readonly string[], more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'category',
    data,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: MUTED } },
    axisLabel: { color: INK, fontFamily: FONT, fontSize: 12, interval: 0 },
    ...more,
  };
}

/** A title of one panel of several. */
export function panelTitle(text: string, left: string | number, top: number): Record<string, unknown> {
  return {
    text,
    left,
    top,
    textStyle: { color: INK, fontFamily: FONT, fontSize: 13, fontWeight: 'bold', lineHeight: 17 },
  };
}

/** A band across a panel, from one value to another. */
export function band(from: number, to: number, axis: 'xAxis' | 'yAxis' = 'yAxis'): Record<string, unknown> {
  return { silent: true, itemStyle: { color: NOISE }, data: [[{ [axis]: from }, { [axis]: to }]] };
}

export const BASE = { animation: false, backgroundColor: '#ffffff', textStyle: { fontFamily: FONT, color: INK } };
