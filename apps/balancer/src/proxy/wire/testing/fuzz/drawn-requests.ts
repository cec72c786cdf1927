// Owns the grammar of drawn requests: mostly legal, now and then odd in any of its parts, and now and then with bytes changed
// afterwards. Latin-1.
import { type Draw, mutate, pick, rarely } from './draw.js';
import { drawnLines, ODD_CODINGS, ODD_ENDS, ODD_LENGTHS, oddParts } from './drawn-lines.js';

const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'TRACE'] as const;
const ODD_METHODS = [
  'get',
  'CONNECT',
  'SOURCE',
  'PRI',
  'G\xc4T',
  'GE T',
  '',
  'XYZZY',
  'M-SEARCH',
  'QUERY',
  'GET:',
] as const;
const TARGETS = [
  '/',
  '/a?b=c',
  '/%41;x=y',
  '//a/../b',
  "/!$&'()*+,:@",
  'http://b.example/x',
  'http://b.example',
  '*',
] as const;
const ODD_TARGETS = [
  ...[
    '/a#b',
    '',
    'a',
    '/a b',
    '/\xe4',
    '/a\tb',
    '/\x7f',
    'https://a/x',
    'http://u@b/',
    'http://:80/',
    'http:///',
    '?a',
  ],
  ...[
    'http://b.example?x',
    'HTTP://B:81/',
    'ftp://a/',
    '/"<>|',
    '\\',
    '/\0',
    'a:80',
    'http://[::1]:80/x',
    `/${'x'.repeat(3000)}`,
  ],
] as [string, ...string[]];
const ODD_VERSIONS = [
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP/01.1',
  'HTTP/1',
  '',
] as const;
const NAMES = [
  'X-A',
  'Accept',
  'Cookie',
  'cookie',
  'Connection',
  'X-Forwarded-For',
  'Via',
  'TE',
  'Keep-Alive',
  'x_a',
] as const;
const ODD_NAMES = [
  ...[
    '',
    ' X',
    'X A',
    'X\0',
    '\xe4',
    'X:',
    '(a)',
    "!#$%&'*+-.^_`|~",
    'Upgrade',
    'Expect',
    'Trailer',
    'Proxy-Connection',
  ],
  ...['X-HashFlow-Replica', 'Content-Length ', 'Transfer\xadEncoding', '__proto__', 'a'.repeat(300), 'traceparent'],
] as [string, ...string[]];
const VALUES = [
  '1',
  '',
  'a, b',
  'close',
  'keep-alive',
  'x-a, host, content-length',
  '"q"',
  'a=1; b=2',
  'x'.repeat(200),
] as const;
const ODD_VALUES = [
  '\0',
  '\x01',
  '\x7f',
  '\xe4\xff',
  'a\rb',
  'a\nb',
  '100-continue',
  'websocket',
  'h2c',
  'a\tb',
  '\v',
  ' ',
] as const;
const LENGTHS = ['0', '1', '5', '10', '005'] as const;
const HOSTS = ['a.example', 'b:80', '[::1]:8080', 'x_y', '127.0.0.1'] as const;
const ODD_HOSTS = ['', 'a b', 'u@a', 'a/b', 'a,b', 'a:x', '[::1', 'a%zz', 'a%41', 'a:', '\xe4', 'a:99999999'] as const;

export interface DrawnHead {
  readonly text: string;
  /** What its framing would be if it were legal. */
  readonly framing: 'none' | 'length' | 'chunked';
  readonly length: number;
}

/** @param oddIn once in so many parts one is odd; Infinity = never */
export function drawHead(draw: Draw, oddIn: number): DrawnHead {
  const { odd, end, field } = drawnLines(draw, oddIn);
  const method = odd(pick(draw, METHODS), ODD_METHODS);
  const target = odd(targetFor(draw, method), ODD_TARGETS);
  const space = () => odd(' ', ['  ', '\t', ''], 4 * oddIn);
  const lines: string[] = [];
  const count = draw.below(6);
  for (let index = 0; index < count; index++)
    lines.push(field(odd(pick(draw, NAMES), ODD_NAMES), odd(pick(draw, VALUES), ODD_VALUES)));
  const framing = pick(draw, ['none', 'length', 'chunked'] as const);
  const length = pick(draw, LENGTHS);
  if (framing === 'length') lines.push(field('Content-Length', odd(length, ODD_LENGTHS)));
  if (framing === 'chunked') lines.push(field('Transfer-Encoding', odd('chunked', ODD_CODINGS)));
  // Both, which is one too many.
  if (oddIn !== Infinity && rarely(draw, 2 * oddIn))
    lines.push(field('Transfer-Encoding', 'chunked'), field('Content-Length', '5'));
  const host = field(odd('Host', ['host', 'HOST', 'Host ']), odd(pick(draw, HOSTS), ODD_HOSTS));
  lines.splice(draw.below(lines.length + 1), 0, host);
  // Twice, or not at all.
  if (oddIn !== Infinity && rarely(draw, 2 * oddIn)) lines.push(pick(draw, lines as [string, ...string[]]));
  if (oddIn !== Infinity && rarely(draw, 4 * oddIn)) lines.splice(draw.below(lines.length), 1);
  const head = `${method}${space()}${target}${space()}${odd('HTTP/1.1', ODD_VERSIONS)}${end()}${lines.join('')}${end()}`;
  const text = oddIn !== Infinity && rarely(draw, 4) ? mutate(draw, head, 1 + draw.below(3)) : head;
  return { text, framing, length: Number(length) };
}

/** `*` and absolute targets where they belong. */
function targetFor(draw: Draw, method: string): string {
  const target = pick(draw, TARGETS);
  return target === '*' && method !== 'OPTIONS' ? '/' : target;
}

/** @param oddIn as in `drawHead` */
export function drawChunkedBody(draw: Draw, oddIn: number): string {
  const odd = oddParts(draw, oddIn);
  const end = () => odd('\r\n', ODD_ENDS);
  const extension = () =>
    rarely(draw, 4) ? odd(pick(draw, [';a', ';a=b', ';a="b;c"', ';']), [';\n', ';\0', ' ;a', ' ', ';a\r']) : '';
  let body = '';
  for (let left = draw.below(4); left > 0; left--) {
    const data = 'x'.repeat(1 + draw.below(20));
    const digits = pick(draw, [
      data.length.toString(16),
      data.length.toString(16).toUpperCase(),
      `0${data.length.toString(16)}`,
    ]);
    const size = odd(digits, ['', 'g', '0x1', '+1', '-1', ' 1', 'ffffffffffffffff', '100000000', `${'0'.repeat(20)}1`]);
    body += `${size}${extension()}${end()}${data}${end()}`;
  }
  const trailer = () =>
    `${odd('X-Sum', ['Host', 'Content-Length', '', 'X ', 'X\0', 'Transfer-Encoding'])}: ${odd('1', ['\0', 'a\rb', '\xff'])}${end()}`;
  body += `${odd('0', ['00', '', '-0'])}${extension()}${end()}${rarely(draw, 3) ? trailer() : ''}${end()}`;
  return oddIn !== Infinity && rarely(draw, 4) ? mutate(draw, body, 1 + draw.below(2)) : body;
}
