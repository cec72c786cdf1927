// Owns the geometry of the ring's picture: shares as arcs. Pure; drawing is ring-picture.js's.

const TURN = 2 * Math.PI;
/** Between two arcs, in radians; never more than a part of the arc itself. */
const GAP = 0.02;

/**
 * Clockwise from the top, in the order given, each as long as its part.
 * @param {readonly { name: string, part: number }[]} members parts that add up to 1, or all 0
 * @returns {{ name: string, part: number, from: number, to: number }[]} angles in radians
 */
export function arcs(members) {
  const sum = members.reduce((all, { part }) => all + part, 0);
  let at = 0;
  return members.map(({ name, part }) => {
    const from = at;
    at += sum > 0 ? (part / sum) * TURN : 0;
    const gap = members.length > 1 ? Math.min(GAP, (at - from) / 3) : 0;
    return { name, part, from: from + gap / 2, to: at - gap / 2 };
  });
}

/** A point on a circle around 0,0; angle 0 is the top. @param {number} angle @param {number} radius */
export function pointAt(angle, radius) {
  return { x: Math.sin(angle) * radius, y: -Math.cos(angle) * radius };
}

/**
 * The path of a piece of a ring. A whole turn is drawn as two halves, because an arc cannot end where it begins.
 * @param {number} from @param {number} to @param {number} inner @param {number} outer @returns {string}
 */
export function ringPiece(from, to, inner, outer) {
  if (to - from <= 0) return '';
  if (to - from > TURN - 1e-6) {
    const half = from + Math.PI;
    return `${ringPiece(from, half, inner, outer)} ${ringPiece(half, from + TURN - 1e-5, inner, outer)}`;
  }
  const large = to - from > Math.PI ? 1 : 0;
  /** @param {number} radius @param {number} end @param {number} sweep */
  const arc = (radius, end, sweep) => `A${radius} ${radius} 0 ${large} ${sweep} ${spot(end, radius)}`;
  return `M${spot(from, outer)}${arc(outer, to, 1)}L${spot(to, inner)}${arc(inner, from, 0)}Z`;
}

/** @param {number} angle @param {number} radius */
function spot(angle, radius) {
  const { x, y } = pointAt(angle, radius);
  return `${x.toFixed(2)} ${y.toFixed(2)}`;
}
