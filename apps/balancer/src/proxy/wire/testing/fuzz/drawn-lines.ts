// Owns the parts that drawn heads of requests and of answers have in common: a line, its end, and what is odd about either. Which fields
// there are is drawn-requests.ts's and drawn-answer-heads.ts's. Latin-1.
import { type Draw, mostly, pick } from './draw.js';

export const ODD_ENDS = ['\n', '\r', '\r\r\n', '\n\r', '\r\n ', '\r\n\t', '\0\r\n'] as const;
const ODD_COLONS = [' :', '\t:', '', '::', ':\0', ' '] as const;
const BLANKS = [' ', '', '  ', '\t', ' \t '] as const;
export const ODD_LENGTHS = [
  '',
  '-1',
  '+5',
  '0x5',
  '5,5',
  '5 5',
  '5;',
  'a',
  '9'.repeat(15),
  '9'.repeat(20),
  '\v5',
  '5\t',
] as const;
export const ODD_CODINGS = [
  'Chunked',
  'chunked, chunked',
  'gzip, chunked',
  'identity',
  'xchunked',
  '',
  'chunked;a',
  '\vchunked',
] as const;

export type Odd = (usual: string, choices: readonly string[], oneIn?: number) => string;

/** Draws the usual part, or now and then an odd one. @param oddIn once in so many parts one is odd; Infinity = never */
export function oddParts(draw: Draw, oddIn: number): Odd {
  return (usual, choices, oneIn = oddIn) =>
    oneIn === Infinity ? usual : mostly(draw, usual, choices as readonly [string, ...string[]], oneIn);
}

export interface DrawnLines {
  readonly odd: Odd;
  end(this: void): string;
  field(this: void, name: string, value: string): string;
}

/** @param oddIn as in `oddParts` */
export function drawnLines(draw: Draw, oddIn: number): DrawnLines {
  const odd = oddParts(draw, oddIn);
  const end = () => odd('\r\n', ODD_ENDS, 4 * oddIn);
  const field = (name: string, value: string) =>
    `${name}${odd(':', ODD_COLONS, 2 * oddIn)}${pick(draw, BLANKS)}${value}${end()}`;
  return { odd, end, field };
}
