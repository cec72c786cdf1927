// Owns which names stand around the ring's picture, and where: only those that have room, the larger shares first. Pure; drawing is
// ring-picture.js's, and who is left out stands in the table and under the pointer.
import { shortened } from './format.js';
import { pointAt } from './ring-arcs.js';

/** @typedef {ReturnType<typeof import('./ring-arcs.js').arcs>[number]} Piece */
/** @typedef {{ name: string, part: number, text: string, x: number, y: number, anchor: 'start' | 'middle' | 'end' }} Label of two lines; y is the first one's */

const RADIUS = 122;
/** Below that nobody finds the piece that a name belongs to. */
const LEAST = 0.035;
/** In the middle only where its neighbours are far enough away. */
const CENTRED = 0.1;
/** Characters of a name that have room. */
const MOST = 11;
/** About what a character is wide; a label is never narrower than its share. */
const WIDTH = 6.6;
const NARROWEST = 36;
const LINES = { above: 11, below: 17 };

/** @param {readonly Piece[]} pieces @returns {Label[]} in the order of the pieces; none covers another */
export function labelsOf(pieces) {
  /** @type {Label[]} */
  const placed = [];
  const large = pieces.filter(({ part }) => part >= LEAST);
  for (const label of large.map(labelOf).sort((a, b) => b.part - a.part))
    if (placed.every((other) => !overlap(label, other))) placed.push(label);
  return large.flatMap(({ name }) => placed.find((label) => label.name === name) ?? []);
}

/** @param {Piece} piece @returns {Label} */
function labelOf({ name, part, from, to }) {
  const { x, y } = pointAt((from + to) / 2, RADIUS);
  const pole = Math.abs(x) < 30;
  const shift = pole ? (y > 0 ? 6 : -10) : -2;
  const anchor = pole && part > CENTRED ? 'middle' : x > 0 ? 'start' : 'end';
  return { name, part, text: shortened(name, MOST), x, y: y + shift, anchor };
}

/** @param {Label} one @param {Label} other */
function overlap(one, other) {
  const [a, b] = [extent(one), extent(other)];
  return (
    a.from < b.to &&
    b.from < a.to &&
    one.y - LINES.above < other.y + LINES.below &&
    other.y - LINES.above < one.y + LINES.below
  );
}

/** @param {Label} label */
function extent({ text, x, anchor }) {
  const width = Math.max(NARROWEST, text.length * WIDTH);
  const from = x - { start: 0, middle: width / 2, end: width }[anchor];
  return { from, to: from + width };
}
