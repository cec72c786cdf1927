// Owns what one ambiguous request is, and the words in which the tables of them are written. Bytes are Latin-1 text: one
// character, one byte. The tables are data, for the suites and for `npm run wire`.

/** What a request says, in the one way in which it may be passed on. */
export interface Meaning {
  readonly method: string;
  /** As the replica gets it. */
  readonly target: string;
  /** undefined: it has no Host field. */
  readonly host: string | undefined;
  readonly body: string;
}

export interface AmbiguousRequest {
  readonly name: string;
  readonly bytes: string;
  /** What a correct proxy may do. `either`: refuse it, or pass on what it means and nothing else. */
  readonly may: 'refuse' | 'either' | 'forward';
  /** Where it may be passed on at all. */
  readonly meaning?: Meaning;
  /** Nothing that follows on its connection may be served. */
  readonly last?: true;
  /** It announces more than it brings: only the end of the connection ends it. */
  readonly unfinished?: true;
  readonly why: string;
  /** Of the RFC, such as `9112, 6.3`. */
  readonly section: string;
}

/** Goes behind each of them: whoever finds another end of the request than the proxy finds a second request here. */
export const SURPLUS = 'GET /smuggled HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';
export const SMUGGLED: Meaning = { method: 'GET', target: '/smuggled', host: 'a.example', body: '' };

export const HOST = 'Host: a.example\r\n';
export const CHUNKED = 'Transfer-Encoding: chunked\r\n';
export const HELLO = '5\r\nhello\r\n0\r\n\r\n';

type Rule = readonly [section: string, why: string];

export function refused([section, why]: Rule, name: string, bytes: string): AmbiguousRequest {
  return { name, bytes, may: 'refuse', why, section };
}

export function either([section, why]: Rule, name: string, bytes: string, meaning: Meaning): AmbiguousRequest {
  return { name, bytes, may: 'either', meaning, why, section };
}

export function forwarded([section, why]: Rule, name: string, bytes: string, meaning: Meaning): AmbiguousRequest {
  return { name, bytes, may: 'forward', meaning, why, section };
}

/** The same, after which the connection must end. */
export function lastOne(request: AmbiguousRequest): AmbiguousRequest {
  return { ...request, last: true };
}

/** `GET / HTTP/1.1` with a Host and these lines. */
export const get = (lines: string, target = '/'): string => `GET ${target} HTTP/1.1\r\n${HOST}${lines}\r\n`;
/** `POST / HTTP/1.1` with a Host, these lines, and this body as it stands. */
export const post = (lines: string, body: string): string => `POST / HTTP/1.1\r\n${HOST}${lines}\r\n${body}`;

export const got = (target = '/', host: string | undefined = 'a.example'): Meaning => ({
  method: 'GET',
  target,
  host,
  body: '',
});
export const posted = (body = 'hello'): Meaning => ({ method: 'POST', target: '/', host: 'a.example', body });
