// Owns the list of who changed what, the newest first and not longer than somebody wants it. It is read anew when the balancer
// says that there is more. Words are change-words.js's.
import { ask } from './api.js';
import { resultMark, whoAsked, wishOf } from './change-words.js';
import { byId, child, h, keyed, setAttributes, setText } from './dom.js';
import { dayAndTime } from './format.js';
import { Rereading } from './rereading.js';

/** @import { AuditEntry } from './api-types.js' */

const SHOWN_FIRST = 8;
const MORE = 50;
/** More the balancer does not have at hand. */
const MOST = 1000;

export class ChangeList {
  #shown = SHOWN_FIRST;
  #body = h('tbody');
  #place = byId('changes');
  #more = byId('older-changes');
  #reading = new Rereading(() => this.#read());

  constructor() {
    const heads = ['When', 'What was asked for', 'By', 'Result'].map((title) => h('th', { scope: 'col' }, title));
    this.#place.append(
      h('table', { 'aria-labelledby': 'changes-title' }, h('thead', {}, h('tr', {}, ...heads)), this.#body),
    );
    this.#more.addEventListener('click', () => void this.#showOlder());
  }

  /** @throws {Refusal} */
  load() {
    return this.#reading.now();
  }

  mayHaveChanged() {
    this.#reading.soon();
  }

  async #showOlder() {
    this.#shown += MORE;
    await this.load().catch(() => {}); // that nothing is heard, the banner says
    if (this.#more.hidden) this.#place.focus(); // the focus was in what is gone
  }

  async #read() {
    /** @type {{ entries: AuditEntry[] }} one more than is shown tells whether there are older ones */
    const { entries } = await ask(`api/audit?limit=${Math.min(this.#shown + 1, MOST)}`);
    byId('no-changes').hidden = entries.length > 0;
    this.#place.hidden = entries.length === 0;
    this.#more.hidden = entries.length <= this.#shown;
    keyed(this.#body, entries.slice(0, this.#shown), ({ id }) => id, row, fill);
  }
}

function row() {
  return h(
    'tr',
    {},
    h('td', { class: 'when' }, h('time', { class: 'number' })),
    h('td', { class: 'what' }, h('span'), h('span', { class: 'why', hidden: true })),
    h('td', { class: 'who' }),
    h('td', {}, h('span')),
  );
}

/** @param {HTMLElement} tr @param {AuditEntry} entry */
function fill(tr, entry) {
  const [time, wish, why] = [child(child(tr, 0), 0), child(child(tr, 1), 0), child(child(tr, 1), 1)];
  setAttributes(time, { datetime: entry.at, title: entry.at });
  setText(time, dayAndTime(entry.at, Date.now()));
  setAttributes(wish, { title: `${entry.method} ${entry.path}` });
  setText(wish, wishOf(entry));
  setAttributes(why, { hidden: entry.reason === null });
  setText(why, entry.reason ?? '');
  setText(child(tr, 2), whoAsked(entry));
  const { tone, text } = resultMark(entry);
  const mark = child(child(tr, 3), 0);
  setAttributes(mark, { class: `state ${tone}`, title: entry.status === null ? null : `HTTP status ${entry.status}` });
  setText(mark, text);
}
