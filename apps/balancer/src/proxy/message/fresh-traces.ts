// Owns the lines of traces that begin here, made many at a time: a request takes the next one as a slice, since to put digits together
// one by one would cost more than all else that tracing does. What a line means is trace-context.ts's.
import { randomFillSync } from 'node:crypto';
import { freshLine } from './trace-context.js';

/** @returns the next line, with its end; none is given twice */
export type FreshTraces = () => string;

/** Lines that are made at a time. A slice keeps all of them, and a tunnel may be open for a day: so few. */
const LINES = 8;
/** Of a trace and a span. */
const ID_BYTES = 24;
/** Random bytes that are fetched at a time. */
const STOCK = 512 * ID_BYTES;

const LINE = Buffer.from(freshLine('t'.repeat(32), 's'.repeat(16)), 'latin1');
/** Of the digits, in order. */
const PLACES = [...LINE.keys()].filter((at) => at >= LINE.indexOf('tt') && (LINE[at] === 0x74 || LINE[at] === 0x73));
const DIGITS = Buffer.from('0123456789abcdef', 'latin1');

/** @param fill fills with random bytes */
export function freshTraces(fill: (bytes: Uint8Array) => void = randomFillSync): FreshTraces {
  const stock = new Uint8Array(STOCK);
  const bytes = Buffer.concat(Array<Buffer>(LINES).fill(LINE));
  const places = Array.from({ length: LINES }, (_, line) => PLACES.map((at) => line * LINE.length + at)).flat();
  let used = STOCK;
  let text = '';
  let next = 0;
  const refill = () => {
    if (used === STOCK) {
      fill(stock);
      for (let id = 0; id < STOCK; id += 8) avoidZero(stock, id);
      used = 0;
    }
    for (let place = 0; place < places.length; used++) {
      bytes[places[place++]] = DIGITS[stock[used] >> 4];
      bytes[places[place++]] = DIGITS[stock[used] & 15];
    }
    text = bytes.toString('latin1');
    next = 0;
  };
  return () => {
    if (next === text.length) refill();
    next += LINE.length;
    return text.slice(next - LINE.length, next);
  };
}

/** An id of zeros is none. */
function avoidZero(stock: Uint8Array, id: number): void {
  if (stock[id] === 0 && stock.subarray(id, id + 8).every((byte) => byte === 0)) stock[id + 7] = 1;
}
