// Owns showing what a change would move before it is made: asked for anew while somebody types, and only the last answer counts.
import { post, reasonOf } from './api.js';
import { h } from './dom.js';
import { percent } from './format.js';
import { colourClass } from './pool-store.js';

/** @import { PreviewView, RingProposal } from './api-types.js' */

const TYPING_MS = 250;
const MOST_FLOWS = 8;

export class Preview {
  place = h('div', { id: 'preview', class: 'preview', role: 'status' }, h('p', { class: 'soft' }, 'Asking…'));
  #number = 0;
  #timer = 0;
  /** @type {HTMLElement | undefined} the field that was changed last */
  #changed;

  /**
   * @param {import('./pool-store.js').PoolStore} store
   * @param {(known: boolean) => void} onKnown whether what is shown is the answer to what was asked last
   */
  constructor(store, onKnown) {
    this.store = store;
    this.onKnown = onKnown;
  }

  /**
   * Asks now, and whenever a field changes; where it cannot be, the field that was changed last is the one at fault.
   * @param {readonly HTMLElement[]} fields @param {() => Partial<RingProposal> | string} question as for `askSoon`
   */
  follow(fields, question) {
    for (const field of fields) {
      field.setAttribute('aria-errormessage', this.place.id);
      field.addEventListener('input', () => {
        for (const other of fields) other.ariaInvalid = null;
        this.#changed = field;
        this.askSoon(question);
      });
    }
    this.askSoon(question);
  }

  /** @param {() => Partial<RingProposal> | string} question the body of POST /api/preview, or why there is none */
  askSoon(question) {
    clearTimeout(this.#timer);
    this.onKnown(false);
    this.#timer = window.setTimeout(() => void this.#ask(question()), TYPING_MS);
  }

  /** @param {Partial<RingProposal> | string} body */
  async #ask(body) {
    const number = ++this.#number;
    const shown = typeof body === 'string' ? { nodes: [body], known: false } : await this.#answer(body);
    if (number !== this.#number) return;
    this.place.replaceChildren(...shown.nodes);
    if (this.#changed !== undefined) this.#changed.ariaInvalid = shown.known ? null : 'true';
    this.onKnown(shown.known);
  }

  /** @param {Partial<RingProposal>} body */
  async #answer(body) {
    try {
      return { nodes: this.#words(await post('api/preview', body)), known: true };
    } catch (error) {
      return { nodes: [h('p', { class: 'refused bad' }, reasonOf(error))], known: false };
    }
  }

  /** @param {PreviewView} view */
  #words({ moved, minimum, flows }) {
    const least = moved - minimum < 0.0005 ? 'the least possible' : `the least possible is ${percent(minimum)}`;
    const rest = flows.length - MOST_FLOWS;
    return [
      h('p', { class: 'sum' }, moved === 0 ? 'No key moves.' : `${percent(moved)} of the keys move: ${least}.`),
      h(
        'ul',
        { class: 'flows' },
        ...flows
          .slice(0, MOST_FLOWS)
          .map(({ from, to, share }) =>
            h('li', {}, this.#name(from), '→', this.#name(to), h('span', { class: 'number' }, percent(share))),
          ),
        rest > 0 ? h('li', { class: 'soft' }, `and ${rest} more, none of them larger`) : undefined,
      ),
    ];
  }

  /** @param {string | null} name */
  #name(name) {
    if (name === null) return h('span', {}, 'nobody');
    return h('span', {}, h('span', { class: `swatch ${colourClass(this.store.colourOf(name))}` }), ` ${name}`);
  }
}
