// Owns streams of legal requests that follow each other on one connection; the last one ends it.
import { type Draw, pick } from './draw.js';

export interface DrawnRequest {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

export interface DrawnStream {
  /** Latin-1. */
  readonly text: string;
  readonly requests: readonly DrawnRequest[];
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'] as const;
const FIELDS = [
  '',
  'X-A: 1\r\n',
  'Cookie: a=1\r\nAccept: */*\r\n',
  'X-Empty:\r\n',
  'Connection: keep-alive\r\n',
] as const;
/** Some look like what a parser looks for. */
const BODIES = [
  '',
  'x',
  '0\r\n\r\n',
  '\r\n',
  'GET /inner HTTP/1.1\r\nHost: a\r\n\r\n',
  '5\r\nhello\r\n',
  'y'.repeat(3000),
] as const;

export function drawStream(draw: Draw, count: number): DrawnStream {
  const requests: DrawnRequest[] = [];
  let text = '';
  for (let index = 0; index < count; index++) {
    const method = pick(draw, METHODS);
    const target = `/${index}${pick(draw, ['', '?a=b', '/x'])}`;
    const framing = pick(draw, ['none', 'length', 'chunked'] as const);
    const body = framing === 'none' ? '' : pick(draw, BODIES);
    const close = index === count - 1 ? 'Connection: close\r\n' : '';
    const head = `${method} ${target} HTTP/1.1\r\nHost: a.example\r\n${pick(draw, FIELDS)}${close}`;
    if (framing === 'none') text += `${head}\r\n`;
    else if (framing === 'length') text += `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    else text += `${head}Transfer-Encoding: chunked\r\n\r\n${chunked(draw, body)}`;
    requests.push({ method, target, body });
  }
  return { text, requests };
}

function chunked(draw: Draw, body: string): string {
  let text = '';
  for (let at = 0; at < body.length;) {
    const size = Math.min(body.length - at, 1 + draw.below(1500));
    text += `${size.toString(16)}${pick(draw, ['', ';a=b'])}\r\n${body.slice(at, at + size)}\r\n`;
    at += size;
  }
  return `${text}0\r\n${pick(draw, ['', 'X-Sum: 1\r\n'])}\r\n`;
}
