// Owns speaking to the balancer: one call at a time as JSON, with its own words for what went wrong. Streams are live.js's.

/** The balancer answered, and said no. Status 0: it did not answer. */
export class Refusal extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @type {() => void} what to do when the balancer wants the token */
let onLocked = () => {};

/** @param {() => void} listener */
export function whenLocked(listener) {
  onLocked = listener;
}

/**
 * @param {string} path relative to the page's folder @param {{ method?: string, body?: object }} [call]
 * @returns {Promise<any>} JSON, or text where the balancer sends that @throws {Refusal}
 */
export async function ask(path, { method = 'GET', body } = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  let response;
  let answer;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
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

/** @param {string} path @param {object} [body] */
export const post = (path, body) => ask(path, { method: 'POST', body });

/** What went wrong, in words. @param {unknown} error */
export function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {unknown} error @returns {number | undefined} the status with which the balancer said no */
export function statusOf(error) {
  return error instanceof Refusal ? error.status : undefined;
}

/** @param {string} name of a replica @param {string} [what] */
export function replicaPath(name, what = '') {
  return `api/replicas/${encodeURIComponent(name)}${what}`;
}
