// Owns the key chain (HASH_KEY): its grammar, and its compilation into one function that finds a request's key. Pure:
// randomness comes in as an argument. Hashing the key and choosing a replica are table.ts's.
//
//   chain = link *( "," link )          the first link that is present supplies the key
//   link  = "random" / part *( "+" part )      a composite is present when all its parts are
//   part  = "header:" NAME / "cookie:" NAME / "query:" NAME
//         / "path" [ ":" DEPTH ]        the path as sent, or its first DEPTH segments
//         / "uri"                       path and query as sent
//         / "host"                      in lower case, without the port
//         / "ip" [ ":/" V4BITS [ ":/" V6BITS ] ]     the client, or the network it is in: ip:/24:/64
//
// An empty value counts as absent: it would send all those requests to one replica. When nothing is present, a random
// key is used, as if the chain ended in `random`.
import { maskAddress } from './ip-mask.js';

/** What a chain may look at. */
export interface KeyRequest {
  /** Origin form, as sent: path and query, or `*`. */
  readonly target: string;
  readonly host: string | undefined;
  /** The client: the socket's peer, or whom a trusted proxy names. */
  readonly ip: string;
  /**
   * Value of a header field, repeated ones joined.
   * @param name in lower case
   */
  field(name: string): string | undefined;
}

/** Instead of an index: no link was present. */
export const NO_LINK = -1;
/** Most links of a chain. */
export const MAX_LINKS = 16;

export interface SelectedKey {
  readonly key: string;
  /** Index of the link that supplied it; NO_LINK when none did and the key is random. */
  readonly link: number;
}

export interface KeyChain {
  /** Canonical text: equal for chains that mean the same. */
  readonly text: string;
  readonly links: readonly string[];
  /** @param random returns a number from 0 (included) to 1 (excluded) */
  select(request: KeyRequest, random: () => number): SelectedKey;
  /** The key of this link was drawn, and will hardly come again. */
  isRandom(link: number): boolean;
}

export type HashKeyErrorCode =
  'empty' | 'unknown_part' | 'bad_name' | 'bad_depth' | 'bad_mask' | 'random_position' | 'too_long';

/** A chain that cannot be used; `part` is the piece that is wrong. */
export class HashKeyError extends Error {
  readonly retryable = false;

  constructor(
    readonly code: HashKeyErrorCode,
    readonly part: string,
    reason: string,
  ) {
    super(reason);
    this.name = 'HashKeyError';
  }
}

interface Part {
  readonly text: string;
  readonly read: (request: KeyRequest) => string | undefined;
}

const SHOWN = 60;
const FORMS = 'header:NAME, cookie:NAME, query:NAME, path, path:DEPTH, uri, ip, ip:/24, ip:/24:/64, host, random';
/** Tokens of HTTP without `+`, which joins parts. */
const TOKEN = /^[!#$%&'*.^_`|~0-9A-Za-z-]+$/;

/** @throws HashKeyError */
export function compileHashKey(text: string): KeyChain {
  const pieces = text.split(',').map((piece) => piece.trim());
  if (pieces.length > MAX_LINKS) throw wrong('too_long', text, `has more than ${MAX_LINKS} links`);
  const links = pieces.map(compileLink);
  const misplaced = pieces.findIndex((piece, index) => piece === 'random' && index < pieces.length - 1);
  if (misplaced >= 0)
    throw wrong('random_position', pieces[misplaced + 1], 'can never be reached: it comes after random');
  const readers = links.map((link) => link.read);
  const randomLink = readers.indexOf(undefined);
  return {
    text: links.map((link) => link.text).join(','),
    links: links.map((link) => link.text),
    select(request, random) {
      for (let link = 0; link < readers.length; link++) {
        const read = readers[link];
        if (!read) return { key: randomKey(random()), link };
        const key = read(request);
        if (key !== undefined) return { key, link };
      }
      return { key: randomKey(random()), link: NO_LINK };
    },
    // Where there is no such link, -1 is NO_LINK.
    isRandom: (link) => link === NO_LINK || link === randomLink,
  };
}

/** @returns what is wrong with the chain, in words for an operator; undefined when nothing is */
export function validateHashKey(text: string): string | undefined {
  try {
    compileHashKey(text);
    return undefined;
  } catch (error) {
    if (error instanceof HashKeyError) return error.message;
    throw error;
  }
}

/** A six-digit id, as clients of the classic system are given one. */
function randomKey(fraction: number): string {
  return String(100_000 + Math.floor(fraction * 900_000));
}

function compileLink(text: string): { text: string; read: Part['read'] | undefined } {
  if (text === '') throw wrong('empty', text, 'is empty');
  if (text === 'random') return { text, read: undefined };
  const parts = text.split('+').map((piece) => compilePart(piece.trim()));
  if (parts.length === 1) return parts[0];
  return {
    text: parts.map((part) => part.text).join('+'),
    read(request) {
      let key = '';
      for (const part of parts) {
        const value = part.read(request);
        if (value === undefined) return undefined;
        // With its length, so that ("1", "0a") and ("10", "a") stay apart.
        key += `${value.length}:${value}`;
      }
      return key;
    },
  };
}

function compilePart(text: string): Part {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const argument = colon < 0 ? undefined : text.slice(colon + 1);
  switch (kind) {
    case 'header':
      return headerPart(text, argument);
    case 'cookie':
      return cookiePart(text, argument);
    case 'query':
      return queryPart(text, argument);
    case 'path':
      return pathPart(text, argument);
    case 'ip':
      return ipPart(text, argument);
    case 'uri':
    case 'host':
      if (argument !== undefined) throw wrong('unknown_part', text, `takes nothing after "${kind}"`);
      return { text, read: kind === 'uri' ? (request) => present(request.target) : hostOf };
    case 'random':
      throw wrong('random_position', text, 'must stand alone, as the last link');
    default:
      throw wrong(text === '' ? 'empty' : 'unknown_part', text, `is none of ${FORMS}`);
  }
}

function headerPart(text: string, argument: string | undefined): Part {
  const name = token(text, argument).toLowerCase();
  return {
    text: `header:${name}`,
    read: (request) => present(request.field(name)),
  };
}

function cookiePart(text: string, argument: string | undefined): Part {
  const name = token(text, argument);
  return {
    text: `cookie:${name}`,
    read: (request) => present(firstValue(request.field('cookie'), ';', (key) => key.trim() === name)?.trim()),
  };
}

function queryPart(text: string, argument: string | undefined): Part {
  const name = argument ?? '';
  if (name === '' || !/^[\x21-\x7e]+$/.test(name) || /[&=#?]/.test(name)) {
    throw wrong('bad_name', text, 'needs the name of a query parameter: query:NAME');
  }
  return {
    text: `query:${name}`,
    read({ target }) {
      const mark = target.indexOf('?');
      if (mark < 0) return undefined;
      const value = firstValue(target.slice(mark + 1), '&', (key) => decode(key) === name);
      return present(value === undefined ? undefined : decode(value));
    },
  };
}

function pathPart(text: string, argument: string | undefined): Part {
  if (argument === undefined) return { text, read: (request) => present(pathOf(request.target)) };
  const depth = Number(argument);
  if (!/^\d{1,3}$/.test(argument) || depth < 1 || depth > 100) {
    throw wrong('bad_depth', text, 'needs a depth from 1 to 100: path:DEPTH');
  }
  return {
    text: `path:${depth}`,
    read({ target }) {
      const path = pathOf(target);
      let end = 0;
      for (let segment = 0; segment < depth; segment++) {
        end = path.indexOf('/', end + 1);
        if (end < 0) return present(path);
      }
      return present(path.slice(0, end));
    },
  };
}

function ipPart(text: string, argument: string | undefined): Part {
  let [bits4, bits6] = [32, 128];
  if (argument !== undefined) {
    const match = /^\/(\d{1,2})(?::\/(\d{1,3}))?$/.exec(argument);
    bits4 = match ? Number(match[1]) : NaN;
    bits6 = Number(match?.[2] ?? 128);
    if (!(bits4 >= 1 && bits4 <= 32 && bits6 >= 1 && bits6 <= 128)) {
      throw wrong('bad_mask', text, 'needs masks of 1 to 32 and 1 to 128 bits: ip:/24 or ip:/24:/64');
    }
  }
  const masks = bits6 < 128 ? `:/${bits4}:/${bits6}` : bits4 < 32 ? `:/${bits4}` : '';
  return { text: `ip${masks}`, read: ({ ip }) => maskAddress(ip, bits4, bits6) ?? present(ip) };
}

function hostOf({ host }: KeyRequest): string | undefined {
  return present(host?.toLowerCase().replace(/:\d*$/, ''));
}

function pathOf(target: string): string {
  const mark = target.indexOf('?');
  return mark < 0 ? target : target.slice(0, mark);
}

function firstValue(
  text: string | undefined,
  separator: string,
  matches: (key: string) => boolean,
): string | undefined {
  for (const pair of text?.split(separator) ?? []) {
    const equals = pair.indexOf('=');
    if (equals >= 0 && matches(pair.slice(0, equals))) return pair.slice(equals + 1);
  }
  return undefined;
}

/** One key for `a%2Fb`, `a%2fb` and `a/b`; what is no valid encoding counts as it stands. */
function decode(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function token(text: string, argument: string | undefined): string {
  if (argument !== undefined && TOKEN.test(argument)) return argument;
  const kind = text.split(':', 1)[0];
  throw wrong('bad_name', text, `needs a name of letters, digits and -_.: ${kind}:NAME`);
}

function wrong(code: HashKeyErrorCode, part: string, reason: string): HashKeyError {
  const shown = part.length > SHOWN ? `${part.slice(0, SHOWN)}…` : part;
  return new HashKeyError(code, part, `"${shown}" ${reason}`);
}
