// Owns saying in words what an event of the pool means, and how grave it is. Pure. The events are documented in
// docs/observability.md; a type that is not known here is shown by its name.
import { duration, listed, percent, plural } from './format.js';

/** Of a call of an operator only its place in the log is told: change-list.js shows it. @typedef {Exclude<PoolEventType, 'audit'>} ShownType */
/** @import { DeathView, PoolEvent, PoolEventType } from './api-types.js' */
/** @typedef {{ tone: 'good' | 'busy' | 'warn' | 'bad' | 'still', sign: string, text: string, more?: string }} Words */

/** @param {PoolEvent} event as /api/events sends it @returns {Words} */
export function wordsOf(event) {
  const words = /** @type {Record<string, ((event: PoolEvent) => Words) | undefined>} */ (WORDS)[event.type];
  return words?.(event) ?? { tone: 'still', sign: '·', text: event.type };
}

/** @type {{ [T in ShownType]: (event: Extract<PoolEvent, { type: T }>) => Words }} */
const WORDS = {
  started: (e) => good('▶', `The pool is under control: ${plural(e.replicas, 'replica')} (${e.runtime})`),
  stopping: (e) => warn('■', e.mode === 'end' ? 'The pool is being ended' : 'The balancer leaves; replicas may stay'),
  drift: (e) => warn('≠', 'Settings differ from the stored state, which wins', e.lines.join(' · ')),
  added: (e) => busy('+', `${listed(e.replicas, e.count)} joined the ring`, moved(e)),
  removed: (e) => still('−', `${listed(e.replicas, e.count)} left the ring`, moved(e)),
  weight: (e) => busy('⚖', `${weights(e)}`, moved(e)),
  adopted: (e) => good('↻', `${e.replica} was running already and is taken over`),
  spawn: (e) =>
    busy('○', `${e.replica}: an instance was made`, `instance ${e.instance.slice(0, 12)}, number ${e.generation}`),
  promoted: (e) => good('↑', `${e.replica} got an instance that stood by`),
  ready: (e) => good('●', `${e.replica} is ready`, e.afterMs === null ? undefined : `after ${duration(e.afterMs)}`),
  unready: (e) => warn('◌', `${e.replica} gets no requests for now`, e.reason ?? undefined),
  ejected: (e) =>
    warn('⏏', e.forMs > 0 ? `${e.replica} is ejected for ${duration(e.forMs)}` : `${e.replica} is taken out`, e.reason),
  returned: (e) => good('●', `${e.replica} is back after its ejection`),
  restart: (e) => busy('↻', `${e.replica} is to get a new instance`),
  deploy: (e) => deployed(e),
  'deploy-step': (e) => (e.step === 'stranded' ? bad : busy)('⇄', `${e.replica} in the deploy: ${e.step}`),
  'drain-began': (e) => still('◒', `${e.replica} drains`, e.reason),
  'drain-ended': (e) =>
    e.inFlight > 0
      ? warn('◓', `${e.replica}: its time to drain was up`, `${plural(e.inFlight, 'request')} were left`)
      : still(
          '◓',
          `${e.replica} has finished its last request`,
          e.afterMs === null ? undefined : `after ${duration(e.afterMs)}`,
        ),
  undrained: (e) => good('◑', `${e.replica} goes back into service`),
  stopped: (e) => still('◻', `${e.replica}: an instance was stopped in good order`, e.reason),
  death: (e) => bad('✖', `${e.replica} died: ${e.reason}`, forensics(e)),
  'backing-off': (e) =>
    warn('…', `${e.replica} waits ${duration(e.retryInMs)} for its next instance`, e.reason ?? undefined),
  quarantined: (e) => bad('⊘', `${e.replica} is quarantined`, e.reason),
  'panic-on': (e) => bad('!', `Panic: only ${e.ready} of ${e.wanted} ready; those that fail are tried too`),
  'panic-off': (e) => good('✓', `${e.ready} of ${e.wanted} ready: the panic is over`),
  'engine-away': (e) => bad('⚠', 'The engine does not answer; traffic goes on', e.reason ?? undefined),
  'engine-back': (e) => good('✓', `The engine answers again after ${duration(e.afterMs)}`),
  'data-connected': () => good('✓', 'The data process is connected'),
  'data-lost': () => bad('⚠', 'The data process is lost; it will be repaired'),
};

/** Every type that is known here: an EventSource hears only what it was told to listen for. */
export const EVENT_TYPES = /** @type {ShownType[]} */ (Object.keys(WORDS));

/**
 * @param {Words['tone']} name
 * @returns {(sign: string, text: string, more?: string) => Words}
 */
function tone(name) {
  return (sign, text, more) => ({ tone: name, sign, text, more });
}
const good = tone('good');
const busy = tone('busy');
const warn = tone('warn');
const bad = tone('bad');
const still = tone('still');

/** @typedef {Extract<PoolEvent, { type: 'deploy' }>} DeployEvent */
/** @typedef {Extract<PoolEvent, { type: 'added' | 'removed' | 'weight' }>} MoveEvent */

/** @param {DeployEvent} event */
function deployed({ revision, status, reason }) {
  const tell = { rolling: busy, 'rolled-out': good, 'rolling-back': warn, 'rolled-back': warn, failed: bad }[status];
  return tell('⇄', `Deploy ${revision} is ${status}`, reason ?? undefined);
}

/** @param {MoveEvent} event */
function moved({ moved: part, minimum, members }) {
  const least = part - minimum < 0.0005 ? 'the least possible' : `the least possible is ${percent(minimum)}`;
  return `${percent(part)} of the keys moved, ${least}; ${plural(members, 'replica')} now`;
}

/** @param {Extract<PoolEvent, { type: 'weight' }>} event */
function weights({ weights: byName }) {
  return Object.entries(byName)
    .map(([name, weight]) => `${name} has weight ${weight}`)
    .join(', ');
}

/**
 * What is known of a death besides its reason.
 * @param {Pick<DeathView, 'code' | 'signal' | 'oom' | 'uptimeMs' | 'inFlight'>} death
 */
export function forensics({ code, signal, oom, uptimeMs, inFlight }) {
  return [
    code === null ? undefined : `exit code ${code}`,
    signal === null ? undefined : signal,
    oom ? 'out of memory' : undefined,
    uptimeMs === null ? 'it was never started' : `lived ${duration(uptimeMs)}`,
    `${plural(inFlight, 'request')} in flight`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}
