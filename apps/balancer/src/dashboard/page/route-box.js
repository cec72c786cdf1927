// Owns the box that tells where a key would go, and who comes next. Nothing is sent to a replica.
import { ask } from './api.js';
import { byId, h } from './dom.js';
import { colourClass } from './pool-store.js';

const MOST_CANDIDATES = 6;

/** @param {(name: string | null) => void} onRoute the replica that would get it */
export function startRouteBox(store, onRoute) {
  const form = byId('route-form');
  const place = byId('route-answer');
  let asked = null;

  const show = async () => {
    try {
      const answer = await ask(`api/route?key=${encodeURIComponent(asked)}`);
      const goal = answer.candidates.find(({ eligible }) => eligible)?.name ?? null;
      place.replaceChildren(...words(store, answer, goal));
      onRoute(goal);
    } catch (error) {
      place.replaceChildren(h('p', { class: 'refused bad' }, error.message));
      onRoute(null);
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    asked = byId('route-key').value;
    void show();
  });
  form.addEventListener('input', () => {
    if (asked === null) return;
    asked = null;
    place.replaceChildren();
    onRoute(null);
  });
  // The answer changes with the pool.
  store.addEventListener('pool', () => asked !== null && void show());
}

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
