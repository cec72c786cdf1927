// Owns how texts and numbers of a line become bytes, where the line lies: once per request, so by hand and without a string in between. Pure.
// What a line says is json-line.ts's and combined-line.ts's, where it lies access-ring.ts's.
//
// Danger: it looks for no end. Whoever writes a line sees to it before that there is room for all of it.

/** Bytes that stand in many lines. In words, because the way out to copy a few bytes takes longer than to copy them. */
export interface Piece {
  readonly length: number;
  /** Little-endian; the last one is filled up. */
  readonly words: Int32Array;
}

/** Bytes behind its last line that a writer may overwrite. */
export const OVERRUN = 4;

/** @param text in ASCII */
export function piece(text: string): Piece {
  const bytes = Buffer.alloc(Math.ceil(text.length / 4) * 4);
  bytes.write(text, 'latin1');
  const words = Int32Array.from({ length: bytes.length / 4 }, (_, word) => bytes.readInt32LE(4 * word));
  return { length: text.length, words };
}

const [ZERO, QUOTE] = [48, 34];
/** 1 for a byte that a format may not write as it is. */
const ODD = Uint8Array.from({ length: 128 }, (_, code) =>
  Number(code < 0x20 || code === 0x22 || code > 0x7e || code === 0x5c),
);
/** `.000` to `.999`, as words. */
const FRACTIONS = Int32Array.from({ length: 1000 }, (_, rest) => piece(`.${String(rest).padStart(3, '0')}`).words[0]);
const MOST_BY_HAND = 1e6;

export class LineWriter {
  /** Where the next byte goes. */
  at = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Buffer) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  piece({ words, length }: Piece): void {
    const { at } = this;
    const view = this.#view;
    for (let word = 0; word < words.length; word++) view.setInt32(at + 4 * word, words[word], true);
    this.at = at + length;
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** @param text in ASCII */
  ascii(text: string): void {
    const { bytes, at } = this;
    for (let place = 0; place < text.length; place++) bytes[at + place] = text.charCodeAt(place);
    this.at = at + text.length;
  }

  /** As JSON.stringify writes it, in UTF-8. */
  quoted(text: string): void {
    const { bytes, at } = this;
    if (this.#lay(text, at + 1)) {
      bytes[at] = bytes[at + 1 + text.length] = QUOTE;
      this.at = at + text.length + 2;
    } else this.at = at + bytes.write(JSON.stringify(text), at);
  }

  /** @returns false, and nothing is added: it has a character that is not in ASCII, or may have to be escaped */
  plain(text: string): boolean {
    if (!this.#lay(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** @returns whether what lies there now is the text, in any format */
  #lay(text: string, at: number): boolean {
    const { bytes } = this;
    let odd = 0;
    for (let place = 0; place < text.length; place++) {
      const code = text.charCodeAt(place);
      odd |= ODD[code & 0x7f] | (code >> 7);
      bytes[at + place] = code;
    }
    return odd === 0;
  }

  /** @param count whole, and not below zero */
  count(count: number): void {
    if (!(count < MOST_BY_HAND)) return this.ascii(String(count));
    const { bytes } = this;
    const end = this.at + digitsOf(count);
    let rest = count;
    for (let at = end - 1; at >= this.at; at--) {
      const tenth = (rest / 10) | 0;
      bytes[at] = ZERO + rest - 10 * tenth;
      rest = tenth;
    }
    this.at = end;
  }

  /** Milliseconds, to the microsecond. By whole numbers: to write a fraction out as one takes several times as long. */
  millis(value: number): void {
    const micros = Math.max(0, Math.round(value * 1000));
    const whole = Math.floor(micros / 1000);
    this.count(whole);
    this.#view.setInt32(this.at, FRACTIONS[micros - whole * 1000], true);
    this.at += 4;
  }

  /** Three digits. @param value 0 to 999 */
  thousandth(value: number): void {
    // Without the dot.
    this.#view.setInt32(this.at, FRACTIONS[value] >>> 8, true);
    this.at += 3;
  }
}

function digitsOf(count: number): number {
  if (count < 10) return 1;
  if (count < 100) return 2;
  if (count < 1000) return 3;
  return count < 10_000 ? 4 : count < 100_000 ? 5 : 6;
}
