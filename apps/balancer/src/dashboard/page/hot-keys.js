// Owns the list of the hottest keys. It is asked for while requests come, and not more often than the list can change much.
import { ask } from './api.js';
import { byId, child, h, keyed, setText } from './dom.js';
import { percent, rate } from './format.js';
import { colourClass } from './pool-store.js';

/** @import { HotKeysView } from './api-types.js' */

const PACE_MS = 5000;
const SHOWN = 8;

export class HotKeys {
  #askedAt = -Infinity;
  #body = h('tbody');

  /** @param {import('./pool-store.js').PoolStore} store */
  constructor(store) {
    this.store = store;
    const heads = ['Key', 'Replica', 'Share', 'Per second'];
    const head = heads.map((title, index) => h('th', { scope: 'col', class: index > 1 ? 'amount' : undefined }, title));
    byId('hot-keys-table').append(
      h('table', { 'aria-labelledby': 'hot-keys-title' }, h('thead', {}, h('tr', {}, ...head)), this.#body),
    );
  }

  /** Requests have come. @param {number} now milliseconds */
  async mayHaveChanged(now) {
    if (now - this.#askedAt < PACE_MS) return;
    this.#askedAt = now;
    try {
      this.#show(await ask(`api/keys/hot?limit=${SHOWN}`));
    } catch {
      byId('hot-keys').hidden = true; // the data process does not tell now; it is asked again
    }
  }

  /** @param {HotKeysView} view */
  #show({ keys }) {
    byId('hot-keys').hidden = keys.length === 0;
    keyed(
      this.#body,
      keys,
      ({ hash }) => String(hash),
      row,
      (tr, { hash, key, replica, share, perSecond }) => {
        setText(child(child(tr, 0), 0), key ?? `#${hash.toString(16).padStart(8, '0')}`);
        const owner = child(child(tr, 1), 0);
        child(owner, 0).className = `swatch ${colourClass(this.store.colourOf(replica ?? ''))}`;
        setText(child(owner, 1), replica ?? 'nobody');
        setText(child(tr, 2), percent(share));
        setText(child(tr, 3), rate(perSecond));
      },
    );
  }
}

function row() {
  return h(
    'tr',
    {},
    h('td', {}, h('code')),
    h('td', {}, h('span', { class: 'owner' }, h('span', { class: 'swatch' }), h('span'))),
    h('td', { class: 'amount number' }),
    h('td', { class: 'amount number' }),
  );
}
