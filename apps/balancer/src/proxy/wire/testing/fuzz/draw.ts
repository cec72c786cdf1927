// Owns the chance of the fuzzers: a grammar asks for numbers, and cannot tell whether they come from a seed, for millions of inputs,
// or from fast-check, which then makes a failing input small. Zero is always the plainest choice.

export interface Draw {
  /** A number from 0 to `limit` - 1. */
  below(limit: number): number;
}

/** Mulberry32: small, fast, and the same on every machine. */
export function seededDraw(seed: number): Draw {
  let state = seed | 0;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
    },
  };
}

/** Zero once the numbers are used up. */
export function drawFrom(numbers: readonly number[]): Draw {
  let next = 0;
  return { below: (limit) => (numbers[next++] ?? 0) % limit };
}

export function pick<Choice>(draw: Draw, choices: readonly [Choice, ...Choice[]]): Choice {
  return choices[draw.below(choices.length)] ?? choices[0];
}

/** True once in so many times. */
export function rarely(draw: Draw, oneIn: number): boolean {
  return draw.below(oneIn) === oneIn - 1;
}

/** The usual, but once in so many times something odd. */
export function mostly(draw: Draw, usual: string, odd: readonly [string, ...string[]], oneIn: number): string {
  return rarely(draw, oneIn) ? pick(draw, odd) : usual;
}

/** Bytes at which parsers go wrong. */
const ODD_BYTES = '\r\n\0 \t\v\f:;,/=\\"#?@%*-_0aF\x01\x1f\x7f\x80\x85\xa0\xff';

/** A few bytes put in, taken away, exchanged or doubled. Latin-1. */
export function mutate(draw: Draw, text: string, changes: number): string {
  let bytes = text;
  for (let change = 0; change < changes; change++) {
    const at = draw.below(bytes.length + 1);
    const odd = ODD_BYTES.charAt(draw.below(ODD_BYTES.length));
    const length = 1 + draw.below(8);
    const [before, after] = [bytes.slice(0, at), bytes.slice(at)];
    switch (draw.below(5)) {
      case 0:
        bytes = before + odd + after;
        break;
      case 1:
        bytes = before + odd + after.slice(1);
        break;
      case 2:
        bytes = before + after.slice(length);
        break;
      case 3:
        bytes = before + after.slice(0, length) + after;
        break;
      default:
        bytes = before + String.fromCharCode(draw.below(256)) + after.slice(1);
    }
  }
  return bytes;
}

/** The same bytes in pieces, cut wherever it happens. */
export function split(draw: Draw, text: string, mostPieces: number): string[] {
  const cuts = Array.from({ length: draw.below(mostPieces) }, () => draw.below(text.length + 1)).sort((a, b) => a - b);
  return [0, ...cuts].map((begin, index) => text.slice(begin, cuts[index])).filter((piece) => piece !== '');
}
