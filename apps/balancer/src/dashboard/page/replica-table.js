// Owns the table of replicas. Rows stay while their replica does, so that the focus in them stays too. What one does to a replica
// is replica-dialog.js's.
import { byId, child, h, keyed, setAttributes, setText } from './dom.js';
import { count, duration, latency, percent, rate } from './format.js';
import { colourClass } from './pool-store.js';

/** @import { ProbeView, ReplicaView } from './api-types.js' */
/** @typedef {import('./pool-store.js').PoolStore} PoolStore */
/** @typedef {import('./traffic-history.js').TrafficHistory} TrafficHistory */
/** @typedef {{ now: import('./traffic-history.js').Point, largest: number, total?: { inFlight: number, failed: number } }} Numbers `largest` of all shares */
/** @typedef {{ title: string, cell: string, measured?: boolean, hint?: string }} Column */

/** @type {Record<ReplicaView['state'], { tone: string, sign: string }>} */
const STATES = {
  ready: { tone: 'good', sign: '●' },
  starting: { tone: 'busy', sign: '○' },
  unready: { tone: 'warn', sign: '◌' },
  'backing-off': { tone: 'warn', sign: '…' },
  quarantined: { tone: 'bad', sign: '✖' },
  draining: { tone: 'still', sign: '◒' },
  drained: { tone: 'still', sign: '◓' },
};
/** Rows stand closer together where there are more. */
const MANY = 12;

/** Sign and colour say the same as the word. @param {ReplicaView['state']} state */
export function stateMark(state) {
  const { tone, sign } = STATES[state] ?? { tone: 'still', sign: '·' };
  return { className: `state ${tone}`, text: `${sign} ${state}` };
}

/** How many are in each state, those that serve first. @param {readonly Pick<ReplicaView, 'state'>[]} replicas */
export function stateCounts(replicas) {
  const states = /** @type {ReplicaView['state'][]} */ (Object.keys(STATES));
  return states
    .map((state) => ({ state, many: replicas.filter((one) => one.state === state).length }))
    .filter(({ many }) => many > 0)
    .map(({ state, many }) => `${many} ${state}`)
    .join(' · ');
}

/** @type {readonly Column[]} */
const COLUMNS = [
  { title: 'Replica', cell: 'name' },
  { title: 'State', cell: 'standing' },
  { title: 'Keys', cell: 'share amount' },
  { title: 'In flight', cell: 'flight amount' },
  { title: 'Requests/s', cell: 'rate amount' },
  { title: 'p50', cell: 'p50 amount', measured: true, hint: 'Half of the requests of the last seconds took no longer' },
  { title: 'p99', cell: 'p99 amount', measured: true, hint: '99 of 100 requests of the last seconds took no longer' },
  { title: 'Failed', cell: 'failed amount', hint: 'Tries that were refused, reset, timed out or answered with 5xx' },
  { title: 'Restarts', cell: 'restarts amount' },
];
/** @type {Column} */
const ACTIONS = { title: 'Actions', cell: 'acts' };

export class ReplicaTable {
  #body = h('tbody');
  #head = h('tr');

  /** @param {PoolStore} store @param {TrafficHistory} history @param {(name: string) => void} onOpen */
  constructor(store, history, onOpen) {
    this.store = store;
    this.history = history;
    this.onOpen = onOpen;
    byId('replicas').append(
      h('table', { 'aria-labelledby': 'replicas-title' }, h('thead', {}, this.#head), this.#body),
    );
  }

  draw() {
    const { replicas } = this.store;
    const columns = [...COLUMNS.filter(({ measured }) => !measured || this.history.hasLatency), ACTIONS];
    byId('replicas').classList.toggle('many', replicas.length > MANY);
    setText(byId('replica-states'), stateCounts(replicas));
    keyed(
      this.#head,
      columns,
      ({ title }) => title,
      () => h('th', { scope: 'col' }, h('span')),
      (head, { title, cell, hint }) => {
        setAttributes(head, { class: `at-${cell}`, title: hint });
        setAttributes(child(head, 0), { class: cell === ACTIONS.cell ? 'unseen' : false });
        setText(child(head, 0), title);
      },
    );
    const now = this.history.latest(this.history.knownAt(Date.now()));
    const totals = this.history.totals();
    const largest = Math.max(...replicas.map(({ share }) => share), Number.EPSILON);
    const focused = this.#body.contains(document.activeElement);
    keyed(
      this.#body,
      replicas,
      ({ name }) => name,
      () => h('tr'),
      (row, replica) => this.#row(row, columns, replica, { now, largest, total: totals.get(replica.name) }),
    );
    if (focused && !this.#body.contains(document.activeElement)) byId('replicas').focus(); // its row is gone
  }

  /** @param {HTMLElement} row @param {readonly Column[]} columns @param {ReplicaView} replica @param {Numbers} numbers */
  #row(row, columns, replica, numbers) {
    keyed(
      row,
      columns,
      ({ cell }) => cell,
      ({ cell, title }) => this.#cell(cell, title, replica.name),
      (td, { cell }) => FILL[cell.split(' ')[0] ?? '']?.(td, replica, numbers, this.store),
    );
  }

  /** @param {string} cell @param {string} title @param {string} name */
  #cell(cell, title, name) {
    const td = h('td', {
      class: cell,
      role: cell === 'name' ? 'rowheader' : undefined,
      'data-label': cell.includes('amount') ? title : undefined,
    });
    if (cell === 'name') td.append(h('span', { class: 'swatch' }), h('span'));
    else if (cell === 'standing') td.append(h('span'), h('span', { class: 'why', hidden: true }));
    else if (cell === ACTIONS.cell)
      td.append(
        h(
          'button',
          { type: 'button', 'aria-haspopup': 'dialog', 'aria-label': `Manage ${name}`, click: () => this.onOpen(name) },
          'Manage…',
        ),
      );
    else if (cell.startsWith('share')) td.append(h('span', { class: 'number' }), shareBar());
    else td.append(h('span', { class: 'number' }));
    return td;
  }
}

const shareBar = () => h('span', { class: 'share-bar', 'aria-hidden': 'true' }, h('span', { class: 'share-fill' }));

/** @type {Record<string, (td: HTMLElement, replica: ReplicaView, numbers: Numbers, store: PoolStore) => void>} */
const FILL = {
  name(td, { name }, _numbers, store) {
    setAttributes(child(td, 0), { class: `swatch ${colourClass(store.colourOf(name))}` });
    setText(child(td, 1), name);
  },
  standing(td, replica) {
    const { className, text } = stateMark(replica.state);
    setAttributes(child(td, 0), { class: className });
    setText(child(td, 0), text);
    const why = reasonOf(replica);
    setAttributes(child(td, 1), { hidden: why === '' });
    setText(child(td, 1), why);
  },
  share(td, { name, share, weight }, { largest }, store) {
    setText(child(td, 0), weight === 1 ? percent(share) : `${percent(share)} · weight ${weight}`);
    setAttributes(child(td, 1), { class: `share-bar ${colourClass(store.colourOf(name))}` });
    child(child(td, 1), 0).style.width = `${((share / largest) * 100).toFixed(1)}%`;
  },
  flight(td, { inFlight }, { total }) {
    setText(child(td, 0), count(total?.inFlight ?? inFlight));
  },
  rate(td, { name }, { now }) {
    setText(child(td, 0), rate(now.byReplica.get(name) ?? 0));
  },
  p50(td, { name }, { now }) {
    setText(child(td, 0), quantile(now, name, 'p50'));
  },
  p99(td, { name }, { now }) {
    setText(child(td, 0), quantile(now, name, 'p99'));
  },
  failed(td, _replica, { total }) {
    setText(child(td, 0), count(total?.failed ?? 0));
  },
  restarts(td, { restarts }) {
    setText(child(td, 0), count(restarts));
  },
};

/** @param {Numbers['now']} now @param {string} name @param {'p50' | 'p99'} which */
function quantile(now, name, which) {
  const ms = now.latency?.get(name)?.[which];
  return ms === undefined ? '–' : latency(ms);
}

/** Why a replica does not serve, or serves less than usual; empty when all is well. @param {ReplicaView} replica */
export function reasonOf({ state, reason, ramp, checks, lastExit }) {
  const parts = [
    reason ?? undefined,
    checks.conduct?.ejectedUntil
      ? `ejected until ${new Date(checks.conduct.ejectedUntil).toLocaleTimeString('en-GB')}`
      : undefined,
    ramp === null ? undefined : `starts slowly: takes ${percent(ramp)} of its keys`,
    state !== 'ready' && lastExit && !reason?.includes(lastExit.reason) ? `last ended: ${lastExit.reason}` : undefined,
    checks.probe?.result === 'failed' && state === 'ready' ? `probe failed: ${checks.probe.reason}` : undefined,
  ];
  return [...new Set(parts.filter((part) => part !== undefined))].join(' · ');
}

/** @param {ProbeView | null} probe */
export function probeWords(probe) {
  if (!probe) return 'none yet';
  const what = probe.result === 'failed' ? `failed: ${probe.reason}` : probe.result;
  return `${what}, ${probe.inARow} in a row, ${duration(probe.durationMs)}`;
}
