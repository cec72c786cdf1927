// Owns what one sees of a single replica and does to it: drain, undrain, restart, weight, remove; how its instances died, and
// what it wrote. Each act tells beforehand what it moves.
import { ask, post, reasonOf, replicaPath } from './api.js';
import { actButton, closeButton, field, openDialog, refusalPlace, say } from './dialog.js';
import { child, h, keyed } from './dom.js';
import { forensics } from './event-words.js';
import { dayAndTime, duration, percent, plural } from './format.js';
import { Preview } from './preview.js';
import { probeWords, reasonOf as standing, stateMark } from './replica-table.js';

/** @import { ConductView, DeathView, ReplicaView } from './api-types.js' */
/** @typedef {import('./pool-store.js').PoolStore} PoolStore */
/** @typedef {import('./dialog.js').Show} Show */
/** @typedef {(what: string, body: object | undefined, said: string) => Promise<void>} Tell */

/** @param {PoolStore} store @param {string} name */
export function openReplica(store, name) {
  if (!store.replica(name)) return;
  openDialog(name, (close) => {
    const { place, show } = refusalPlace();
    const known = h('div');
    const buttons = h('div', { class: 'buttons acts' });
    const deaths = h('div', {}, h('p', { class: 'soft' }, 'Looking…'));
    const written = h('pre', { tabindex: 0 });
    const logs = h('details', {}, h('summary', {}, 'What it wrote last'), written);
    logs.addEventListener('toggle', () => logs.open && void fillLogs(written, name));
    /** @type {{ wanted?: string, died?: string }} */
    const drawn = {};
    const draw = () => {
      const replica = store.replica(name);
      if (!replica) return close(); // somebody removed it
      known.replaceChildren(facts(replica));
      if (drawn.wanted !== replica.wanted) {
        const focused = buttons.contains(document.activeElement);
        buttons.replaceChildren(...acts(store, replica, close, show));
        if (focused) child(buttons, 0).focus(); // somebody else drained it meanwhile
      }
      const died = replica.lastExit?.at ?? '';
      if (drawn.died !== died) void fillDeaths(deaths, name);
      Object.assign(drawn, { wanted: replica.wanted, died });
    };
    draw();
    // What is known is of the last event: looked at closely, it is read anew, and follows.
    store.addEventListener('pool', function follow() {
      if (known.isConnected) draw();
      else store.removeEventListener('pool', follow);
    });
    store.readSoon();
    return [
      known,
      buttons,
      place,
      h('h3', {}, 'How its instances died'),
      deaths,
      logs,
      h('div', { class: 'buttons' }, closeButton(close)),
    ];
  });
}

/** @param {ReplicaView} replica */
function facts(replica) {
  const { state, instance, checks, weight, share, inFlight, restarts, since } = replica;
  const mark = stateMark(state);
  const why = standing(replica);
  /** @type {[string, ...(string | Node)[]][]} */
  const rows = [
    ['State', h('span', { class: mark.className }, mark.text), ` for ${duration(Date.now() - Date.parse(since))}`],
    ...(why === '' ? [] : [/** @type {[string, string]} */ (['Because', why])]),
    ['Keys', `${percent(share)} of them, weight ${weight}`],
    ['In flight', `${plural(inFlight, 'request')}`],
    [
      'Instance',
      instance
        ? `${instance.id.slice(0, 12)}${instance.address ? ` at ${instance.address}` : ''}, after ${plural(restarts, 'restart')}`
        : 'none',
    ],
    ['Probe', probeWords(checks.probe)],
    ...(checks.conduct ? [/** @type {[string, string]} */ (['Requests', conduct(checks.conduct)])] : []),
  ];
  return h('dl', {}, ...rows.flatMap(([term, ...said]) => [h('dt', {}, term), h('dd', {}, ...said)]));
}

/** @param {ConductView} conduct */
function conduct({ answered, serverErrors, refused, reset, timedOut }) {
  return `of late ${answered} answered, ${serverErrors} with 5xx, ${refused} refused, ${reset} reset, ${timedOut} timed out`;
}

/** @param {PoolStore} store @param {ReplicaView} replica @param {() => void} close @param {Show} show */
function acts(store, { name, wanted, share, weight }, close, show) {
  /** @type {Tell} */
  const tell = async (what, body, said) => {
    await post(replicaPath(name, `/${what}`), body);
    close();
    say(`${name} ${said}`);
    store.readSoon();
  };
  const drain =
    wanted === 'serving'
      ? actButton('Drain…', async () => openDrain(name, share, tell), show)
      : actButton('Undrain', () => tell('undrain', undefined, 'goes back into service'), show);
  return [
    drain,
    actButton('Restart', () => tell('restart', undefined, 'gets a new instance'), show),
    actButton('Weight…', async () => openWeight(store, name, weight, tell), show),
    actButton('Remove…', async () => openRemove(store, name), show, { className: 'danger' }),
  ];
}

/** @param {string} name @param {number} share @param {Tell} tell */
function openDrain(name, share, tell) {
  openDialog(`Drain ${name}?`, (close) => {
    const { place, show } = refusalPlace();
    const force = h('input', { type: 'checkbox', id: 'force' });
    const drain = async () => tell('drain', force.checked ? { force: true } : {}, 'drains');
    return [
      h(
        'p',
        {},
        `It finishes its last requests and takes no new one. Its keys, ${percent(share)} of all, go to their next candidates until it is undrained; the ring stays as it is, and no request is cut off.`,
      ),
      h('p', { class: 'field' }, h('label', {}, force, ' Even if no other replica serves')),
      place,
      h(
        'div',
        { class: 'buttons' },
        closeButton(close, 'Cancel'),
        actButton('Drain', drain, show, { className: 'primary', submits: true }),
      ),
    ];
  });
}

/** @param {PoolStore} store @param {string} name @param {number} weight @param {Tell} tell */
function openWeight(store, name, weight, tell) {
  openDialog(`Weight of ${name}`, (close) => {
    const { place, show } = refusalPlace();
    const input = h('input', { type: 'number', min: 0, max: 1000, step: 'any', value: weight, required: true });
    const set = actButton(
      'Set the weight',
      () => tell('weight', { weight: Number(input.value) }, `has weight ${input.value}`),
      show,
      {
        className: 'primary',
        disabled: true,
        submits: true,
      },
    );
    const preview = new Preview(store, (known) => (set.disabled = !known));
    const question = () =>
      input.value === '' ? 'The weight has to be a number above 0.' : { weights: { [name]: Number(input.value) } };
    preview.follow([input], question);
    return [
      field('Weight', input, 'Its part of the keys follows its part of all weights; 1 is usual.'),
      h('h3', {}, 'What that moves'),
      preview.place,
      place,
      h('div', { class: 'buttons' }, closeButton(close, 'Cancel'), set),
    ];
  });
}

/** @param {PoolStore} store @param {string} name */
function openRemove(store, name) {
  openDialog(`Remove ${name}?`, (close) => {
    const { place, show } = refusalPlace();
    const remove = async () => {
      await ask('rm', { method: 'DELETE', body: { n: 1, hostnames: [name] } });
      close();
      say(`${name} removed`);
    };
    const button = actButton('Remove', remove, show, { className: 'danger', disabled: true });
    const preview = new Preview(store, (known) => (button.disabled = !known));
    preview.askSoon(() => ({ remove: [name] }));
    return [
      h('p', {}, 'It takes no new request, finishes those that it has, and is stopped then.'),
      h('h3', {}, 'What that moves'),
      preview.place,
      place,
      h('div', { class: 'buttons' }, closeButton(close, 'Cancel'), button),
    ];
  });
}

/** @param {HTMLElement} place @param {string} name */
async function fillDeaths(place, name) {
  try {
    /** @type {{ deaths: DeathView[] }} */
    const { deaths } = await ask(replicaPath(name, '/deaths'));
    if (deaths.length === 0) place.replaceChildren(h('p', { class: 'soft' }, 'None did.'));
    else
      keyed(
        place,
        deaths,
        ({ at, generation }) => `${at} ${generation}`,
        death,
        () => {},
      );
  } catch (error) {
    place.replaceChildren(h('p', { class: 'soft' }, reasonOf(error)));
  }
}

/** @param {DeathView} one */
function death(one) {
  const lines = one.lastLines.length > 0 ? h('pre', { tabindex: 0 }, one.lastLines.join('\n')) : undefined;
  const when = h('time', { datetime: one.at, class: 'number' }, dayAndTime(one.at, Date.now()));
  return h('details', {}, h('summary', {}, when, ` ${one.reason}`), h('p', { class: 'soft' }, forensics(one)), lines);
}

/** @param {HTMLElement} place @param {string} name */
async function fillLogs(place, name) {
  try {
    place.textContent = (await ask(replicaPath(name, '/logs?tail=100'))) || 'Nothing.';
  } catch (error) {
    place.textContent = reasonOf(error);
  }
  place.scrollTop = place.scrollHeight;
}
