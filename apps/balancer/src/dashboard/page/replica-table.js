// Owns the table of replicas. Rows stay while their replica does, so that the focus in them stays too. What one does to a replica
// is replica-dialog.js's.
import { byId, h, keyed, setAttributes, setText } from './dom.js';
import { count, duration, latency, percent, rate } from './format.js';
import { colourClass } from './pool-store.js';

const STATES = {
  ready: { tone: 'good', sign: '●' },
  starting: { tone: 'busy', sign: '○' },
  unready: { tone: 'warn', sign: '◌' },
  'backing-off': { tone: 'warn', sign: '…' },
  quarantined: { tone: 'bad', sign: '✖' },
  draining: { tone: 'still', sign: '◒' },
  drained: { tone: 'still', sign: '◓' },
};
/** Sign and colour say the same as the word. */
export function stateMark(state) {
  const { tone, sign } = STATES[state] ?? { tone: 'still', sign: '·' };
  return { className: `state ${tone}`, text: `${sign} ${state}` };
}

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

export class ReplicaTable {
  #body = h('tbody');
  #head = h('tr');

  /** @param {(name: string) => void} onOpen */
  constructor(store, history, onOpen) {
    this.store = store;
    this.history = history;
    this.onOpen = onOpen;
    byId('replicas').append(
      h('table', { 'aria-labelledby': 'replicas-title' }, h('thead', {}, this.#head), this.#body),
    );
  }

  draw() {
    const columns = COLUMNS.filter(({ measured }) => !measured || this.history.hasLatency);
    const heads = [...columns, { title: 'Actions', cell: '', unseen: true }];
    keyed(
      this.#head,
      heads,
      ({ title }) => title,
      () => h('th', { scope: 'col' }, h('span')),
      (head, { title, cell, hint, unseen }) => {
        setAttributes(head, { class: cell.includes('amount') ? 'amount' : false, title: hint });
        setAttributes(head.firstChild, { class: unseen ? 'unseen' : false });
        setText(head.firstChild, title);
      },
    );
    const now = this.history.latest(Date.now());
    const totals = this.history.totals();
    keyed(
      this.#body,
      this.store.replicas,
      ({ name }) => name,
      () => h('tr'),
      (row, replica) => this.#row(row, columns, replica, { now, total: totals.get(replica.name) }),
    );
  }

  #row(row, columns, replica, numbers) {
    const cells = [...columns.map(({ cell, title }) => ({ cell, title })), { cell: 'acts', title: '' }];
    keyed(
      row,
      cells,
      ({ cell }) => cell,
      ({ cell, title }) => this.#cell(cell, title, replica.name),
      (td, { cell }) => FILL[cell.split(' ')[0]]?.(td, replica, numbers, this.store),
    );
  }

  #cell(cell, title, name) {
    const td = h('td', { class: cell, 'data-label': cell.includes('amount') ? title : undefined });
    if (cell === 'name') td.append(h('span', { class: 'swatch' }), h('span'));
    else if (cell === 'standing') td.append(h('span'), h('span', { class: 'why', hidden: true }));
    else if (cell === 'acts')
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

const FILL = {
  name(td, { name }, _numbers, store) {
    setAttributes(td.firstChild, { class: `swatch ${colourClass(store.colourOf(name))}` });
    setText(td.lastChild, name);
  },
  standing(td, replica) {
    const { className, text } = stateMark(replica.state);
    setAttributes(td.firstChild, { class: className });
    setText(td.firstChild, text);
    const why = reasonOf(replica);
    setAttributes(td.lastChild, { hidden: why === '' });
    setText(td.lastChild, why);
  },
  share(td, { name, share, weight }, _numbers, store) {
    setText(td.firstChild, weight === 1 ? percent(share) : `${percent(share)} · weight ${weight}`);
    setAttributes(td.lastChild, { class: `share-bar ${colourClass(store.colourOf(name))}` });
    td.lastChild.firstChild.style.width = `${Math.round(share * 100)}%`;
  },
  flight(td, { inFlight }, { total }) {
    setText(td.firstChild, count(total?.inFlight ?? inFlight));
  },
  rate(td, { name }, { now }) {
    setText(td.firstChild, rate(now.byReplica.get(name) ?? 0));
  },
  p50(td, { name }, { now }) {
    setText(td.firstChild, quantile(now, name, 'p50'));
  },
  p99(td, { name }, { now }) {
    setText(td.firstChild, quantile(now, name, 'p99'));
  },
  failed(td, _replica, { total }) {
    setText(td.firstChild, count(total?.failed ?? 0));
  },
  restarts(td, { restarts }) {
    setText(td.firstChild, count(restarts));
  },
};

function quantile(now, name, which) {
  const ms = now.latency?.get(name)?.[which];
  return ms === undefined ? '–' : latency(ms);
}

/** Why a replica does not serve, or serves less than usual; empty when all is well. */
export function reasonOf({ state, reason, ramp, checks, lastExit }) {
  const parts = [
    reason ?? undefined,
    checks.conduct?.ejectedUntil
      ? `ejected until ${new Date(checks.conduct.ejectedUntil).toLocaleTimeString('en-GB')}`
      : undefined,
    ramp === null ? undefined : `starts slowly: takes ${percent(ramp)} of its keys`,
    state !== 'ready' && lastExit ? `last ended: ${lastExit.reason}` : undefined,
    checks.probe?.result === 'failed' && state === 'ready' ? `probe failed: ${checks.probe.reason}` : undefined,
  ];
  return [...new Set(parts.filter((part) => part !== undefined))].join(' · ');
}

export function probeWords(probe) {
  if (!probe) return 'none yet';
  const what = probe.result === 'failed' ? `failed: ${probe.reason}` : probe.result;
  return `${what}, ${probe.inARow} in a row, ${duration(probe.durationMs)}`;
}
