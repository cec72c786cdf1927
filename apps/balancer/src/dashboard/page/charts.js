// Owns the charts of the last minutes: requests per second by replica, and latency where it is measured. The library draws on a
// canvas; the same numbers stand in words above it. Rates are traffic-history.js's.
import { byId, setText } from './dom.js';
import { latency, rate } from './format.js';
import uPlot from './uplot.js';

const HEIGHT = { both: 148, alone: 265 };
/** Seconds; a young page shows less. */
const SHOWN = { least: 60, most: 300 };
/** With more lines nobody finds theirs: then there is one for all. */
const MOST_LINES = 8;

export class Charts {
  #rates;
  #latencies;
  #lines = '';

  constructor(store, history) {
    this.store = store;
    this.history = history;
    new ResizeObserver(() => this.#resize()).observe(byId('rate-chart'));
    for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)'])
      matchMedia(query).addEventListener('change', () => this.repaint());
  }

  draw() {
    const now = Date.now();
    const points = this.history.upTo(now);
    const names = this.store.names();
    const byReplica = names.length <= MOST_LINES;
    this.#prepare(byReplica ? names : []);
    const age = points.length > 0 ? (now - points[0].at) / 1000 : 0;
    const shown = Math.min(SHOWN.most, Math.max(SHOWN.least, age));
    const scale = { min: now / 1000 - shown, max: now / 1000 };
    const lines = byReplica ? names.map((name) => points.map((point) => point.byReplica.get(name) ?? 0)) : [];
    const times = points.map(({ at }) => at / 1000);
    show(this.#rates, [times, points.map(({ total }) => total), points.map(({ failed }) => failed), ...lines], scale);
    if (byId('latency').hidden === this.history.hasLatency) {
      byId('latency').hidden = !this.history.hasLatency;
      this.#resize();
    }
    if (this.history.hasLatency) {
      const all = (which) => points.map((point) => point.latency?.get('')?.[which] ?? null);
      show(this.#latencies, [times, all('p50'), all('p99')], scale);
    }
    setText(byId('traffic-now'), inWords(this.history.latest(now)));
  }

  /** Colours are read when a chart is made. */
  repaint() {
    this.#lines = '';
    this.draw();
  }

  #prepare(names) {
    const lines = JSON.stringify(names.map((name) => [name, this.store.colourOf(name)]));
    if (this.#rates && lines === this.#lines) return;
    this.#lines = lines;
    this.#rates?.destroy();
    this.#latencies?.destroy();
    const own = names.map((name) => line(name, `var(--series-${this.store.colourOf(name) % 8})`, rate));
    const total = { ...line('all', 'var(--soft)', rate), width: 1, fill: colour('var(--still-ground)') };
    this.#rates = chart('rate-chart', [total, line('failed', 'var(--bad)', rate, [2, 3]), ...own], rate);
    this.#latencies = chart(
      'latency-chart',
      [line('p50', 'var(--series-5)', latency), line('p99', 'var(--series-4)', latency)],
      latency,
    );
    this.#resize();
  }

  #resize() {
    const height = this.history.hasLatency ? HEIGHT.both : HEIGHT.alone;
    this.#rates?.setSize({ width: byId('rate-chart').clientWidth, height });
    this.#latencies?.setSize({ width: byId('latency-chart').clientWidth, height });
  }
}

function chart(id, series, words) {
  const axis = {
    stroke: colour('var(--soft)'),
    grid: { stroke: colour('var(--line)'), width: 1 },
    ticks: { show: false },
  };
  const options = {
    width: byId(id).clientWidth || 300,
    height: HEIGHT.both,
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_chart, _least, most) => [0, Math.max(most * 1.15, 1)] } },
    axes: [
      { ...axis, space: 70, size: 30, values: '{HH}:{mm}:{ss}' },
      { ...axis, size: 48, values: (_chart, values) => values.map(words) },
    ],
    series: [{ label: 'at', value: '{HH}:{mm}:{ss}' }, ...series],
  };
  return new uPlot(options, [[], ...series.map(() => [])], byId(id));
}

function line(label, stroke, words, dash) {
  const value = (_chart, number) => (number === null || number === undefined ? '–' : words(number));
  return { label, stroke: colour(stroke), width: 1.8, dash, points: { show: false }, value };
}

function show(plot, data, scale) {
  plot.batch(() => {
    plot.setData(data, false);
    plot.setScale('x', scale);
  });
}

/** A canvas knows no variables: what the browser makes of one. */
function colour(value) {
  const probe = document.createElement('span');
  probe.style.color = value;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

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
