// Owns the one dialog of the page: opening it, its title, closing it, and showing why something was refused. The browser keeps the
// focus inside and gives it back. What stands in it is its callers'.
import { byId, h } from './dom.js';

/** @param {string} title @param {(close: () => void) => Node[]} content */
export function openDialog(title, content) {
  const dialog = byId('dialog');
  const close = () => dialog.close();
  dialog.replaceChildren(h('h2', { id: 'dialog-title' }, title), ...content(close));
  if (!dialog.open) dialog.showModal();
  return dialog;
}

/** For screen readers, and for whoever looks elsewhere. */
export function say(text) {
  byId('said').textContent = text;
}

/** A place for the balancer's own words when it says no. */
export function refusalPlace() {
  const place = h('p', { class: 'refused bad', role: 'alert', hidden: true });
  const show = (error) => {
    place.hidden = error === undefined;
    place.textContent = error === undefined ? '' : error.message;
  };
  return { place, show };
}

/**
 * A button that does something, once at a time, and says when that was refused.
 * @param {() => Promise<void>} act @param {(error?: Error) => void} show
 */
export function actButton(label, act, show, { className = '', disabled = false } = {}) {
  const button = h('button', { type: 'button', class: className, disabled }, label);
  button.addEventListener('click', async () => {
    button.disabled = true;
    show();
    try {
      await act();
    } catch (error) {
      show(error);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

export function closeButton(close, label = 'Close') {
  return h('button', { type: 'button', click: close }, label);
}

let lastField = 0;

/** A labelled control, with a hint that is read out with it. */
export function field(label, control, hint) {
  const id = `field-${++lastField}`;
  control.id = id;
  if (hint !== undefined) control.setAttribute('aria-describedby', `${id}-hint`);
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    control,
    hint === undefined ? undefined : h('p', { id: `${id}-hint`, class: 'hint' }, hint),
  );
}
