// Owns the page's life: logging in, reading all there is, following what changes, and saying so when nothing is heard. Each part
// of the page is its own module's.
import { openAdd } from './add-dialog.js';
import { ask, reasonOf, statusOf, whenLocked } from './api.js';
import { ChangeList } from './change-list.js';
import { Charts } from './charts.js';
import { DeployPanel } from './deploy-panel.js';
import { say } from './dialog.js';
import { byId, h, keyed, setText } from './dom.js';
import { EVENT_TYPES, wordsOf } from './event-words.js';
import { plural } from './format.js';
import { HotKeys } from './hot-keys.js';
import { LiveStream } from './live.js';
import { logOut, openLogin, showLogout } from './login.js';
import { PoolStore } from './pool-store.js';
import { openReplica } from './replica-dialog.js';
import { ReplicaTable } from './replica-table.js';
import { RingPicture } from './ring-picture.js';
import { startRouteBox } from './route-box.js';
import { startTheme } from './theme-choice.js';
import { Timeline } from './timeline.js';
import { TrafficHistory } from './traffic-history.js';

/** Rates fall to zero and charts go on, although nothing is heard while nothing is counted. */
const TICK_MS = 2000;

const store = new PoolStore();
const history = new TrafficHistory();
const ring = new RingPicture(store, history);
const table = new ReplicaTable(store, history, (name) => openReplica(store, name));
const timeline = new Timeline(store);
const charts = new Charts(store, history);
const deploy = new DeployPanel();
const hotKeys = new HotKeys(store);
const changes = new ChangeList();
/** @import { PoolEvent } from './api-types.js' */
/** @typedef {{ tone: string, text: string, retry?: string }} Banner */

/** @type {{ at: Date, retryInMs: number, why: string } | null} since when and why nothing is heard; null: what is shown is live */
let lost = null;
let connected = false;
/** @type {Promise<void> | undefined} */
let catchingUp;
let again = 0;

const events = new LiveStream(
  () => `api/events${store.position === null ? '' : `?since=${encodeURIComponent(store.position)}`}`,
  {
    ...Object.fromEntries(EVENT_TYPES.map((type) => [type, take])),
    audit: (event) => {
      store.position = event.id;
      changes.mayHaveChanged();
    },
    gap: catchUp, // something was missed: everything is read anew
  },
  (state) => (state.connected ? found() : broken(state.retryInMs)),
);
const traffic = new LiveStream(
  () => 'api/traffic',
  {
    traffic: (sample) => {
      history.add(sample, Date.now());
      if (history.latest(Date.now()).total > 0) void hotKeys.mayHaveChanged(Date.now());
      drawTraffic();
    },
  },
  // What was counted while nobody listened is in the first sample.
  ({ connected: listening }) => listening && history.missed(),
);

whenLocked(() => {
  events.stop();
  traffic.stop();
  openLogin(() => void begin());
});
store.addEventListener('pool', drawPool);
store.addEventListener('events', () => timeline.draw());
startRouteBox(store, (name) => ring.choose(name));
startTheme(byId('theme'), () => charts.repaint());
byId('open-add').addEventListener('click', () => openAdd(store));
byId('open-deploy').addEventListener('click', async () =>
  deploy.open(store.status?.runtime ?? '', await ask('api/spec').catch(() => undefined)),
);
byId('logout').addEventListener('click', () => void logOut());
// Nothing is known of what goes on unheard: then rates stay as they were.
setInterval(() => !document.hidden && lost === null && drawTraffic(), TICK_MS);
document.addEventListener('visibilitychange', () => {
  // A page that nobody sees needs no samples, and each stream takes one of the few connections that a browser has.
  if (document.hidden) traffic.stop();
  else if (lost === null && !byId('login', HTMLDialogElement).open) traffic.start();
  if (!document.hidden) events.retryNow();
});
void begin();

async function begin() {
  try {
    await store.load();
    await Promise.all([showLogout(), deploy.load(), changes.load()]);
  } catch (error) {
    if (statusOf(error) === 401) return; // somebody is asked for the token
    lose(TICK_MS, reasonOf(error));
    setTimeout(() => void begin(), TICK_MS);
    return;
  }
  byId('main').setAttribute('aria-busy', 'false');
  events.start();
  if (!document.hidden) traffic.start();
}

/** @param {PoolEvent} event the grave ones are read out, the others can be looked up; who is ready again, the count of those tells */
function take(event) {
  store.take(event);
  if (event.type === 'deploy') void deploy.load().catch(() => {}); // somebody else may have begun it
  if (['death', 'quarantined', 'panic-on', 'engine-away', 'deploy'].includes(event.type)) say(wordsOf(event).text);
}

/** Everything anew, one reading at a time; only after that what is shown is live again. */
function catchUp() {
  clearTimeout(again);
  catchingUp ??= readAnew().finally(() => (catchingUp = undefined));
}

async function readAnew() {
  try {
    await Promise.all([store.load(), deploy.load(), changes.load()]);
  } catch (error) {
    if (statusOf(error) === 401) return;
    // A balancer that starts tells its events before it has a pool to show.
    lose(TICK_MS, reasonOf(error));
    if (connected) again = window.setTimeout(catchUp, TICK_MS);
    return;
  }
  if (!connected) return;
  lost = null;
  if (!document.hidden) traffic.start();
  drawConnection();
}

function found() {
  connected = true;
  if (lost === null) drawConnection();
  else catchUp();
}

/** @param {number} retryInMs */
function broken(retryInMs) {
  connected = false;
  lose(retryInMs);
  // A stream cannot tell a missing token from a broken line; an answer can.
  void ask('api/status').catch(() => {});
}

/** @param {number} retryInMs */
function lose(retryInMs, why = 'The balancer is not heard') {
  lost = { at: lost?.at ?? new Date(), retryInMs, why };
  traffic.stop();
  drawConnection();
}

function drawConnection() {
  const line = byId('connection');
  drawTitle();
  line.className = `connection ${lost === null ? 'live' : 'lost'}`;
  setText(line, lost === null ? 'live' : 'connection lost');
  document.body.classList.toggle('stale', lost !== null);
  history.unheardSince = lost?.at.getTime() ?? null;
  charts.fade(lost !== null);
  drawBanners();
}

/** All that one sees of a tab in the background. */
function drawTitle() {
  if (store.status === null) return;
  const { pool, ready, desired } = store.status;
  document.title = `${lost === null ? `${ready}/${desired}` : 'connection lost'} · ${pool} · HashFlow`;
}

function drawBanners() {
  const { status } = store;
  /** @type {Banner[]} */
  const banners = [];
  if (lost !== null)
    banners.push({
      tone: 'bad',
      text: `${lost.why}. What you see is as it was at ${lost.at.toLocaleTimeString('en-GB')}.`,
      retry: ` Trying again in ${Math.ceil(lost.retryInMs / 1000)} s.`,
    });
  if (status?.engine.status === 'unreachable') {
    const reason = status.engine.reason ?? 'no reason known';
    banners.push({
      tone: 'warn',
      text: `The engine does not answer: ${reason}. Traffic goes on; nothing is made or stopped.`,
    });
  }
  if (status?.panic)
    banners.push({
      tone: 'bad',
      text: `Panic: only ${status.ready} of ${status.desired} replicas are ready, so those that fail are tried too.`,
    });
  for (const text of status?.drift ?? []) banners.push({ tone: 'warn', text });
  // What stays is not read out again; when the next try comes is only for the eyes.
  keyed(
    byId('banners'),
    banners,
    ({ text }) => text,
    ({ tone, text }) => h('p', { class: `banner ${tone}` }, text, h('span', { 'aria-hidden': 'true' })),
    (banner, { retry = '' }) => setText(/** @type {Element} */ (banner.lastElementChild), retry),
  );
}

function drawPool() {
  if (store.status === null) return;
  const { pool, runtime, ready, desired } = store.status;
  setText(byId('pool'), `${pool} · ${runtime}`);
  const pill = byId('readiness');
  pill.className = `pill ${ready === desired ? 'good' : ready === 0 ? 'bad' : 'warn'}`;
  setText(pill, `${ready} of ${plural(desired, 'replica')} ready`);
  drawTitle();
  for (const id of ['open-add', 'open-deploy']) {
    // Its replicas run elsewhere: there is nothing to deploy, and an addition names an address (POST /add).
    const button = byId(id, HTMLButtonElement);
    button.disabled = runtime === 'static';
    button.title = runtime === 'static' ? 'The static runtime makes no replicas' : '';
  }
  drawBanners();
  drawTraffic();
}

function drawTraffic() {
  if (store.status === null) return;
  ring.draw();
  table.draw();
  charts.draw();
}
