// Owns the ids of traces that begin here, and of the balancer's spans, made many at a time: a request takes the next one, since to put digits
// together one by one would cost more than all else that tracing does. What they mean is trace-context.ts's.
//
// Of a trace id the right half is random for each, as samplers go by it. The left half is random, too, and 256 in a row share it; so do
// spans, but for their last two digits, which count. They are names and no secrets.
import { randomFillSync } from 'node:crypto';
import { randomFill } from './random-fill.js';
import { freshLine } from './trace-context.js';

export interface FreshTraces {
  /** The next line of a trace that begins here, with its end; none is given twice. */
  readonly line: () => string;
  /** The next span of a trace that goes on: 16 hex digits; none is given twice. */
  readonly span: () => string;
}

/** Texts that share digits, and are made at a time. */
const SHARERS = 256;
/** In a template: two digits that are random for each text, two that some share, and two that count. */
const [OWN, SHARED, COUNT] = ['##', '==', '++'];
const SPAN = SHARED.repeat(7) + COUNT;
/** Two digits of each byte, the first one in the upper half. */
const PAIRS = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0'), 'latin1').readUInt16BE(),
);

/** @param fill fills with random bytes */
export function freshTraces(
  fill: (bytes: Uint8Array) => void = randomFill(randomFillSync(new Int32Array(4))),
): FreshTraces {
  return { line: texts(freshLine(SHARED.repeat(8) + OWN.repeat(8), SPAN), fill), span: texts(SPAN, fill) };
}

/** @returns the next text, with digits in the places of the template */
function texts(template: string, fill: (bytes: Uint8Array) => void): () => string {
  const bytes = Buffer.from(template, 'latin1');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [own, shared, counts] = [OWN, SHARED, COUNT].map((mark) => placesOf(mark, template));
  const stock = new Uint8Array(shared.length + own.length * SHARERS);
  // In one piece each, and not slices of a longer text: those are dearer to copy, and keep all of it in memory.
  const made = new Array<string>(SHARERS).fill('');
  let next = SHARERS;
  const make = () => {
    fill(stock);
    let used = 0;
    // An id of zeros is none: no id has a zero here.
    for (const place of shared) view.setUint16(place, PAIRS[stock[used++] || 1]);
    for (let count = 0; count < SHARERS; count++) {
      for (let at = 0; at < own.length; at++) view.setUint16(own[at], PAIRS[stock[used++]]);
      for (let at = 0; at < counts.length; at++) view.setUint16(counts[at], PAIRS[count]);
      made[count] = bytes.toString('latin1');
    }
    next = 0;
  };
  return () => {
    if (next === SHARERS) make();
    return made[next++];
  };
}

function placesOf(mark: string, template: string): number[] {
  return [...template.matchAll(new RegExp(`[${mark}]{2}`, 'g'))].map(({ index }) => index);
}
