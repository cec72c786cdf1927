// Owns reading the one parameter of a list that takes no other: how much of it.
import { quote, RequestError } from './failure.js';

/** @param search the query string, without the question mark @throws RequestError 400 */
export function readLimit(search: string, { most, usual }: { readonly most: number; readonly usual: number }): number {
  const parameters = new URLSearchParams(search);
  const unknown = [...parameters.keys()].find((name) => name !== 'limit');
  if (unknown !== undefined) throw new RequestError(400, `unknown query parameter ${quote(unknown)}; known is limit`);
  const [text = String(usual), again] = parameters.getAll('limit');
  if (again !== undefined) throw new RequestError(400, 'the query parameter "limit" stands more than once');
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= most) return Number(text);
  throw new RequestError(400, `limit must be a whole number from 1 to ${most}, not ${quote(text)}`);
}
