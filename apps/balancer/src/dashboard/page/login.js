// Owns asking for the token, once, and logging out. The token itself is kept nowhere here: the balancer gives a cookie for it
// that no script can read.
import { ask, post } from './api.js';
import { actButton, field, refusalPlace, stay } from './dialog.js';
import { byId, h } from './dom.js';

/** @param {() => void} onIn */
export function openLogin(onIn) {
  const dialog = byId('login', HTMLDialogElement);
  if (dialog.open) return;
  const token = h('input', { type: 'password', autocomplete: 'current-password', required: true });
  const { place, show } = refusalPlace(token);
  const enter = async () => {
    await post('api/session', { token: token.value });
    token.value = '';
    dialog.onclose = null;
    dialog.close();
    onIn();
  };
  const form = h(
    'form',
    { novalidate: true, submit: stay },
    field('Token', token, 'The value of ADMIN_TOKEN. It is sent once and not kept.'),
    place,
    h('div', { class: 'buttons' }, actButton('Log in', enter, show, { className: 'primary', submits: true })),
  );
  dialog.replaceChildren(h('h2', { id: 'login-title' }, 'This balancer asks for its token'), form);
  // Without it there is nothing behind the dialog to go back to. A browser closes it at the second Escape, whatever it was told at the first.
  dialog.oncancel = (event) => event.preventDefault();
  dialog.onclose = () => dialog.showModal();
  dialog.showModal();
}

export async function showLogout() {
  const { tokenRequired, remainingMs } = await ask('api/session');
  byId('logout').hidden = !tokenRequired || remainingMs === 0;
}

export async function logOut() {
  await ask('api/session', { method: 'DELETE' });
  location.reload();
}
