// Owns speaking to the balancer: one call at a time as JSON, with its own words for what went wrong. Streams are live.js's.

/** The balancer answered, and said no. Status 0: it did not answer. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @type {() => void} what to do when the balancer wants the token */
let onLocked = () => {};

export function whenLocked(listener) {
  onLocked = listener;
}

/** @param {string} path relative to the page's folder @throws {Refusal} */
export async function ask(path, { method = 'GET', body } = {}) {
  const init = { method, credentials: 'same-origin', cache: 'no-store', headers: { accept: 'application/json' } };
  if (body !== undefined) {
    init.headers['content-type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  let response;
  let answer;
  try {
    response = await fetch(path, init);
    answer = response.headers.get('content-type')?.startsWith('application/json')
      ? await response.json()
      : await response.text();
  } catch {
    throw new Refusal(0, 'the balancer does not answer');
  }
  if (response.ok) return answer;
  if (response.status === 401 && path !== 'api/session') onLocked();
  throw new Refusal(response.status, answer?.message ?? `HTTP status ${response.status}`);
}

export const post = (path, body) => ask(path, { method: 'POST', body });

/** @param {string} name of a replica */
export function replicaPath(name, what = '') {
  return `api/replicas/${encodeURIComponent(name)}${what}`;
}
