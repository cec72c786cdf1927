// Owns the framing of a chunked body as it passes (RFC 9112, 7.1): checked byte by byte, strictly, and passed on as it came, but for
// chunk extensions and for trailers that nobody may send. Pure: it is given bytes wherever they happen to be cut.
import { passesInTrailer } from '../message/fields.js';
import { COLON, CR, HEX, LF, SEMICOLON, TOKEN, VALUE } from './grammar.js';

export interface ChunkSink {
  /** Bytes that go on as they are. */
  onSpan(bytes: Buffer, begin: number, end: number): void;
  /** What goes on instead of what came. */
  onText(text: string): void;
}

type State = 'size' | 'extension' | 'sizeLf' | 'data' | 'dataCr' | 'dataLf' | 'trailer' | 'done' | 'broken';

/** 16^12 bytes are more than any chunk has, and less than a number holds exactly. */
const MAX_DIGITS = 12;
/** Bytes of all extensions of a body, and of its trailers: nobody needs more, and they are work. */
const MAX_EXTENSIONS = 4096;
const MAX_TRAILERS = 8192;

export class ChunkedBody {
  #state: State = 'size';
  #digits = 0;
  #left = 0;
  #extensions = 0;
  #trailers = '';
  #data = 0;

  /** @param strict a trailer that would change what the message is breaks it; else it is left out */
  constructor(
    private readonly sink: ChunkSink,
    private readonly strict: boolean,
  ) {}

  get done(): boolean {
    return this.#state === 'done';
  }

  /** It is no chunked body; nothing more is read. */
  get broken(): boolean {
    return this.#state === 'broken';
  }

  /** Bytes of data, without the framing. */
  get data(): number {
    return this.#data;
  }

  /** @returns behind the last byte that belongs to the body */
  read(bytes: Buffer, begin: number, end: number): number {
    let at = begin;
    let spanBegin = begin;
    // What may not go on ends a span; in these states there is none.
    let silent = this.#state === 'extension' || this.#state === 'trailer';
    while (at < end && this.#state !== 'done' && this.#state !== 'broken') {
      switch (this.#state) {
        case 'data': {
          const taken = Math.min(this.#left, end - at);
          at += taken;
          this.#left -= taken;
          this.#data += taken;
          if (this.#left === 0) this.#state = 'dataCr';
          break;
        }
        case 'size': {
          const code = bytes[at];
          const digit = HEX[code];
          if (digit < 16) {
            if (++this.#digits > MAX_DIGITS) this.#state = 'broken';
            this.#left = this.#left * 16 + digit;
            at++;
          } else if (this.#digits === 0) this.#state = 'broken';
          else if (code === CR) {
            this.#state = 'sizeLf';
            at++;
          } else if (code === SEMICOLON) {
            if (spanBegin < at) this.sink.onSpan(bytes, spanBegin, at);
            silent = true;
            this.#state = 'extension';
          } else this.#state = 'broken';
          break;
        }
        case 'extension': {
          const code = bytes[at];
          if (code === CR) {
            silent = false;
            spanBegin = at++;
            this.#state = 'sizeLf';
          } else {
            at++;
            if (VALUE[code] === 0 || ++this.#extensions > MAX_EXTENSIONS) this.#state = 'broken';
          }
          break;
        }
        case 'sizeLf':
          if (bytes[at++] !== LF) this.#state = 'broken';
          else if (this.#left > 0) this.#state = 'data';
          else {
            if (spanBegin < at) this.sink.onSpan(bytes, spanBegin, at);
            silent = true;
            this.#state = 'trailer';
          }
          break;
        case 'dataCr':
          this.#state = bytes[at++] === CR ? 'dataLf' : 'broken';
          break;
        case 'dataLf':
          this.#digits = 0;
          this.#state = bytes[at++] === LF ? 'size' : 'broken';
          break;
        case 'trailer':
          at = this.#readTrailers(bytes, at, end);
          break;
      }
    }
    if (!silent && this.#state !== 'broken' && spanBegin < at) this.sink.onSpan(bytes, spanBegin, at);
    return at;
  }

  /** Trailers are few and small: they are taken together and looked at when all are there. */
  #readTrailers(bytes: Buffer, begin: number, end: number): number {
    let at = begin;
    while (at < end) {
      const lineEnd = bytes.indexOf(LF, at);
      const upTo = lineEnd < 0 || lineEnd >= end ? end : lineEnd + 1;
      this.#trailers += bytes.toString('latin1', at, upTo);
      at = upTo;
      if (this.#trailers.length > MAX_TRAILERS) {
        this.#state = 'broken';
        return at;
      }
      if (this.#trailers === '\r\n' || this.#trailers.endsWith('\r\n\r\n')) {
        const passing = this.#passing();
        if (passing === undefined) this.#state = 'broken';
        else {
          this.sink.onText(`${passing}\r\n`);
          this.#state = 'done';
        }
        return at;
      }
      if (upTo === lineEnd + 1 && !this.#trailers.endsWith('\r\n')) {
        this.#state = 'broken';
        return at;
      }
    }
    return at;
  }

  /** undefined: they are no trailers. */
  #passing(): string | undefined {
    const text = this.#trailers;
    let passing = '';
    for (let at = 0; at < text.length - 2;) {
      const lineEnd = text.indexOf('\r\n', at);
      let colon = at;
      while (TOKEN[text.charCodeAt(colon)] === 1) colon++;
      if (colon === at || text.charCodeAt(colon) !== COLON) return undefined;
      for (let index = colon + 1; index < lineEnd; index++) if (VALUE[text.charCodeAt(index)] !== 1) return undefined;
      const name = text.slice(at, colon).toLowerCase();
      if (FRAMING.has(name)) {
        if (this.strict) return undefined;
      } else if (passesInTrailer(name)) passing += text.slice(at, lineEnd + 2);
      at = lineEnd + 2;
    }
    return passing;
  }
}

/** In a trailer they would say that the message, as it was read, is another one. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'host']);
