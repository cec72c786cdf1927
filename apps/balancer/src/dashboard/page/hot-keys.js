// Owns the list of the hottest keys. It is asked for while requests come, and not more often than the list can change much.
import { ask } from './api.js';
import { byId, h, keyed, setText } from './dom.js';
import { percent, rate } from './format.js';
import { colourClass } from './pool-store.js';

const PACE_MS = 5000;
const SHOWN = 8;

export class HotKeys {
  #askedAt = -Infinity;
  #body = h('tbody');

  constructor(store) {
    this.store = store;
    const heads = ['Key', 'Replica', 'Share', 'Per second'];
    const head = heads.map((title, index) => h('th', { scope: 'col', class: index > 1 ? 'amount' : undefined }, title));
    byId('hot-keys-table').append(h('table', {}, h('thead', {}, h('tr', {}, ...head)), this.#body));
  }

  /** Requests have come. */
  async mayHaveChanged(now) {
    if (now - this.#askedAt < PACE_MS) return;
    this.#askedAt = now;
    try {
      this.#show(await ask(`api/keys/hot?limit=${SHOWN}`));
    } catch {
      byId('hot-keys').hidden = true; // the data process does not tell now; it is asked again
    }
  }

  #show({ keys }) {
    byId('hot-keys').hidden = keys.length === 0;
    keyed(
      this.#body,
      keys,
      ({ hash }) => String(hash),
      row,
      (tr, { hash, key, replica, share, perSecond }) => {
        const [name, owner, part, pace] = tr.children;
        setText(name.firstChild, key ?? `#${hash.toString(16).padStart(8, '0')}`);
        owner.firstChild.className = `swatch ${colourClass(this.store.colourOf(replica ?? ''))}`;
        setText(owner.lastChild, replica ?? 'nobody');
        setText(part, percent(share));
        setText(pace, rate(perSecond));
      },
    );
  }
}

function row() {
  return h(
    'tr',
    {},
    h('td', {}, h('code')),
    h('td', {}, h('span', { class: 'swatch' }), ' ', h('span')),
    h('td', { class: 'amount number' }),
    h('td', { class: 'amount number' }),
  );
}
