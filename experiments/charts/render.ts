// Owns turning a chart into files: SVG by ECharts without a browser, PNG of the same by resvg with a font that comes along, so
// that a machine without fonts draws the same. Both packages are installed on demand, hence loaded by name.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installPackages } from '../optional-packages.ts';
import type { Chart } from './chart.ts';

const HOME = join(import.meta.dirname, '..');
/** Pixels of the PNG per pixel of the chart: sharp where the page is zoomed. */
const SCALE = 2;

interface ECharts {
  init(
    dom: null,
    theme: null,
    options: { renderer: 'svg'; ssr: true; width: number; height: number },
  ): { setOption(option: Chart['option']): void; renderToSVGString(): string; dispose(): void };
}
interface Resvg {
  Resvg: new (svg: string, options: object) => { render(): { asPng(): Uint8Array } };
}

/** Writes `NAME.svg` and `NAME.png` of each into the folder. @throws Error when the packages cannot be installed */
export async function writeCharts(charts: readonly Chart[], folder: string): Promise<void> {
  await installPackages(HOME);
  const load = createRequire(join(HOME, 'package.json'));
  const echarts = load('echarts') as ECharts;
  const { Resvg } = load('@resvg/resvg-js') as Resvg;
  const fonts = join(HOME, 'node_modules', 'dejavu-fonts-ttf', 'ttf');
  const font = {
    fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((file) => join(fonts, file)),
    loadSystemFonts: false,
    defaultFontFamily: 'DejaVu Sans',
  };
  mkdirSync(folder, { recursive: true });
  for (const { name, width, height, option } of charts) {
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
    chart.setOption(option);
    const svg = chart.renderToSVGString();
    chart.dispose();
    writeFileSync(join(folder, `${name}.svg`), `${svg}\n`);
    const png = new Resvg(svg, { font, fitTo: { mode: 'zoom', value: SCALE } }).render().asPng();
    writeFileSync(join(folder, `${name}.png`), png);
  }
}
