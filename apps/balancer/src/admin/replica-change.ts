// Owns reading a request to /add or /rm: its body as a DTO, and the wait that its query string asks for.
import { quote, RequestError } from './failure.js';
import { readJsonBody } from './json-body.js';

/** @throws RequestError 415 when a body has another type than JSON, 400 when it does not fit the DTO */
export function readReplicaChange<T extends object>(
  type: new () => T,
  contentType: string | undefined,
  body: string,
): T {
  return readJsonBody(type, 'n and hostnames', contentType, body);
}

/** @throws RequestError 400 when the query asks for anything but `wait=VALUE` once */
export function readWait(search: string, value: 'ready' | 'gone' | 'done' | undefined): boolean {
  let wait = false;
  for (const [name, given] of new URLSearchParams(search)) {
    if (name !== 'wait' || value === undefined) throw new RequestError(400, `unknown query parameter ${quote(name)}`);
    if (wait) throw new RequestError(400, 'the query parameter wait stands more than once');
    if (given !== value)
      throw new RequestError(400, `the query parameter wait must be ${quote(value)}, not ${quote(given)}`);
    wait = true;
  }
  return wait;
}
