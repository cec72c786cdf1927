// Owns reading the field lines of a head, strictly, and which of them go on: those that stay are taken over in runs, byte by
// byte, without being taken apart. Pure. What a name means is for request-head.ts and response-head.ts to say.
import { FIRST_COUNTS } from './first-counts.js';
import { CR, COLON, isWord, LF, listOf, SPACE, TAB, TOKEN, VALUE } from './grammar.js';

/**
 * incomplete: more has to come · complete: the empty line was found · malformed: a line that no head has · too_many: more fields
 * than are allowed.
 */
export type LinesRead = 'incomplete' | 'complete' | 'malformed' | 'too_many';

/** What becomes of a field. What frames the message stays, though Connection may name it. */
export type Fate = typeof PASSES | typeof FRAMES | typeof DROPPED;
export const PASSES = 0;
export const FRAMES = 1;
export const DROPPED = 2;

/** Field lines that were read, to be known again. Positions count from their first. */
export interface KeptLines {
  /** With the empty line. */
  readonly text: string;
  /** The same, to compare them with. */
  readonly bytes: Buffer;
  readonly positions: Int32Array;
  readonly count: number;
}

/** A value of theirs that may be another one of the same length. Positions count from the first line. */
export interface Gap {
  readonly begin: number;
  readonly end: number;
}

/** Numbers per field in `positions`. */
const STRIDE = 5;

export abstract class FieldLines {
  /** The head, one character per byte; more may follow. */
  protected text = '';
  /** Behind the last byte of the head. */
  protected end = 0;
  /** See `passing`. */
  protected mark = -1;
  /** Of each field: begin and end of its name, begin and end of its value, its fate. Positions count from the first line. */
  readonly #scratch: Int32Array;
  /** The scratch, or those of lines that are known. */
  #positions: Int32Array;
  #count = 0;
  #linesBegin = 0;
  /** Replicas' answers come in the same few buffers over and over. */
  #viewed: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** What Connection names, in lower case. */
  readonly #named: string[] = [];

  constructor(private readonly maxFields: number) {
    this.#positions = this.#scratch = new Int32Array(maxFields * STRIDE);
  }

  /** Where the first line begins. */
  protected get linesBegin(): number {
    return this.#linesBegin;
  }

  /** Told of each field, in order. */
  protected abstract onField(nameBegin: number, nameEnd: number, valueBegin: number, valueEnd: number): Fate;

  /**
   * @param begin of the first line, in the text
   * @param bytes that the text was made of
   * @param offset of the text in them
   */
  protected readLines(begin: number, bytes: Buffer, offset: number): LinesRead {
    const { text, maxFields } = this;
    const view = this.#viewOf(bytes);
    const positions = (this.#positions = this.#scratch);
    const { length } = text;
    this.#linesBegin = begin;
    this.#count = 0;
    this.#named.length = 0;
    let at = begin;
    for (;;) {
      if (at >= length) return 'incomplete';
      const nameBegin = at;
      let code = text.charCodeAt(at);
      if (code === CR) {
        if (at + 1 >= length) return 'incomplete';
        if (text.charCodeAt(at + 1) !== LF) return 'malformed';
        this.end = at + 2;
        return 'complete';
      }
      while (TOKEN[code] === 1) {
        if (++at >= length) return 'incomplete';
        code = text.charCodeAt(at);
      }
      // A line that goes on the one before begins with white space, which no name does.
      if (code !== COLON || at === nameBegin) return 'malformed';
      const nameEnd = at;
      do {
        if (++at >= length) return 'incomplete';
        code = text.charCodeAt(at);
      } while (code === SPACE || code === TAB);
      const valueBegin = at;
      const lineEnd = text.indexOf('\r', at);
      at = lineEnd < 0 ? length : lineEnd;
      if (hasControl(view, valueBegin + offset, at + offset)) return 'malformed';
      if (at + 1 >= length) return 'incomplete';
      if (text.charCodeAt(at + 1) !== LF) return 'malformed';
      let valueEnd = at;
      while (valueEnd > valueBegin && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--;
      at += 2;
      if (this.#count === maxFields) return 'too_many';
      const field = this.#count++ * STRIDE;
      positions[field] = nameBegin - begin;
      positions[field + 1] = nameEnd - begin;
      positions[field + 2] = valueBegin - begin;
      positions[field + 3] = valueEnd - begin;
      positions[field + 4] = this.onField(nameBegin, nameEnd, valueBegin, valueEnd);
    }
  }

  /** The lines that were just read. */
  protected keep(): KeptLines {
    const text = this.text.slice(this.#linesBegin, this.end);
    const bytes = Buffer.allocUnsafeSlow(text.length);
    bytes.write(text, 'latin1');
    return { text, bytes, positions: this.#positions.slice(0, this.#count * STRIDE), count: this.#count };
  }

  /**
   * Reads lines that are known, by comparing them; the text is that of the lines then.
   * @param bytes of the head
   * @param begin of the first line in them
   * @param upTo behind what came
   * @param gap what is not compared: that its text is not the one that came is the caller's to know
   * @returns false: they are others
   */
  protected recognise(lines: KeptLines, bytes: Buffer, begin: number, upTo: number, gap: Gap | undefined): boolean {
    const { text, bytes: known, positions, count } = lines;
    const end = begin + known.length;
    if (upTo < end) return false;
    const rest = gap ? gap.end : 0;
    if (gap && bytes.compare(known, 0, gap.begin, begin, begin + gap.begin) !== 0) return false;
    if (bytes.compare(known, rest, known.length, begin + rest, end) !== 0) return false;
    this.text = text;
    this.#linesBegin = 0;
    this.#positions = positions;
    this.#count = count;
    this.end = end;
    return true;
  }

  /** What the field Connection says. @returns whether it says `close` */
  protected readConnection(valueBegin: number, valueEnd: number): boolean {
    const { text } = this;
    const length = valueEnd - valueBegin;
    if (length === 10 && isWord(text, valueBegin, 'keep-alive')) return false;
    if (length === 5 && isWord(text, valueBegin, 'close')) return true;
    const names = listOf(text.slice(valueBegin, valueEnd));
    for (const name of names) if (name !== '' && name !== 'close' && name !== 'keep-alive') this.#named.push(name);
    return names.includes('close');
  }

  /** That were read last. What of them is looked at, and not of the text, costs less. */
  protected get bytes(): Buffer {
    return this.#viewed;
  }

  /** Connection names fields, which then do not go on. */
  protected get namesAny(): boolean {
    return this.#named.length > 0;
  }

  /** Once all are read: what becomes of the fields of this name. @param name in lower case */
  protected settle(name: string, fate: Fate): void {
    for (let field = this.#find(name, 0); field >= 0; field = this.#find(name, field + STRIDE))
      this.#positions[field + 4] = fate;
  }

  /**
   * The lines that go on, each with its end.
   * @param from begin of the part before that goes on as well
   * @param marked a place in a line that goes on: `mark` is where it came to be
   */
  protected passing(from: number, marked = -1): string {
    const { text } = this;
    const upTo = this.end - 2;
    const positions = this.#positions;
    const count = this.#count;
    const anyNamed = this.#named.length > 0;
    let passing = '';
    let runBegin = from;
    for (let index = 0; index < count; index++) {
      const field = index * STRIDE;
      const fate = positions[field + 4];
      const dropped = fate === DROPPED || (anyNamed && fate === PASSES && this.#isNamed(field));
      if (!dropped) continue;
      const lineBegin = positions[field] + this.#linesBegin;
      if (runBegin <= marked && marked < lineBegin) this.mark = passing.length + marked - runBegin;
      if (runBegin < lineBegin) passing += text.slice(runBegin, lineBegin);
      runBegin = this.#lineEnd(index);
    }
    if (runBegin <= marked) this.mark = passing.length + marked - runBegin;
    return runBegin < upTo ? passing + text.slice(runBegin, upTo) : passing;
  }

  /** By the standard lane's rules for repeated fields: of some the first counts, all others are lists. @param name in lower case */
  field(name: string): string | undefined {
    let at = this.#find(name, 0);
    if (at < 0) return undefined;
    let value = this.#slice(at + 2);
    while ((at = this.#find(name, at + STRIDE)) >= 0) {
      if (FIRST_COUNTS.has(name)) break;
      value += (name === 'cookie' ? '; ' : ', ') + this.#slice(at + 2);
    }
    return value;
  }

  /** @param from position to look from @returns position of the field; -1: there is none */
  #find(name: string, from: number): number {
    const positions = this.#positions;
    const end = this.#count * STRIDE;
    for (let field = from; field < end; field += STRIDE)
      if (
        positions[field + 1] - positions[field] === name.length &&
        isWord(this.text, positions[field] + this.#linesBegin, name)
      )
        return field;
    return -1;
  }

  /** @param begin where the position of its begin is; that of its end is behind it */
  #slice(begin: number): string {
    const positions = this.#positions;
    return this.text.slice(positions[begin] + this.#linesBegin, positions[begin + 1] + this.#linesBegin);
  }

  #viewOf(bytes: Buffer): DataView {
    if (this.#viewed !== bytes) {
      this.#viewed = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return this.#view;
  }

  #lineEnd(index: number): number {
    return index + 1 < this.#count ? this.#positions[(index + 1) * STRIDE] + this.#linesBegin : this.end - 2;
  }

  #isNamed(field: number): boolean {
    return this.#named.includes(this.#slice(field).toLowerCase());
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** A byte that no value has; four at a time, because values are most of a head. */
function hasControl(view: DataView, begin: number, end: number): boolean {
  let at = begin;
  for (; at + 4 <= end; at += 4) {
    const four = view.getInt32(at);
    const del = four ^ 0x7f7f7f7f;
    // The top bit of a byte is set where that byte is below 0x20, or 0x7f. A borrow may set one too many: then the bytes decide.
    const odd = (((four - 0x20202020) & ~four) | ((del - 0x01010101) & ~del)) & 0x80808080;
    if (odd !== 0 && !areValue(view, at, at + 4)) return true;
  }
  return !areValue(view, at, end);
}

function areValue(view: DataView, begin: number, end: number): boolean {
  for (let at = begin; at < end; at++) if (VALUE[view.getUint8(at)] !== 1) return false;
  return true;
}
