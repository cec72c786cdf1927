// Owns legal requests that differ in their heads: methods, targets, fields, versions. Their answers are plain.
import { legal, type LegalRequest } from './legal-request.js';

const get = (name: string, lines: string) => legal(name, ['GET', '/echo'], lines);
const target = (text: string) => legal(`a target ${text.slice(0, 40)}`, ['GET', text]);

const METHODS: readonly LegalRequest[] = [
  ...[
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'MKCOL',
    'REPORT',
    'M-SEARCH',
  ].map((method) => legal(`${method} without a body`, [method, '/echo'])),
];

const TARGETS: readonly LegalRequest[] = [
  ...[
    '/',
    '/echo?',
    '/echo?a=1&a=2',
    '/echo??',
    '/echo?http://b.example/',
    '//echo',
    '/a//b/../c/./d',
    '/%41%2f%3F%00',
    '/a;b=c,d',
    "/!$&'()*+,;=:@-._~",
    '/a|b^c`{d}"<e>',
    '/%E4%F6',
    '/echo?%zz',
    `/echo?${'long='.repeat(1600)}`,
  ].map(target),
  legal('an absolute target', ['GET', 'http://b.example/x?y'], '', '', {
    becomes: { target: '/x?y', host: 'b.example' },
  }),
  legal('an absolute target of the same host', ['GET', 'http://a.example/x'], '', '', {
    becomes: { target: '/x', host: 'a.example' },
  }),
  legal('an absolute target with a port, in capitals', ['GET', 'HTTP://B.example:81/x'], '', '', {
    becomes: { target: '/x', host: 'B.example:81' },
  }),
  legal('an absolute target without a path', ['GET', 'http://b.example'], '', '', {
    becomes: { target: '/', host: 'b.example' },
  }),
  legal('an absolute target with only a query', ['GET', 'http://b.example?x'], '', '', {
    becomes: { target: '/?x', host: 'b.example' },
  }),
  legal('OPTIONS *', ['OPTIONS', '*']),
  legal('OPTIONS of an authority', ['OPTIONS', 'http://b.example'], '', '', {
    becomes: { target: '*', host: 'b.example' },
  }),
];

const FIELDS: readonly LegalRequest[] = [
  get('an empty value', 'X-Empty:\r\nX-Blank:  \t \r\n'),
  get('no blank before a value', 'X-A:1\r\nX-B:2\r\n'),
  get('blanks and tabs around and in a value', 'X-A: \t a\t b  c \t\r\n'),
  get('a field again and again', 'X-A: 1\r\nX-B: 2\r\nx-a: 3\r\nX-A: 4\r\n'),
  get('lists', 'Accept: text/html\r\nAccept: text/plain;q=0.5, */*;q=0.1\r\n'),
  get('one Cookie', 'Cookie: a=1; b="2 3"; c=\r\n'),
  get('two Cookies', 'Cookie: a=1\r\nCookie: b=2; c=3\r\n'),
  get('a long Cookie', `Cookie: ${'abc=0123456789; '.repeat(250)}z=1\r\n`),
  get('bytes above 127 in a value', 'X-A: \xe4\xf6\xfc\x80\xff\r\n'),
  get('a name of all characters that a name may have', "!#$%&'*+-.^_`|~09azAZ: 1\r\n"),
  get('a field called __proto__', '__proto__: 1\r\nconstructor: 2\r\n'),
  get('Range', 'Range: bytes=0-0,-1\r\nIf-Range: "x"\r\n'),
  get('If-Match and If-None-Match', 'If-Match: "a", "b"\r\nIf-None-Match: W/"c"\r\n'),
  get(
    'dates',
    'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\nIf-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n',
  ),
  get('Accept-Encoding', 'Accept-Encoding: gzip, deflate, br;q=0.9, *;q=0\r\n'),
  get('Authorization', 'Authorization: Basic dXNlcjpwYXNz\r\n'),
  get('Max-Forwards', 'Max-Forwards: 3\r\n'),
  get('Cache-Control and Pragma', 'Cache-Control: no-cache, max-age=0\r\nPragma: no-cache\r\n'),
  get('what browsers add', 'Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Site: none\r\nDNT: 1\r\nPriority: u=0, i\r\n'),
  get('Origin and Referer', 'Origin: null\r\nReferer: http://a.example/?x\r\n'),
  get('fifty fields', Array.from({ length: 50 }, (_, k) => `X-Field-${k}: ${k}\r\n`).join('')),
  get('a value of 4 KiB', `X-A: ${'x'.repeat(4096)}\r\n`),
  get('a name of 200 characters', `${'x'.repeat(200)}: 1\r\n`),
  get('names in lower case', 'accept: a\r\nuser-agent: b\r\n'),
  get('names in capitals', 'ACCEPT: a\r\nUSER-AGENT: b\r\n'),
  get('TE', 'TE: trailers\r\nConnection: TE\r\n'),
  get('keep-alive', 'Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n'),
  get('close', 'Connection: close\r\n'),
  legal('a field that Connection names', ['GET', '/echo'], 'X-Hop: 1\r\nConnection: X-Hop\r\nX-Kept: 2\r\n', '', {
    named: ['x-hop'],
  }),
  get('credentials for a proxy', 'Proxy-Authorization: Basic dXNlcjpwYXNz\r\nProxy-Connection: keep-alive\r\n'),
  get('traceparent', 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: a=b\r\n'),
  legal('a Host with a port', ['GET', '/echo'], '', '', { host: 'Host: a.example:8080\r\n' }),
  legal('an IPv6 Host', ['GET', '/echo'], '', '', { host: 'Host: [2001:db8::1]:80\r\n' }),
  legal('an empty Host', ['GET', '/echo'], '', '', { host: 'Host:\r\n' }),
  legal('Host behind other fields', ['GET', '/echo'], 'X-A: 1\r\nhOsT: \t a.example \r\nX-B: 2\r\n', '', { host: '' }),
];

const OLD: readonly LegalRequest[] = [
  legal('HTTP/1.0', ['GET', '/echo'], '', '', { version: '1.0' }),
  legal('HTTP/1.0 that stays', ['GET', '/echo'], 'Connection: keep-alive\r\n', '', { version: '1.0' }),
  legal('HTTP/1.0 with a body', ['POST', '/echo'], 'Content-Length: 5\r\n', 'hello', { version: '1.0' }),
  legal('HTTP/1.0 and an answer in chunks', ['GET', '/chunked/100'], '', '', { version: '1.0' }),
];

export const LEGAL_HEADS: readonly LegalRequest[] = [...METHODS, ...TARGETS, ...FIELDS, ...OLD];
