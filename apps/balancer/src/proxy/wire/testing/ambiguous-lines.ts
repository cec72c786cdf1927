// Owns request lines that are no request lines: blanks, versions, methods, bytes that end a target for one parser only.
import {
  type AmbiguousRequest,
  either,
  forwarded,
  get,
  got,
  HOST,
  type Meaning,
  refused,
} from './ambiguous-request.js';

const BLANKS = [
  '9112, 3',
  'one blank stands between the parts; a reader that splits at others finds other parts',
] as const;
const TARGET = ['9112, 3.2', 'no whitespace and no control is allowed in a target'] as const;
const URI = ['3986, 2', 'characters that are none of a URI; passed on as they are, or refused'] as const;
const VERSION = ['9112, 2.3', 'the version is HTTP, a slash, a digit, a dot, a digit, in capitals'] as const;
const MAJOR = ['9110, 2.5', 'another major version is another protocol'] as const;
const MINOR = ['9110, 2.5', 'a higher minor version may be served as 1.1'] as const;
const NINE = ['9112, 2.2', 'HTTP/0.9 has no fields and no length'] as const;
const METHOD = ['9110, 9.1', 'a method is a token and has a case'] as const;
const EMPTY = ['9112, 2.2', 'at least one empty line before a request should be ignored'] as const;
const LONG = ['9112, 3', 'what is too long is refused, never cut'] as const;

const line = (text: string) => `${text}\r\n${HOST}\r\n`;
const WITH_NO_BODY: Meaning = { method: 'PURGE', target: '/', host: 'a.example', body: '' };

export const AMBIGUOUS_LINES: readonly AmbiguousRequest[] = [
  either(BLANKS, 'two blanks before the target', line('GET  / HTTP/1.1'), got()),
  either(BLANKS, 'two blanks before the version', line('GET /  HTTP/1.1'), got()),
  either(BLANKS, 'a blank at the end', line('GET / HTTP/1.1 '), got()),
  either(BLANKS, 'a tab before the target', line('GET\t/ HTTP/1.1'), got()),
  either(BLANKS, 'a tab before the version', line('GET /\tHTTP/1.1'), got()),
  refused(BLANKS, 'a blank before the method', ` ${line('GET / HTTP/1.1')}`),
  refused(BLANKS, 'a tab before the method', `\t${line('GET / HTTP/1.1')}`),
  refused(TARGET, 'a blank in the target', line('GET /a b HTTP/1.1')),
  refused(TARGET, 'a second version in the target', line('GET / HTTP/1.1 HTTP/1.1')),
  refused(TARGET, 'a request line in the target', line('GET / HTTP/1.1 GET /smuggled HTTP/1.1')),
  refused(TARGET, 'a tab in the target', line('GET /a\tb HTTP/1.1')),
  refused(TARGET, 'a vertical tab in the target', line('GET /a\vb HTTP/1.1')),
  refused(TARGET, 'a form feed in the target', line('GET /a\fb HTTP/1.1')),
  refused(TARGET, 'CR alone in the target', line('GET /a\rb HTTP/1.1')),
  refused(TARGET, 'a zero byte in the target', line('GET /a\0b HTTP/1.1')),
  refused(TARGET, 'byte 1 in the target', line('GET /a\x01b HTTP/1.1')),
  refused(TARGET, 'a delete in the target', line('GET /a\x7fb HTTP/1.1')),
  refused(TARGET, 'a fragment', line('GET /a#b HTTP/1.1')),
  refused(TARGET, 'a tab in an absolute target', line('GET http://a.example/\tb HTTP/1.1')),
  refused(TARGET, 'no target', line('GET HTTP/1.1')),
  refused(TARGET, 'an empty target', line('GET  HTTP/1.1')),
  either(URI, 'bytes above 127 in the target', line('GET /\xe4\xff HTTP/1.1'), got('/\xe4\xff')),
  either(URI, 'a no-break space in the target', line('GET /a\xa0b HTTP/1.1'), got('/a\xa0b')),
  either(URI, 'quotes and brackets in the target', line('GET /"<>[]{}|^` HTTP/1.1'), got('/"<>[]{}|^`')),
  either(URI, 'a backslash in the target', line('GET /a\\b HTTP/1.1'), got('/a\\b')),
  either(URI, 'a broken percent sign in the target', line('GET /a%zz%0 HTTP/1.1'), got('/a%zz%0')),
  refused(VERSION, 'the version in lower case', line('GET / http/1.1')),
  refused(VERSION, 'a version without a dot', line('GET / HTTP/1')),
  refused(VERSION, 'a version with a comma', line('GET / HTTP/1,1')),
  refused(VERSION, 'a version with two digits', line('GET / HTTP/1.10')),
  refused(VERSION, 'a version with a leading zero', line('GET / HTTP/01.1')),
  refused(VERSION, 'a version with a blank', line('GET / HTTP/ 1.1')),
  refused(VERSION, 'a version with a blank before the slash', line('GET / HTTP /1.1')),
  refused(VERSION, 'a version with a word behind', line('GET / HTTP/1.1x')),
  refused(VERSION, 'a version with a plus sign', line('GET / HTTP/+1.1')),
  refused(VERSION, 'another protocol', line('GET / ICE/1.0')),
  refused(VERSION, 'SOURCE of another protocol', line('SOURCE / ICE/1.0')),
  refused(VERSION, 'RTSP', line('DESCRIBE rtsp://a.example/ RTSP/1.0')),
  refused(VERSION, 'HTTPS', line('GET / HTTPS/1.1')),
  refused(MAJOR, 'HTTP/2.0', line('GET / HTTP/2.0')),
  refused(MAJOR, 'HTTP/3.0', line('GET / HTTP/3.0')),
  refused(MAJOR, 'HTTP/0.9 with fields', line('GET / HTTP/0.9')),
  refused(MAJOR, 'HTTP/9.9', line('GET / HTTP/9.9')),
  refused(MAJOR, 'HTTP/2.0 without a Host', 'GET / HTTP/2.0\r\n\r\n'),
  refused(MAJOR, 'the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused(
    MAJOR,
    'a coding in HTTP/0.9',
    `POST / HTTP/0.9\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  ),
  either(MINOR, 'HTTP/1.2', line('GET / HTTP/1.2'), got()),
  either(MINOR, 'HTTP/1.9', line('GET / HTTP/1.9'), got()),
  refused(NINE, 'no version', line('GET /')),
  refused(NINE, 'no version and a blank', line('GET / ')),
  refused(NINE, 'no version and nothing else', 'GET /\r\n\r\n'),
  refused(METHOD, 'a method in lower case', line('get / HTTP/1.1')),
  refused(METHOD, 'a method in mixed case', line('Get / HTTP/1.1')),
  refused(METHOD, 'no method', line('/ HTTP/1.1')),
  refused(METHOD, 'a method with a colon', line('GET: / HTTP/1.1')),
  refused(METHOD, 'a method with a zero byte', line('GE\0T / HTTP/1.1')),
  refused(METHOD, 'a method with a byte above 127', line('GET\xa0 / HTTP/1.1')),
  refused(METHOD, 'a method in quotes', line('"GET" / HTTP/1.1')),
  either(METHOD, 'a method that nobody knows', line('XYZZY / HTTP/1.1'), { ...WITH_NO_BODY, method: 'XYZZY' }),
  either(METHOD, 'a method of caches', line('PURGE / HTTP/1.1'), WITH_NO_BODY),
  either(EMPTY, 'an empty line before the request', `\r\n${get('')}`, got()),
  either(EMPTY, 'ten empty lines before the request', `${'\r\n'.repeat(10)}${get('')}`, got()),
  either(EMPTY, 'LF before the request', `\n${get('')}`, got()),
  either(EMPTY, 'CR before the request', `\r${get('')}`, got()),
  refused(EMPTY, 'a line of one blank before the request', ` \r\n${get('')}`),
  refused(EMPTY, 'a zero byte before the request', `\0${get('')}`),
  refused(EMPTY, 'a byte order mark before the request', `\xef\xbb\xbf${get('')}`),
  refused(EMPTY, 'a field before the request', `X-A: 1\r\n${get('')}`),
  refused(EMPTY, 'the hello of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
  refused(EMPTY, 'a line of the PROXY protocol', `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${get('')}`),
  refused(LONG, 'a target of 64 KiB', get('', `/${'a'.repeat(65_536)}`)),
  refused(LONG, 'a method of 64 KiB', line(`${'A'.repeat(65_536)} / HTTP/1.1`)),
  refused(LONG, 'a field of 64 KiB', get(`X-A: ${'a'.repeat(65_536)}\r\n`)),
  refused(LONG, 'a name of 64 KiB', get(`${'a'.repeat(65_536)}: 1\r\n`)),
  refused(LONG, 'ten thousand fields', get('X-A: 1\r\n'.repeat(10_000))),
  forwarded(METHOD, 'a plain request', get(''), got()),
];
