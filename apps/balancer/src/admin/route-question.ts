// Owns reading the query of GET /api/route: either a key, or the parts of a request as a client would send them, down to the
// bytes. Which part supplies the key is the key chain's (routing/hash-key.ts). Pure.
import { isIP } from 'node:net';
import { plainAddress } from '../config/networks.js';
import type { RouteQuestion } from '../orchestrator/ring/route-finder.js';
import type { KeyRequest } from '../routing/hash-key.js';
import { quote, RequestError } from './failure.js';

const FORMS = 'key, or path, host, ip, header.NAME, cookie.NAME and query.NAME';
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

interface Parameter {
  /** As it was sent, to be named in a refusal. */
  readonly name: string;
  /** Percent-encoding undone byte by byte, as node hands over what came by the wire (latin1). */
  readonly bytes: string;
  readonly raw: string;
}

/** @param search the query string, without the question mark @throws RequestError 400 naming the parameter */
export function readRouteQuestion(search: string): RouteQuestion {
  const parameters = parametersOf(search);
  const key = parameters.find(({ name }) => name === 'key');
  if (!key) return { request: new DraftRequest(parameters) };
  const other = parameters.find((parameter) => parameter !== key);
  if (other) throw wrong(other, 'goes with a request; key stands alone');
  const text = decoded(key.raw);
  if (text === undefined) throw wrong(key, `is no percent-encoded UTF-8: ${quote(key.raw)}`);
  if (text === '') throw wrong(key, 'is empty: an empty value counts as absent');
  return { key: text };
}

/** A request of which only some parts are known. What every request has, and nobody can guess, is missed once it is read. */
class DraftRequest implements KeyRequest {
  readonly target: string;
  private readonly headers = new Map<string, string>();
  private readonly given = new Map<'path' | 'host' | 'ip', string>();

  constructor(parameters: readonly Parameter[]) {
    const cookies: string[] = [];
    const query: string[] = [];
    for (const parameter of parameters) {
      const { name, bytes } = parameter;
      const dot = name.indexOf('.');
      const [kind, argument] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1)];
      if (dot < 0 && (kind === 'path' || kind === 'host' || kind === 'ip'))
        this.given.set(kind, checked[kind](parameter));
      else if (dot > 0 && kind === 'header') this.headers.set(headerName(parameter, argument), headerValue(parameter));
      else if (dot > 0 && kind === 'cookie') cookies.push(cookiePair(parameter, argument));
      else if (dot > 0 && kind === 'query' && argument !== '')
        query.push(`${percent(latin1(argument))}=${percent(bytes)}`);
      else throw new RequestError(400, `unknown query parameter ${quote(name)}; known are ${FORMS}`);
    }
    if (cookies.length > 0) this.headers.set('cookie', cookies.join('; '));
    const host = this.given.get('host');
    if (host !== undefined) this.headers.set('host', host);
    const path = this.given.get('path') ?? '/';
    this.target = query.length === 0 ? path : `${path}${path.includes('?') ? '&' : '?'}${query.join('&')}`;
  }

  field(name: string): string | undefined {
    return this.headers.get(name);
  }

  get host(): string {
    return this.needed('host', 'the Host');
  }

  get ip(): string {
    return this.needed('ip', 'the address of the client');
  }

  private needed(part: 'host' | 'ip', what: string): string {
    const value = this.given.get(part);
    if (value === undefined) throw new RequestError(400, `${part} is missing: HASH_KEY asks for ${what}`);
    return value;
  }
}

const checked = {
  path(parameter: Parameter): string {
    const { bytes } = parameter;
    if (/^\/[\x21\x22\x24-\x7e]*$/.test(bytes)) return bytes;
    throw wrong(parameter, `must be a path as a request line has it, from the slash on, not ${quote(bytes)}`);
  },
  host(parameter: Parameter): string {
    const { bytes } = parameter;
    if (/^[\x21-\x7e]+$/.test(bytes)) return bytes;
    throw wrong(parameter, `must be a host name, not ${quote(bytes)}`);
  },
  ip(parameter: Parameter): string {
    const address = plainAddress(parameter.bytes);
    if (isIP(address) !== 0) return address;
    throw wrong(parameter, `must be an IPv4 or IPv6 address, not ${quote(parameter.bytes)}`);
  },
};

function headerName(parameter: Parameter, argument: string): string {
  const name = argument.toLowerCase();
  if (name === 'host') throw wrong(parameter, 'must be given as host=…');
  if (name === 'cookie') throw wrong(parameter, 'must be given as cookie.NAME=…');
  if (!TOKEN.test(name)) throw wrong(parameter, 'needs the name of a header field: header.NAME');
  return name;
}

/** As the parser hands it over: without the white space around it. */
function headerValue(parameter: Parameter): string {
  const value = parameter.bytes.replace(/^[ \t]+|[ \t]+$/g, '');
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw wrong(parameter, `has a character that no header field can hold: ${quote(value)}`);
}

function cookiePair(parameter: Parameter, argument: string): string {
  if (!TOKEN.test(argument)) throw wrong(parameter, 'needs the name of a cookie: cookie.NAME');
  if (parameter.bytes.includes(';')) throw wrong(parameter, 'must not contain a semicolon, which ends a cookie');
  return `${argument}=${headerValue(parameter)}`;
}

/** @throws RequestError for a parameter that stands twice or is not percent-encoded as it should be */
function parametersOf(search: string): Parameter[] {
  const seen = new Set<string>();
  return search
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      const [rawName, raw] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
      const name = decoded(rawName) ?? rawName;
      const unique = name.startsWith('header.') ? name.toLowerCase() : name;
      if (seen.has(unique)) throw new RequestError(400, `the query parameter ${quote(name)} stands more than once`);
      seen.add(unique);
      if (/%(?![0-9A-Fa-f]{2})/.test(raw))
        throw new RequestError(400, `${quote(name)} has a percent sign that encodes nothing: ${quote(raw)}`);
      return { name, raw, bytes: bytesOf(raw) };
    });
}

/** undefined when it is no encoding of UTF-8. */
function decoded(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function bytesOf(raw: string): string {
  return raw
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function percent(bytes: string): string {
  return bytes.replace(
    /[^A-Za-z0-9._~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function wrong({ name }: Parameter, reason: string): RequestError {
  return new RequestError(400, `${quote(name).slice(1, -1)} ${reason}`);
}
