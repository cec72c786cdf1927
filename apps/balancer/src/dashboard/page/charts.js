// Owns the charts of the last minutes: requests per second by replica, and latency where it is measured. The library draws on a
// canvas; the same numbers stand in words above it. Rates are traffic-history.js's.
import { byId, setText } from './dom.js';
import { latency, rate, shortened } from './format.js';
import uPlot from './uplot.js';

const HEIGHT = { both: 148, alone: 265 };
/** Seconds; a young page shows less. */
const SHOWN = { least: 60, most: 300 };
/** With more lines nobody finds theirs: then there is one for all. */
const MOST_LINES = 8;
/** Of lines that are not of now. */
const PALE = 0.45;
/** Characters of a name in the legend. */
const NAME = 24;

export class Charts {
  /** @type {uPlot | undefined} */
  #rates;
  /** @type {uPlot | undefined} */
  #latencies;
  #lines = '';
  #alpha = 1;

  /** @param {import('./pool-store.js').PoolStore} store @param {import('./traffic-history.js').TrafficHistory} history */
  constructor(store, history) {
    this.store = store;
    this.history = history;
    new ResizeObserver(() => this.#resize()).observe(byId('rate-chart'));
    for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)'])
      matchMedia(query).addEventListener('change', () => this.repaint());
  }

  draw() {
    const now = this.history.knownAt(Date.now());
    const points = this.history.upTo(now);
    const names = this.store.names();
    const byReplica = names.length <= MOST_LINES;
    const { rates, latencies } = this.#prepare(byReplica ? names : []);
    const age = points[0] ? (now - points[0].at) / 1000 : 0;
    const shown = Math.min(SHOWN.most, Math.max(SHOWN.least, age));
    const scale = { min: now / 1000 - shown, max: now / 1000 };
    const lines = byReplica ? names.map((name) => points.map((point) => point.byReplica.get(name) ?? 0)) : [];
    const times = points.map(({ at }) => at / 1000);
    show(rates, [times, points.map(({ total }) => total), points.map(({ failed }) => failed), ...lines], scale);
    if (byId('latency').hidden === this.history.hasLatency) {
      byId('latency').hidden = !this.history.hasLatency;
      this.#resize();
    }
    if (this.history.hasLatency) {
      /** @param {'p50' | 'p99'} which */
      const all = (which) => points.map((point) => point.latency?.get('')?.[which] ?? null);
      show(latencies, [times, all('p50'), all('p99')], scale);
    }
    setText(byId('traffic-now'), inWords(this.history.latest(now)));
  }

  /** @param {boolean} stale whether the lines are drawn pale; what is written beside them stays as it is */
  fade(stale) {
    if (this.#alpha === (stale ? PALE : 1)) return;
    this.#alpha = stale ? PALE : 1;
    this.repaint();
  }

  /** Colours are read when a chart is made. */
  repaint() {
    this.#lines = '';
    this.draw();
  }

  /** @param {readonly string[]} names */
  #prepare(names) {
    const lines = JSON.stringify(names.map((name) => [name, this.store.colourOf(name)]));
    if (this.#rates && this.#latencies && lines === this.#lines)
      return { rates: this.#rates, latencies: this.#latencies };
    this.#lines = lines;
    this.#rates?.destroy();
    this.#latencies?.destroy();
    const own = names.map((name) =>
      line(shortened(name, NAME), `var(--series-${this.store.colourOf(name) % 8})`, rate),
    );
    const total = { ...line('all', 'var(--soft)', rate), width: 1, fill: colour('var(--still-ground)') };
    const failed = line('failed', 'var(--bad)', rate, [2, 3]);
    const quantiles = [line('p50', 'var(--series-5)', latency), line('p99', 'var(--series-4)', latency)];
    for (const series of [total, failed, ...own, ...quantiles]) series.alpha = this.#alpha;
    const rates = chart('rate-chart', [total, failed, ...own], rate);
    const latencies = chart('latency-chart', quantiles, latency);
    [this.#rates, this.#latencies] = [rates, latencies];
    this.#resize();
    return { rates, latencies };
  }

  #resize() {
    const height = this.history.hasLatency ? HEIGHT.both : HEIGHT.alone;
    this.#rates?.setSize({ width: byId('rate-chart').clientWidth, height });
    this.#latencies?.setSize({ width: byId('latency-chart').clientWidth, height });
  }
}

/** @typedef {(value: number) => string} Words */

/** @param {string} id @param {uPlot.Series[]} series @param {Words} words */
function chart(id, series, words) {
  const axis = {
    stroke: colour('var(--soft)'),
    grid: { stroke: colour('var(--line)'), width: 1 },
    ticks: { show: false },
  };
  /** @type {uPlot.Options} */
  const options = {
    width: byId(id).clientWidth || 300,
    height: HEIGHT.both,
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    legend: { markers: { fill: (plot, index) => /** @type {any} */ (plot.series[index]?.stroke)?.(plot, index) } },
    scales: { x: { time: true }, y: { range: (_chart, _least, most) => [0, Math.max(most * 1.15, 1)] } },
    axes: [
      { ...axis, space: 70, size: 30, values: '{HH}:{mm}:{ss}' },
      { ...axis, size: 48, values: (_chart, values) => values.map(words) },
    ],
    series: [{ label: 'at', value: '{HH}:{mm}:{ss}' }, ...series],
  };
  const plot = new uPlot(options, [[], ...series.map(() => [])], byId(id));
  plot.root.querySelector('.u-legend')?.setAttribute('aria-hidden', 'true'); // what it says is in the picture's name
  return plot;
}

/** @param {string} label @param {string} stroke @param {Words} words @param {number[]} [dash] @returns {uPlot.Series} */
function line(label, stroke, words, dash) {
  /** @param {uPlot} _chart @param {number | null | undefined} number */
  const value = (_chart, number) => (number === null || number === undefined ? '–' : words(number));
  return { label, stroke: colour(stroke), width: 1.8, dash, points: { show: false }, value };
}

/** @param {uPlot} plot @param {uPlot.AlignedData} data @param {{ min: number, max: number }} scale */
function show(plot, data, scale) {
  plot.batch(() => {
    plot.setData(data, false);
    plot.setScale('x', scale);
  });
  // Where nobody points at a time, the legend tells the newest.
  if ((plot.cursor.left ?? -1) < 0 && data[0].length > 0) plot.setLegend({ idx: data[0].length - 1 });
}

/** A canvas knows no variables: what the browser makes of one. @param {string} value */
function colour(value) {
  const probe = document.createElement('span');
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** @param {import('./traffic-history.js').Point} point */
function inWords({ total, failed, latency: measured }) {
  const all = measured?.get('');
  return [
    `${rate(total)} requests/s`,
    failed > 0 ? `${rate(failed)} failed tries/s` : undefined,
    all ? `p50 ${latency(all.p50)}, p99 ${latency(all.p99)}` : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}
