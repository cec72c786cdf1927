// Owns the grammar of drawn heads of answers: mostly legal, now and then odd in any of their parts, and now and then with bytes changed
// afterwards. Latin-1.
import { type Draw, mostly, mutate, pick, rarely } from './draw.js';
import { drawnLines, ODD_CODINGS, ODD_LENGTHS } from './drawn-lines.js';

const STATUSES = ['200', '404', '500', '204', '304', '205', '299', '103', '100', '102', '199'] as const;
const ODD_STATUSES = [
  '101',
  '099',
  '000',
  '20',
  '2000',
  '2x0',
  ' 200',
  '',
  '-10',
  '999',
  '600',
  '\x32\x30\xb2',
] as const;
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0'] as const;
const ODD_VERSIONS = [
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/11',
  'ICY',
  '',
  ' HTTP/1.1',
  'RTSP/1.0',
] as const;
const REASONS = [' OK', ' ', '', ' Quite (fine); ok', ' \xfc\xff', ' a\tb'] as const;
const ODD_REASONS = [' \0', ' \x01', ' \x7f', '  ', '\tOK', 'OK', ' a\rb', ' a\nb'] as const;
const NAMES = [
  ...['X-A', 'Set-Cookie', 'Date', 'Trailer', 'Keep-Alive', 'Connection', 'X-HashFlow-Cause', 'Upgrade', 'Via'],
  ...['Proxy-Authenticate', 'X-Request-Id', "!#$%&'*+-.^_`|~", '__proto__', 'Proxy-Connection', 'TE'],
] as unknown as readonly [string, ...string[]];
const ODD_NAMES = ['', ' X', 'X A', 'X\0', '\xe4', 'X:', '(a)', 'Content-Length ', 'Transfer\xadEncoding'] as const;
const VALUES = [
  '1',
  '',
  'a, b',
  'close',
  'keep-alive',
  'x-a, content-length, close',
  'timeout=5',
  '"q"',
  '\xfc',
] as const;
const ODD_VALUES = ['\0', '\x01', '\x7f', 'a\rb', 'a\nb', '\v', 'a\tb', 'websocket', 'x'.repeat(300)] as const;
const LENGTHS = ['0', '5', '005', '1000'] as const;

/** @param oddIn once in so many parts one is odd; Infinity = never */
export function drawAnswerHead(draw: Draw, oddIn: number): string {
  const { odd, end, field } = drawnLines(draw, oddIn);
  const status = odd(pick(draw, STATUSES), ODD_STATUSES);
  const version = odd(mostly(draw, VERSIONS[0], VERSIONS, 6), ODD_VERSIONS);
  const lines: string[] = [];
  for (let left = draw.below(5); left > 0; left--)
    lines.push(field(odd(pick(draw, NAMES), ODD_NAMES), odd(pick(draw, VALUES), ODD_VALUES)));
  const framing = pick(draw, ['close', 'length', 'chunked', 'length'] as const);
  if (framing === 'length') lines.push(field('Content-Length', odd(pick(draw, LENGTHS), ODD_LENGTHS)));
  if (framing === 'chunked') lines.push(field('Transfer-Encoding', odd('chunked', ODD_CODINGS)));
  // Both, which is one too many; or one of them twice.
  if (oddIn !== Infinity && rarely(draw, 2 * oddIn))
    lines.push(field('Transfer-Encoding', 'chunked'), field('Content-Length', '5'));
  if (oddIn !== Infinity && rarely(draw, 2 * oddIn) && lines.length > 0)
    lines.push(pick(draw, lines as [string, ...string[]]));
  const head = `${version}${odd(' ', ['  ', '\t', ''], 4 * oddIn)}${status}${odd(pick(draw, REASONS), ODD_REASONS)}${end()}${lines.join('')}${end()}`;
  return oddIn !== Infinity && rarely(draw, 4) ? mutate(draw, head, 1 + draw.below(3)) : head;
}
