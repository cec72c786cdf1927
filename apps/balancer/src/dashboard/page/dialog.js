// Owns the one dialog of the page: opening it, its title, closing it, and showing why something was refused. The browser keeps the
// focus inside and gives it back. What stands in it is its callers'.
import { reasonOf } from './api.js';
import { byId, h } from './dom.js';

/** @param {string} title @param {(close: () => void) => readonly import('./dom.js').Child[]} content */
export function openDialog(title, content) {
  const dialog = byId('dialog', HTMLDialogElement);
  const close = () => dialog.close();
  // One that leads to another is closed first: so the new one is announced, takes the focus, and gives it back to where the first one was opened.
  if (dialog.open) close();
  const form = h('form', { novalidate: true, submit: stay }, ...content(close));
  dialog.replaceChildren(h('h2', { id: 'dialog-title' }, title), form);
  dialog.showModal();
}

/** Enter presses the button that submits; the page stays where it is. @param {Event} event */
export function stay(event) {
  event.preventDefault();
}

/** For screen readers, and for whoever looks elsewhere. @param {string} text */
export function say(text) {
  byId('said').textContent = text;
}

/** @typedef {(error?: unknown) => void} Show why something was refused; nothing: it was not */

/** A place for the balancer's own words when it says no. @param {HTMLElement} [control] whose value it is about */
export function refusalPlace(control) {
  const place = h('p', { class: 'refused bad', role: 'alert', hidden: true });
  if (control !== undefined) describe(control, place);
  /** @type {Show} */
  const show = (error) => {
    place.hidden = error === undefined;
    place.textContent = error === undefined ? '' : reasonOf(error);
    if (control !== undefined) control.ariaInvalid = error === undefined ? null : 'true';
  };
  return { place, show };
}

/** What stands in `place` is read out with the control. @param {HTMLElement} control @param {HTMLElement} place */
export function describe(control, place) {
  place.id ||= `about-${++lastId}`;
  const known = control.getAttribute('aria-describedby');
  control.setAttribute('aria-describedby', known === null ? place.id : `${known} ${place.id}`);
}

/**
 * A button that does something, once at a time, and says when that was refused.
 * @param {string} label @param {() => Promise<void>} act @param {Show} show
 * @param {{ className?: string, disabled?: boolean, submits?: boolean }} [look] `submits`: Enter in a field presses it
 */
export function actButton(label, act, show, { className = '', disabled = false, submits = false } = {}) {
  const button = h('button', { type: submits ? 'submit' : 'button', class: className, disabled }, label);
  button.addEventListener('click', async () => {
    // Not disabled meanwhile: a button that is loses the focus, and whoever has no mouse their place.
    if (button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    show();
    try {
      await act();
    } catch (error) {
      show(error);
    } finally {
      button.ariaBusy = null;
    }
  });
  return button;
}

/** @param {() => void} close */
export function closeButton(close, label = 'Close') {
  return h('button', { type: 'button', click: close }, label);
}

let lastId = 0;

/** A labelled control, with a hint that is read out with it. @param {string} label @param {HTMLElement} control @param {string} [hint] */
export function field(label, control, hint) {
  control.id = `field-${++lastId}`;
  const hinted = hint === undefined ? undefined : h('p', { class: 'hint' }, hint);
  if (hinted !== undefined) describe(control, hinted);
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, hinted);
}
