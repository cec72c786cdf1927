// Owns saying in words what stands in the audit log: what somebody asked for, who, and what came of it. Pure. The entries are
// documented in docs/observability.md; a call that is not known here is shown as it came.
import { listed, plural } from './format.js';

/** @import { AuditEntry } from './api-types.js' */
/** @typedef {Record<string, unknown>} Body */

/** Sign and colour say the same as the word. @type {Record<AuditEntry['result'], { tone: string, text: string }>} */
const RESULTS = {
  'under-way': { tone: 'busy', text: '… under way' },
  done: { tone: 'good', text: '✓ done' },
  refused: { tone: 'warn', text: '✕ refused' },
  failed: { tone: 'bad', text: '✖ failed' },
  abandoned: { tone: 'warn', text: '? client left' },
  unfinished: { tone: 'warn', text: '? unfinished' },
};

/** @param {Pick<AuditEntry, 'result'>} entry @returns {{ tone: string, text: string }} */
export function resultMark({ result }) {
  return RESULTS[result] ?? { tone: 'still', text: result };
}

/** @param {Pick<AuditEntry, 'peer' | 'by' | 'port'>} entry */
export function whoAsked({ peer, by, port }) {
  const proof = { token: 'with the token', session: 'logged in', address: undefined }[by];
  return [peer, proof, port === 'data' ? 'on the data port' : undefined]
    .filter((part) => part !== undefined)
    .join(', ');
}

/** What was asked for, done or not. @param {Pick<AuditEntry, 'method' | 'path' | 'body'>} entry */
export function wishOf({ method, path, body }) {
  const route = path.split('?')[0] ?? '';
  const [, encoded, act] = /^\/api\/replicas\/([^/]+)\/([a-z]+)$/.exec(route) ?? [];
  const call = encoded === undefined ? `${method} ${route}` : `${method} ${act}`;
  const fields = /** @type {Body} */ (typeof body === 'object' && body !== null ? body : {});
  return WISHES[call]?.(fields, decoded(encoded ?? '')) ?? `${method} ${path}`;
}

/** @type {Record<string, ((body: Body, replica: string) => string) | undefined>} by call; of one replica: by act */
const WISHES = {
  'POST /add': (body) => `Add ${replicas(body)}`,
  'DELETE /rm': (body) => `Remove ${replicas(body)}`,
  'POST drain': ({ force }, replica) => `Drain ${replica}${force === true ? ', even if no other serves' : ''}`,
  'POST undrain': (_body, replica) => `Put ${replica} back into service`,
  'POST restart': (_body, replica) => `Give ${replica} a new instance`,
  'POST weight': ({ weight }, replica) =>
    `Give ${replica} ${scalar(weight) ? `the weight ${weight}` : 'another weight'}`,
  'POST /api/deploy': (body) => `${body['dryRun'] === true ? 'Check a deploy' : 'Deploy'}${deployed(body)}`,
  'DELETE /api/deploy': () => 'Take the deploy back',
  'POST /api/deploy/rollback': () => 'Deploy what ran before',
  'POST /api/session': () => 'Log in',
  'DELETE /api/session': () => 'Log out',
};

/** @param {Body} body of /add or /rm */
function replicas({ n, hostnames }) {
  const many = typeof n === 'number' ? plural(n, 'replica') : 'replicas';
  const names = Array.isArray(hostnames) ? hostnames.filter((name) => typeof name === 'string') : [];
  return names.length === 0 ? many : `${many}: ${listed(names)}`;
}

/** @param {Body} body */
function deployed({ image, command, env }) {
  const parts = [
    scalar(image) ? `image ${image}` : undefined,
    command === undefined ? undefined : 'another command',
    typeof env === 'object' && env !== null ? `environment ${listed(Object.keys(env))}` : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : `: ${parts.join('; ')}`;
}

/** @param {unknown} value */
function scalar(value) {
  return typeof value === 'string' || typeof value === 'number';
}

/** @param {string} segment of a path */
function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // it was refused for that
  }
}
