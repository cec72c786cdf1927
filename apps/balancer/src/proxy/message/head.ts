// Owns the grammar of a request head beyond what the parser refuses: one Host, one framing, a target in a form that we
// forward. Pure. What is refused here never reaches a replica or a route.
import type { Cause } from '../answers/causes.js';

export interface RawHead {
  readonly method: string;
  /** As sent. */
  readonly url: string;
  /** `1.0` or `1.1`. */
  readonly httpVersion: string;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
}

export interface RequestHead {
  readonly method: string;
  /** Origin form (path and query) or `*`. */
  readonly target: string;
  /** Host of the request: the authority of an absolute target, else the Host field. */
  readonly host: string | undefined;
  readonly body: 'none' | 'length' | 'chunked';
  /** Bytes; meaningful when `body` is `length`. */
  readonly length: number;
}

export type CheckedHead = { readonly head: RequestHead; readonly refusal?: undefined } | { readonly refusal: Cause };

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*)(?::\d{0,5})?$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/** Of the Host field, or the authority of a target: no user, no path. */
export function validHost(host: string): boolean {
  return HOST.test(host);
}

export interface HeadLimits {
  /** Bytes. The parser has a limit of its own, but counts neither line ends nor colons. */
  readonly maxHead: number;
  /** The parser itself would drop the surplus and say nothing. */
  readonly maxFields: number;
}

export function checkHead(raw: RawHead, { maxHead, maxFields }: HeadLimits): CheckedHead {
  const { method, url, httpVersion, rawHeaders } = raw;
  if (rawHeaders.length / 2 > maxFields || leastSize(raw) > maxHead) return { refusal: 'head_too_large' };
  // The parser lets 0.9 and 2.0 pass, whose rules for framing are others.
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return { refusal: 'bad_request' };

  const hosts: string[] = [];
  const lengths: string[] = [];
  const codings: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index].toLowerCase();
    if (name === 'host') hosts.push(rawHeaders[index + 1]);
    else if (name === 'content-length') lengths.push(rawHeaders[index + 1]);
    else if (name === 'transfer-encoding') codings.push(rawHeaders[index + 1]);
  }

  if (hosts.length > 1 || (hosts.length === 0 && httpVersion !== '1.0')) return { refusal: 'bad_request' };
  if (hosts.length === 1 && !validHost(hosts[0])) return { refusal: 'bad_request' };

  // Two framings, or one in a version that has none, is how a request is smuggled past one of two parsers.
  if (codings.length > 0 && (lengths.length > 0 || httpVersion === '1.0')) return { refusal: 'bad_request' };
  if (lengths.length > 1 || (lengths.length === 1 && !/^\d{1,15}$/.test(lengths[0]))) return { refusal: 'bad_request' };
  if (codings.length > 1) return { refusal: 'bad_request' };
  if (codings.length === 1 && codings[0].toLowerCase() !== 'chunked') return { refusal: 'not_implemented' };
  // SOURCE comes with ICE/1.0 as well, and the parser does not tell it from HTTP/1.0.
  if (method === 'CONNECT' || method === 'SOURCE') return { refusal: 'not_implemented' };

  const where = readTarget(method, url, hosts[0]);
  if (!where) return { refusal: 'bad_request' };
  const length = lengths.length === 1 ? Number(lengths[0]) : 0;
  const body = codings.length === 1 ? 'chunked' : length > 0 ? 'length' : 'none';
  return { head: { method, target: where.target, host: where.host, body, length } };
}

/** Bytes of the head, but for blanks around values, of which nothing is known. */
function leastSize({ method, url, rawHeaders }: RawHead): number {
  let size = method.length + url.length + '  HTTP/1.1\r\n\r\n'.length;
  for (const text of rawHeaders) size += text.length;
  return size + (rawHeaders.length / 2) * ':\r\n'.length;
}

/** @param host the Host field @returns undefined for a target that is none */
export function readTarget(
  method: string,
  url: string,
  host: string | undefined,
): { target: string; host: string | undefined } | undefined {
  if (url === '*') return method === 'OPTIONS' ? { target: url, host } : undefined;
  if (url.includes('#')) return undefined;
  if (url.startsWith('/')) return { target: url, host };
  const [, authority, rest] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined || rest === undefined || /^(?::|$)/.test(authority) || !validHost(authority))
    return undefined;
  // RFC 9112 section 3.2.4: OPTIONS of an authority without a path is meant for the server as a whole.
  if (rest === '' && method === 'OPTIONS') return { target: '*', host: authority };
  return { target: rest.startsWith('/') ? rest : `/${rest}`, host: authority };
}
