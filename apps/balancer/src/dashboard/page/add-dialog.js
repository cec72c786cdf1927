// Owns adding replicas: how many, under which names, what that moves, and doing it.
import { post } from './api.js';
import { actButton, closeButton, field, openDialog, refusalPlace, say } from './dialog.js';
import { h } from './dom.js';
import { generatedNames, listed } from './format.js';
import { Preview } from './preview.js';

/** @typedef {{ n: number, hostnames?: string[] }} Wish the body of POST /add */

/** @param {import('./pool-store.js').PoolStore} store */
export function openAdd(store) {
  openDialog('Add replicas', (close) => {
    const many = h('input', { type: 'number', min: 1, step: 1, value: 1, required: true });
    const names = h('input', { autocomplete: 'off', spellcheck: 'false' });
    const { place, show } = refusalPlace();
    /** @returns {Wish} */
    const wish = () => {
      const hostnames = names.value
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
      return { n: Number(many.value), ...(hostnames.length > 0 && { hostnames }) };
    };
    const add = actButton(
      'Add',
      async () => {
        const before = new Set(store.names());
        /** @type {{ message: { replicas: string[] } }} */
        const { message } = await post('add', wish());
        close();
        say(`${listed(message.replicas.filter((name) => !before.has(name)))} added`);
      },
      show,
      { className: 'primary', disabled: true, submits: true },
    );
    const preview = new Preview(store, (known) => (add.disabled = !known));
    preview.follow([many, names], () => proposal(wish(), store.names()));
    return [
      field('How many', many),
      field(
        'Names',
        names,
        'Optional, with commas between them. The others are called Server, with the lowest free number.',
      ),
      h('h3', {}, 'What that moves'),
      preview.place,
      place,
      h('div', { class: 'buttons' }, closeButton(close, 'Cancel'), add),
    ];
  });
}

/**
 * The same change as POST /api/preview wants it, or why it cannot be one.
 * @param {Wish} wish @param {readonly string[]} members
 */
export function proposal({ n, hostnames = [] }, members) {
  if (!Number.isInteger(n) || n < 1) return 'How many has to be a whole number, 1 or more.';
  if (n > 1000) return 'That is more than any pool may have.';
  if (hostnames.length > n) return 'There are more names than replicas.';
  const names = [...hostnames, ...generatedNames(n - hostnames.length, [...members, ...hostnames])];
  return { add: names.map((name) => ({ name })) };
}
