// Owns the box that tells where a key would go, and who comes next. Nothing is sent to a replica.
import { ask, reasonOf } from './api.js';
import { byId, h } from './dom.js';
import { colourClass } from './pool-store.js';

/** @import { RouteView } from './api-types.js' */
/** @typedef {import('./pool-store.js').PoolStore} PoolStore */

const MOST_CANDIDATES = 6;

/** @param {PoolStore} store @param {(name: string | null) => void} onRoute the replica that would get it */
export function startRouteBox(store, onRoute) {
  const form = byId('route-form');
  const place = byId('route-answer');
  /** @type {string | null} */
  let asked = null;

  /** @param {string} key */
  const show = async (key) => {
    try {
      /** @type {RouteView} */
      const answer = await ask(`api/route?key=${encodeURIComponent(key)}`);
      if (asked !== key) return; // somebody types already
      const goal = answer.candidates.find(({ eligible }) => eligible)?.name ?? null;
      const said = h('div', {}, ...words(store, answer, goal));
      // Read out when it is another answer, not with each change of the pool.
      if (place.firstElementChild?.textContent !== said.textContent) place.replaceChildren(said);
      onRoute(goal);
    } catch (error) {
      place.replaceChildren(h('p', { class: 'refused bad' }, reasonOf(error)));
      onRoute(null);
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    asked = byId('route-key', HTMLInputElement).value;
    void show(asked);
  });
  form.addEventListener('input', () => {
    if (asked === null) return;
    asked = null;
    place.replaceChildren();
    onRoute(null);
  });
  // The answer changes with the pool.
  store.addEventListener('pool', () => asked !== null && void show(asked));
}

/** @param {PoolStore} store @param {RouteView} route @param {string | null} goal */
function words(store, { key, hash, slot, candidates }, goal) {
  const rest = candidates.length - MOST_CANDIDATES;
  return [
    h(
      'p',
      {},
      goal === null ? 'Nobody could take it now.' : h('span', {}, `“${key}” goes to `, h('strong', {}, goal), '.'),
    ),
    h('p', { class: 'facts' }, `hash ${hash.toString(16).padStart(8, '0')}${slot === null ? '' : `, slot ${slot}`}`),
    h(
      'ol',
      { class: 'candidates' },
      ...candidates
        .slice(0, MOST_CANDIDATES)
        .map(({ name, eligible, reason }) =>
          h(
            'li',
            { class: name === goal ? 'chosen' : eligible ? '' : 'soft' },
            h('span', { class: `swatch ${colourClass(store.colourOf(name))}` }),
            ` ${name}`,
            h('span', { class: 'soft' }, `, ${reason}`),
          ),
        ),
    ),
    rest > 0 ? h('p', { class: 'facts' }, `and ${rest} more, in the key’s own order`) : '',
  ];
}
