// Owns what a drawn replica does with a request: a legal answer, one that is cut off, one with bytes changed, or one with something
// behind it; in pieces, and with an end of the connection.
import { type Draw, mutate, pick, rarely, split } from './draw.js';

export interface DrawnAnswer {
  readonly kind: 'legal' | 'cut' | 'changed' | 'surplus';
  /** Of the legal answer that it is, or is made from. */
  readonly status: number;
  readonly body: string;
  readonly framing: 'length' | 'chunked' | 'close';
  /** One write each. Latin-1. */
  readonly pieces: readonly string[];
  /** Of the connection, after the last piece. */
  readonly ending: 'end' | 'reset' | 'stay';
}

const REASONS = ['OK', '', 'Quite (fine); ok'] as const;
const FIELDS = [
  '',
  'X-A: 1\r\n',
  'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n',
  'X-Empty:\r\n',
  'Connection: X-Hop\r\nX-Hop: 1\r\n',
] as const;
const INFORMATION = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n',
] as const;
const BODIES = ['', 'x', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '0\r\n\r\n', 'y'.repeat(5000)] as const;
const SURPLUS = [
  'x',
  '\r\n',
  '\0',
  'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL',
  'HTTP/1.1 100 Continue\r\n\r\n',
] as const;

export function drawAnswer(draw: Draw): DrawnAnswer {
  const status = pick(draw, [200, 404, 500, 299]);
  const framing = pick(draw, ['length', 'chunked', 'close'] as const);
  const body = pick(draw, BODIES);
  const framed = {
    length: `Content-Length: ${body.length}\r\n\r\n${body}`,
    chunked: `Transfer-Encoding: chunked\r\n\r\n${chunked(draw, body)}`,
    close: `\r\n${body}`,
  };
  const information = rarely(draw, 5) ? pick(draw, INFORMATION) : '';
  const bytes = `${information}HTTP/1.1 ${status} ${pick(draw, REASONS)}\r\n${pick(draw, FIELDS)}${framed[framing]}`;
  const kind = pick(draw, ['legal', 'cut', 'changed', 'surplus'] as const);
  const ending = pick(draw, ['end', 'reset'] as const);
  // Up to the close means: up to a clean one.
  const clean = framing === 'close' ? 'end' : pick(draw, ['stay', 'end'] as const);
  const answer = { kind, status, framing, body };
  const pieces = (text: string) => split(draw, text, 6);
  switch (kind) {
    case 'legal':
      return { ...answer, pieces: pieces(bytes), ending: clean };
    case 'cut':
      return { ...answer, pieces: pieces(bytes.slice(0, draw.below(bytes.length))), ending };
    case 'changed':
      return { ...answer, pieces: pieces(mutate(draw, bytes, 1 + draw.below(3))), ending };
    case 'surplus':
      return { ...answer, pieces: pieces(bytes + pick(draw, SURPLUS)), ending: clean };
  }
}

function chunked(draw: Draw, body: string): string {
  let text = '';
  for (let at = 0; at < body.length;) {
    const size = Math.min(body.length - at, 1 + draw.below(2000));
    text += `${size.toString(16)}\r\n${body.slice(at, at + size)}\r\n`;
    at += size;
  }
  return `${text}0\r\n${pick(draw, ['', 'X-Sum: 1\r\n'])}\r\n`;
}
