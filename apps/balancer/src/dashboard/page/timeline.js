// Owns the list of what happens, the newest first. Words are event-words.js's.
import { byId, h, keyed } from './dom.js';
import { wordsOf } from './event-words.js';
import { dayAndTime } from './format.js';

/** @import { PoolEvent } from './api-types.js' */

export class Timeline {
  #list = byId('timeline');
  /** @type {Set<string>} */
  #seen = new Set();

  /** @param {import('./pool-store.js').PoolStore} store */
  constructor(store) {
    this.store = store;
  }

  draw() {
    const { events } = this.store;
    const first = this.#seen.size === 0;
    keyed(
      this.#list,
      events,
      ({ id }) => id,
      (event) => item(event, !first && !this.#seen.has(event.id)),
      () => {},
    );
    this.#seen = new Set(events.map(({ id }) => id));
  }
}

/** @param {PoolEvent} event @param {boolean} fresh */
function item(event, fresh) {
  const { tone, sign, text, more } = wordsOf(event);
  return h(
    'li',
    { class: fresh ? 'fresh' : undefined, 'data-type': event.type },
    h('time', { datetime: event.at, title: event.at, class: 'number' }, dayAndTime(event.at, Date.now())),
    h('span', { class: `sign ${tone}`, 'aria-hidden': 'true' }, sign),
    h('span', {}, text, more === undefined ? undefined : h('span', { class: 'more' }, more)),
  );
}
