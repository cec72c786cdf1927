// Owns the strict grammar of the head of a replica's answer (RFC 9110, RFC 9112), how its body ends, and what of it goes on to
// the client. Pure. One reader serves a lane: what it read holds until the next head.
import { DROPPED, type Fate, FieldLines, FRAMES, PASSES } from './field-lines.js';
import { CR, isWord, LF, SPACE, VALUE } from './grammar.js';

/** incomplete: more has to come · complete: read · broken: no HTTP, or ambiguous. */
export type AnswerRead = 'incomplete' | 'complete' | 'broken';

/** How the end of a body is found: `close`, by the end of the connection. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

const MAX_FIELDS = 1000;
const BEGIN = 'HTTP/1.';

export class ResponseHeadReader extends FieldLines {
  status = 0;
  framing: Framing = 'none';
  /** Bytes; meaningful when `framing` is `length`. */
  length = 0;
  /** The replica keeps the connection open, as far as its head says. */
  keepAlive = true;
  /** Milliseconds for which it says that it keeps it open while idle; Infinity = it does not say. */
  idleLimit = Infinity;
  dated = false;
  /** Status line and the fields that go on, each line with its end. */
  passed = '';

  #minor = 1;
  #lengths = 0;
  #codings = 0;
  #broken = false;
  /** The head that was read last, if it was whole. */
  readonly #last: Buffer;
  #lastSize = 0;
  #lastToHead = false;

  /**
   * @param maxHead bytes
   * @param dropsRequestId X-Request-Id is ours to write
   */
  constructor(
    private readonly maxHead: number,
    private readonly dropsRequestId: boolean,
  ) {
    super(MAX_FIELDS);
    this.#last = Buffer.allocUnsafeSlow(maxHead);
  }

  /** Bytes of the head. */
  get size(): number {
    return this.end;
  }

  /** @param bytes the head first @param toHead the request was a HEAD: there is no body, whatever the head says */
  read(bytes: Buffer, begin: number, end: number, toHead: boolean): AnswerRead {
    if (this.#isLast(bytes, begin, end, toHead)) return 'complete';
    this.#lastSize = 0;
    let upTo = end;
    if (end - begin > 1024) {
      const empty = bytes.indexOf('\r\n\r\n', begin, 'latin1');
      if (empty >= 0 && empty + 4 < end) upTo = empty + 4;
    }
    upTo = Math.min(upTo, begin + this.maxHead + 1);
    const text = bytes.toString('latin1', begin, upTo);
    this.text = text;
    const linesBegin = this.#readStatusLine(text);
    if (linesBegin === -1) return text.length > this.maxHead ? 'broken' : 'incomplete';
    if (linesBegin === -2) return 'broken';
    const lines = this.readLines(linesBegin, bytes, begin);
    if (lines === 'incomplete' && text.length <= this.maxHead) return lines;
    if (lines !== 'complete' || this.#broken || this.end > this.maxHead) return 'broken';
    const read = this.#judge(toHead, linesBegin);
    if (read === 'complete') {
      this.#lastSize = bytes.copy(this.#last, 0, begin, begin + this.end);
      this.#lastToHead = toHead;
    }
    return read;
  }

  /** The same head as last time, as replicas of one program give many: all that was read of it still stands here. */
  #isLast(bytes: Buffer, begin: number, end: number, toHead: boolean): boolean {
    const size = this.#lastSize;
    if (size === 0 || toHead !== this.#lastToHead || end - begin < size) return false;
    return bytes.compare(this.#last, 0, size, begin, begin + size) === 0;
  }

  /** @returns where the field lines begin; -1: more has to come; -2: it is none */
  #readStatusLine(text: string): number {
    this.keepAlive = true;
    this.idleLimit = Infinity;
    this.dated = false;
    this.length = 0;
    this.#lengths = 0;
    this.#codings = 0;
    this.#broken = false;
    const { length } = text;
    if (!BEGIN.startsWith(text.slice(0, BEGIN.length))) return -2;
    if (length < 13) return -1;
    this.#minor = text.charCodeAt(7) - 48;
    if ((this.#minor !== 0 && this.#minor !== 1) || text.charCodeAt(8) !== SPACE) return -2;
    let status = 0;
    for (let at = 9; at < 12; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) return -2;
      status = status * 10 + digit;
    }
    if (status < 100) return -2;
    this.status = status;
    let at = 12;
    let code = text.charCodeAt(at);
    if (code !== SPACE && code !== CR) return -2;
    while (VALUE[code] === 1) {
      if (++at >= length) return -1;
      code = text.charCodeAt(at);
    }
    if (code !== CR) return -2;
    if (at + 1 >= length) return -1;
    return text.charCodeAt(at + 1) === LF ? at + 2 : -2;
  }

  protected override onField(nameBegin: number, nameEnd: number, valueBegin: number, valueEnd: number): Fate {
    const { text } = this;
    switch (nameEnd - nameBegin) {
      case 2:
        return isWord(text, nameBegin, 'te') ? DROPPED : PASSES;
      case 4:
        if (isWord(text, nameBegin, 'date')) this.dated = true;
        return PASSES;
      case 7:
        return isWord(text, nameBegin, 'trailer') || isWord(text, nameBegin, 'upgrade') ? DROPPED : PASSES;
      case 10:
        if (isWord(text, nameBegin, 'connection')) {
          if (this.readConnection(valueBegin, valueEnd)) this.keepAlive = false;
          return DROPPED;
        }
        if (!isWord(text, nameBegin, 'keep-alive')) return PASSES;
        this.#onKeepAlive(text.slice(valueBegin, valueEnd));
        return DROPPED;
      case 12:
        if (this.dropsRequestId && isWord(text, nameBegin, 'x-request-id')) return DROPPED;
        break;
      case 14:
        if (isWord(text, nameBegin, 'content-length')) return this.#onLength(valueBegin, valueEnd);
        break;
      case 16:
        if (!isWord(text, nameBegin, 'proxy-connection')) break;
        if (this.readConnection(valueBegin, valueEnd)) this.keepAlive = false;
        return DROPPED;
      case 17:
        if (!isWord(text, nameBegin, 'transfer-encoding')) break;
        this.#codings++;
        if (valueEnd - valueBegin !== 7 || !isWord(text, valueBegin, 'chunked')) this.#broken = true;
        return DROPPED;
      case 18:
        if (isWord(text, nameBegin, 'proxy-authenticate')) return DROPPED;
        break;
      case 19:
        if (isWord(text, nameBegin, 'proxy-authorization')) return DROPPED;
        break;
    }
    return nameEnd - nameBegin > OURS.length && isWord(text, nameBegin, OURS) ? DROPPED : PASSES;
  }

  #onLength(valueBegin: number, valueEnd: number): Fate {
    const digits = valueEnd - valueBegin;
    let length = 0;
    for (let at = valueBegin; at < valueEnd; at++) {
      const digit = this.text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) this.#broken = true;
      length = length * 10 + digit;
    }
    if (digits === 0 || digits > 15 || ++this.#lengths > 1) this.#broken = true;
    this.length = length;
    // It would announce a body that is none.
    return this.status < 200 || this.status === 204 ? DROPPED : FRAMES;
  }

  #onKeepAlive(value: string): void {
    const seconds = /(?:^|[\s,;])timeout\s*=\s*(\d{1,9})/i.exec(value)?.[1];
    if (seconds !== undefined) this.idleLimit = Number(seconds) * 1000;
  }

  #judge(toHead: boolean, linesBegin: number): AnswerRead {
    const { status } = this;
    // What frames the body in two ways ends in two places (RFC 9112, 6.3).
    if (this.#codings > 1 || (this.#codings > 0 && (this.#lengths > 0 || this.#minor === 0))) return 'broken';
    if (this.#minor === 0) this.keepAlive = false;
    if (toHead || status < 200 || status === 204 || status === 304) this.framing = 'none';
    else if (this.#codings > 0) this.framing = 'chunked';
    else if (this.#lengths > 0) this.framing = this.length > 0 ? 'length' : 'none';
    else {
      this.framing = 'close';
      this.keepAlive = false;
    }
    this.passed =
      this.#minor === 1 ? this.passing(0) : `HTTP/1.1${this.text.slice(8, linesBegin)}${this.passing(linesBegin)}`;
    return 'complete';
  }
}

const OURS = 'x-hashflow-';
