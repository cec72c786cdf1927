// Owns the ids of traces that begin here, and of the balancer's spans, made many at a time: a request takes the next one as a slice, since
// to put digits together one by one would cost more than all else that tracing does. What they mean is trace-context.ts's.
import { randomFillSync } from 'node:crypto';
import { freshLine } from './trace-context.js';

export interface FreshTraces {
  /** The next line of a trace that begins here, with its end; none is given twice. */
  readonly line: () => string;
  /** The next span of a trace that goes on: 16 hex digits; none is given twice. */
  readonly span: () => string;
}

/** Texts that are made at a time. A slice keeps all of them, and a tunnel may be open for a day: so few. */
const TEXTS = 8;
/** Random bytes that are fetched at a time: a multiple of what all texts together take. */
const STOCK = 512 * 24;
/** Stands for a digit. */
const BLANK = '_';
/** Two digits of each byte, the first one in the upper half. */
const PAIRS = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0'), 'latin1').readUInt16BE(),
);

/** @param fill fills with random bytes */
export function freshTraces(fill: (bytes: Uint8Array) => void = randomFillSync): FreshTraces {
  return {
    line: texts(freshLine(BLANK.repeat(32), BLANK.repeat(16)), fill),
    span: texts(BLANK.repeat(16), fill),
  };
}

/** @param template with places for digits @returns the next text, with random digits in its places */
function texts(template: string, fill: (bytes: Uint8Array) => void): () => string {
  const stock = new Uint8Array(STOCK);
  const bytes = Buffer.from(template.repeat(TEXTS), 'latin1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const places = [...template.repeat(TEXTS).matchAll(new RegExp(BLANK.repeat(2), 'g'))].map(({ index }) => index);
  let used = STOCK;
  let text = '';
  let next = 0;
  const refill = () => {
    if (used === STOCK) {
      fill(stock);
      for (let id = 0; id < STOCK; id += 8) avoidZero(stock, id);
      used = 0;
    }
    for (let place = 0; place < places.length; place++) view.setUint16(places[place], PAIRS[stock[used++]]);
    text = bytes.toString('latin1');
    next = 0;
  };
  return () => {
    if (next === text.length) refill();
    next += template.length;
    return text.slice(next - template.length, next);
  };
}

/** An id of zeros is none. */
function avoidZero(stock: Uint8Array, id: number): void {
  if (stock[id] === 0 && stock.subarray(id, id + 8).every((byte) => byte === 0)) stock[id + 7] = 1;
}
