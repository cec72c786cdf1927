// Owns what one sees of a single replica and does to it: drain, undrain, restart, weight, remove; how its instances died, and
// what it wrote. Each act tells beforehand what it moves.
import { ask, post, replicaPath } from './api.js';
import { actButton, closeButton, field, openDialog, refusalPlace, say } from './dialog.js';
import { h } from './dom.js';
import { forensics } from './event-words.js';
import { duration, percent, plural, timeOfDay } from './format.js';
import { Preview } from './preview.js';
import { probeWords, reasonOf, stateMark } from './replica-table.js';

export function openReplica(store, name) {
  const replica = store.replica(name);
  if (!replica) return;
  openDialog(name, (close) => {
    const { place, show } = refusalPlace();
    const deaths = h('div', {}, h('p', { class: 'soft' }, 'Looking…'));
    const logs = h('details', {}, h('summary', {}, 'What it wrote last'), h('pre', { tabindex: 0 }));
    logs.addEventListener('toggle', () => logs.open && fillLogs(logs.lastChild, name));
    void fillDeaths(deaths, name);
    return [
      facts(replica),
      h('div', { class: 'buttons acts' }, ...acts(store, replica, close, show)),
      place,
      h('h3', {}, 'How its instances died'),
      deaths,
      logs,
      h('div', { class: 'buttons' }, closeButton(close)),
    ];
  });
}

function facts(replica) {
  const { state, instance, checks, weight, share, inFlight, restarts, since } = replica;
  const mark = stateMark(state);
  const why = reasonOf(replica);
  const rows = [
    ['State', h('span', { class: mark.className }, mark.text), ` for ${duration(Date.now() - Date.parse(since))}`],
    why === '' ? undefined : ['Because', why],
    ['Keys', `${percent(share)} of them, weight ${weight}`],
    ['In flight', `${plural(inFlight, 'request')}`],
    [
      'Instance',
      instance
        ? `${instance.id.slice(0, 12)}${instance.address ? ` at ${instance.address}` : ''}, after ${plural(restarts, 'restart')}`
        : 'none',
    ],
    ['Probe', probeWords(checks.probe)],
    checks.conduct ? ['Requests', conduct(checks.conduct)] : undefined,
  ].filter((row) => row !== undefined);
  return h('dl', {}, ...rows.flatMap(([term, ...said]) => [h('dt', {}, term), h('dd', {}, ...said)]));
}

function conduct({ answered, serverErrors, refused, reset, timedOut }) {
  return `of late ${answered} answered, ${serverErrors} with 5xx, ${refused} refused, ${reset} reset, ${timedOut} timed out`;
}

function acts(store, { name, wanted, share, weight }, close, show) {
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
        actButton('Drain', drain, show, { className: 'primary' }),
      ),
    ];
  });
}

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
      },
    );
    const preview = new Preview(store, (known) => (set.disabled = !known));
    const question = () => (input.value === '' ? 'A number above 0.' : { weights: { [name]: Number(input.value) } });
    input.addEventListener('input', () => preview.askSoon(question));
    preview.askSoon(question);
    return [
      field('Weight', input, 'Its part of the keys follows its part of all weights; 1 is usual.'),
      h('h3', {}, 'What that moves'),
      preview.place,
      place,
      h('div', { class: 'buttons' }, closeButton(close, 'Cancel'), set),
    ];
  });
}

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

async function fillDeaths(place, name) {
  try {
    const { deaths } = await ask(replicaPath(name, '/deaths'));
    if (deaths.length === 0) place.replaceChildren(h('p', { class: 'soft' }, 'None did.'));
    else place.replaceChildren(...deaths.map(death));
  } catch (error) {
    place.replaceChildren(h('p', { class: 'soft' }, error.message));
  }
}

function death(one) {
  const lines = one.lastLines.length > 0 ? h('pre', { tabindex: 0 }, one.lastLines.join('\n')) : undefined;
  const when = h('time', { datetime: one.at, class: 'number' }, timeOfDay(one.at));
  return h('details', {}, h('summary', {}, when, ` ${one.reason}`), h('p', { class: 'soft' }, forensics(one)), lines);
}

async function fillLogs(place, name) {
  try {
    place.textContent = (await ask(replicaPath(name, '/logs?tail=100'))) || 'Nothing.';
  } catch (error) {
    place.textContent = error.message;
  }
  place.scrollTop = place.scrollHeight;
}
