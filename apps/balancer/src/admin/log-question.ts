// Owns reading the query of GET /api/replicas/NAME/logs. Pure but for the words of its refusals.
import { quote, RequestError } from './failure.js';

export const MAX_TAIL = 1000;
const DEFAULT_TAIL = 100;

export interface LogQuestion {
  readonly tail: number;
  readonly follow: boolean;
}

/** @param search the query string, without the question mark @throws RequestError 400 naming the parameter */
export function readLogQuestion(search: string): LogQuestion {
  const parameters = new URLSearchParams(search);
  for (const name of parameters.keys()) {
    if (name !== 'tail' && name !== 'follow')
      throw new RequestError(400, `unknown query parameter ${quote(name)}; known are tail and follow`);
    if (parameters.getAll(name).length > 1)
      throw new RequestError(400, `the query parameter ${quote(name)} stands more than once`);
  }
  const tail = parameters.get('tail') ?? String(DEFAULT_TAIL);
  if (!/^\d{1,4}$/.test(tail) || Number(tail) > MAX_TAIL)
    throw new RequestError(400, `tail must be a whole number from 0 to ${MAX_TAIL}, not ${quote(tail)}`);
  const follow = parameters.get('follow') ?? 'false';
  if (follow !== 'true' && follow !== 'false')
    throw new RequestError(400, `follow must be true or false, not ${quote(follow)}`);
  return { tail: Number(tail), follow: follow === 'true' };
}
