// Owns the strict grammar of a request head (RFC 9110, RFC 9112) and what of it goes on to a replica: the head is read where it
// lies, once, and what passes is taken over byte by byte. Pure. One reader serves a lane: what it read holds until the next
// head. What the grammar knows nothing of is the standard lane's.
import type { KeyRequest } from '../../routing/hash-key.js';
import type { Cause } from '../answers/causes.js';
import { readTarget, validHost } from '../message/head.js';
import { goesOnAsItCame } from '../message/trace-context.js';
import { DROPPED, type Fate, FieldLines, FRAMES, PASSES } from './field-lines.js';
import { CR, isAlias, isWord, LF, methodOf, SLASH, SPACE, TARGET, TOKEN } from './grammar.js';
import type { KnownFields } from './known-fields.js';
import type { RequestHeadRules } from './request-head-rules.js';
import { inOnePiece } from './write-buffer.js';

/**
 * incomplete: more has to come · plain: read · other: legal, it may be, but not plain: for the standard lane, which decides ·
 * refused: answer `cause` and close.
 */
export type HeadRead = 'incomplete' | 'plain' | 'other' | 'refused';

/** Up to here the whole chunk is looked at; behind a longer one there is a body, most likely. */
const SHORT = 2048;
const VERSION = ' HTTP/1.1\r\n';

export class RequestHeadReader extends FieldLines implements KeyRequest {
  method = '';
  /** Origin form (path and query), or `*`. */
  target = '';
  /** As it came. */
  sentTarget = '';
  host: string | undefined;
  /** Address of the client; whoever has it read says so. */
  ip = '';
  body: 'none' | 'length' | 'chunked' = 'none';
  /** Bytes; meaningful when `body` is `length`. */
  length = 0;
  /** The client wants no further request on this connection. */
  close = false;
  /** As it goes on, with its end. */
  requestLine = '';
  /** The fields that go on, each line with its end. */
  forwarded = '';
  /** Where in them the value of a traceparent stands whose trace goes on there; -1: there is none. */
  traceAt = -1;
  /** What has to stand there; undefined: it does. */
  traceparent: string | undefined;
  /** A trusted proxy said so, and it goes on. */
  forwardedProto = false;
  forwardedHost = false;
  hasVia = false;
  hasRequestId = false;
  /** Those that its fields were known as. */
  recognised: KnownFields | undefined;
  /** Where no trace goes on these two are ours to write anew. */
  hasTraceparent = false;
  hasTracestate = false;
  /** Of a request that is refused. */
  cause: Cause = 'bad_request';

  #hosts = 0;
  #lengths = 0;
  #codings = 0;
  #other = false;
  #malformed = false;
  /** Of traceparent. */
  #valueBegin = 0;
  #valueEnd = 0;
  #absolute = false;
  #trusted = false;
  /** The Host that was valid last: clients repeat theirs. */
  #validHost = '';

  constructor(private readonly rules: RequestHeadRules) {
    super(rules.maxFields);
  }

  /** Bytes of the head. */
  get size(): number {
    return this.end;
  }

  /**
   * @param bytes what came, the head first
   * @param trusted the peer is a trusted proxy: what it says about the client goes on
   * @param known fields of an earlier request on this connection
   * @param end behind what came
   */
  read(bytes: Buffer, trusted: boolean, known?: KnownFields, end = bytes.length): HeadRead {
    this.#trusted = trusted;
    if (known && this.#recognise(known, bytes, end)) return this.#takeOver(known);
    const { maxHead } = this.rules;
    let upTo = end;
    if (upTo > SHORT) {
      const empty = bytes.indexOf('\r\n\r\n', 0, 'latin1');
      upTo = Math.min(upTo, empty < 0 ? maxHead + 1 : empty + 4);
    }
    const text = bytes.toString('latin1', 0, upTo);
    this.text = text;
    const linesBegin = this.#readRequestLine(text);
    if (typeof linesBegin === 'string')
      return linesBegin === 'incomplete' && text.length > maxHead ? this.#refuse('head_too_large') : linesBegin;
    const lines = this.readLines(linesBegin, bytes, 0);
    if (lines === 'malformed') return this.#refuse('bad_request');
    if (lines === 'too_many' || (lines === 'incomplete' ? text.length : this.end) > maxHead)
      return this.#refuse('head_too_large');
    if (lines === 'incomplete') return lines;
    return this.#judge(linesBegin);
  }

  /** The fields of the plain request that was just read; undefined where its target means more than they. */
  known(): KnownFields | undefined {
    if (this.#absolute) return undefined;
    const { host, body, length, close, forwardedProto, forwardedHost } = this;
    const { hasVia, hasRequestId, hasTraceparent, hasTracestate, traceAt } = this;
    const { linesBegin } = this;
    return {
      lines: this.keep(),
      trace: traceAt < 0 ? undefined : { begin: this.#valueBegin - linesBegin, end: this.#valueEnd - linesBegin },
      sender: undefined,
      passing: inOnePiece(this.forwarded),
      host,
      body,
      length,
      close,
      forwardedProto,
      forwardedHost,
      hasVia,
      hasRequestId,
      hasTraceparent,
      hasTracestate,
      traceAt,
    };
  }

  override field(name: string): string | undefined {
    return this.traceparent !== undefined && name === 'traceparent' ? this.traceparent : super.field(name);
  }

  /** @returns where the field lines begin */
  #readRequestLine(text: string): number | HeadRead {
    const { length } = text;
    let at = 0;
    this.#reset();
    let code = text.charCodeAt(0);
    // An empty line before the request is to be passed over (RFC 9112, 2.2), and nobody plain sends one.
    if (code === CR) return 'other';
    while (TOKEN[code] === 1) {
      if (++at >= length) return 'incomplete';
      code = text.charCodeAt(at);
    }
    if (code !== SPACE || at === 0) return this.#refuse('bad_request');
    this.method = methodOf(text, at);
    if (this.method === '') this.#other = true;
    const targetBegin = at + 1;
    do {
      if (++at >= length) return 'incomplete';
      code = text.charCodeAt(at);
    } while (TARGET[code] === 1);
    // Bytes beyond ASCII are no target, but node takes them for one.
    if (code > 127) return 'other';
    if (code !== SPACE || at === targetBegin) return this.#refuse('bad_request');
    const targetEnd = at;
    for (let index = 0; index < VERSION.length; index++, at++) {
      if (at >= length) return 'incomplete';
      if (text.charCodeAt(at) === VERSION.charCodeAt(index)) continue;
      // HTTP/1.0 is another protocol: the standard lane speaks it.
      if (index !== VERSION.length - 3 || text.charCodeAt(at) !== 48) return this.#refuse('bad_request');
      this.#other = true;
    }
    this.target = this.sentTarget = text.slice(targetBegin, targetEnd);
    this.#absolute = text.charCodeAt(targetBegin) !== SLASH;
    return at;
  }

  #reset(): void {
    this.method = '';
    this.target = this.sentTarget = '';
    this.host = undefined;
    this.body = 'none';
    this.length = 0;
    this.close = false;
    this.requestLine = '';
    this.forwarded = '';
    this.traceAt = -1;
    this.traceparent = undefined;
    this.forwardedProto = false;
    this.forwardedHost = false;
    this.hasVia = false;
    this.hasRequestId = false;
    this.recognised = undefined;
    this.hasTraceparent = false;
    this.hasTracestate = false;
    this.#hosts = 0;
    this.#lengths = 0;
    this.#codings = 0;
    this.#other = false;
    this.#malformed = false;
  }

  protected override onField(nameBegin: number, nameEnd: number, valueBegin: number, valueEnd: number): Fate {
    const { text, rules } = this;
    switch (nameEnd - nameBegin) {
      case 2:
        return isWord(text, nameBegin, 'te') ? DROPPED : PASSES;
      case 3:
        if (isWord(text, nameBegin, 'via')) this.hasVia = true;
        return PASSES;
      case 4:
        return isWord(text, nameBegin, 'host') ? this.#onHost(valueBegin, valueEnd) : PASSES;
      case 6:
        if (isWord(text, nameBegin, 'expect')) this.#other = true;
        return PASSES;
      case 7:
        if (isWord(text, nameBegin, 'upgrade')) {
          this.#other = true;
          return DROPPED;
        }
        return isWord(text, nameBegin, 'trailer') ? DROPPED : PASSES;
      case 9:
        return !this.#trusted && isWord(text, nameBegin, 'forwarded') ? DROPPED : PASSES;
      case 10:
        if (isWord(text, nameBegin, 'connection')) {
          if (this.readConnection(valueBegin, valueEnd)) this.close = true;
          return DROPPED;
        }
        if (rules.trace && isWord(text, nameBegin, 'tracestate')) {
          this.hasTracestate = true;
          return PASSES;
        }
        return isWord(text, nameBegin, 'keep-alive') ? DROPPED : PASSES;
      case 11:
        if (!isWord(text, nameBegin, 'traceparent')) return PASSES;
        // Of two none counts: nobody can tell which is meant.
        this.#valueBegin = valueBegin;
        this.#valueEnd = this.hasTraceparent ? valueBegin : valueEnd;
        this.hasTraceparent = true;
        return PASSES;
      case 12:
        if (!isWord(text, nameBegin, 'x-request-id')) break;
        this.hasRequestId = true;
        return rules.requestId ? DROPPED : PASSES;
      case 14:
        if (isWord(text, nameBegin, 'content-length')) return this.#onLength(valueBegin, valueEnd);
        break;
      case 17:
        if (isWord(text, nameBegin, 'transfer-encoding')) return this.#onCoding(valueBegin, valueEnd);
        break;
      case 16:
        if (isWord(text, nameBegin, 'proxy-connection')) {
          this.readConnection(valueBegin, valueEnd);
          return DROPPED;
        }
        break;
      case 18:
        if (isWord(text, nameBegin, 'proxy-authenticate')) return DROPPED;
        break;
      case 19:
        if (isWord(text, nameBegin, 'proxy-authorization')) return DROPPED;
        break;
    }
    const first = text.charCodeAt(nameBegin) | 32;
    if (first !== 120 || nameEnd - nameBegin < OURS.length) return PASSES;
    if (isWord(text, nameBegin, OURS)) return DROPPED;
    if (isWord(text, nameBegin, FORWARDED)) return this.#onForwarded(nameBegin + FORWARDED.length, nameEnd);
    // What has an underscore in the place of a dash, programs behind a gateway interface (CGI, WSGI, Rack) cannot tell from it.
    if (isAlias(text, nameBegin, OURS)) return DROPPED;
    return !this.#trusted && isAlias(text, nameBegin, FORWARDED) ? DROPPED : PASSES;
  }

  /** What a client says of itself it may say only through a proxy that is trusted. */
  #onForwarded(begin: number, end: number): Fate {
    if (!this.#trusted) return DROPPED;
    const what = this.text.slice(begin, end).toLowerCase();
    if (what === 'proto') this.forwardedProto = true;
    if (what === 'host') this.forwardedHost = true;
    // Goes on with the peer added to it.
    return what === 'for' && this.rules.addsPeer ? DROPPED : PASSES;
  }

  #onHost(valueBegin: number, valueEnd: number): Fate {
    const host = this.text.slice(valueBegin, valueEnd);
    if (host !== this.#validHost) {
      if (!validHost(host)) this.#malformed = true;
      else this.#validHost = host;
    }
    this.host = host;
    this.#hosts++;
    return this.#absolute || !this.rules.preserveHost ? DROPPED : FRAMES;
  }

  #onLength(valueBegin: number, valueEnd: number): Fate {
    const digits = valueEnd - valueBegin;
    if (digits === 0 || digits > 15) this.#malformed = true;
    let length = 0;
    for (let at = valueBegin; at < valueEnd; at++) {
      const digit = this.text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) this.#malformed = true;
      length = length * 10 + digit;
    }
    this.length = length;
    this.#lengths++;
    return FRAMES;
  }

  #onCoding(valueBegin: number, valueEnd: number): Fate {
    this.#codings++;
    const { text } = this;
    // It goes on as it came: in the one spelling that every reader takes for chunked. The standard lane writes others anew, or refuses.
    if (valueEnd - valueBegin !== 7 || !text.startsWith('chunked', valueBegin) || text.charCodeAt(valueEnd) !== CR)
      this.#other = true;
    return FRAMES;
  }

  #judge(linesBegin: number): HeadRead {
    // Two Hosts, two framings: how a request is smuggled past one of two parsers.
    if (this.#malformed || this.#hosts > 1 || this.#lengths > 1 || this.#codings > 1)
      return this.#refuse('bad_request');
    if (this.#codings > 0 && this.#lengths > 0) return this.#refuse('bad_request');
    if (this.#other) return 'other';
    if (this.#hosts === 0) return this.#refuse('bad_request');
    if (this.#codings > 0) this.body = 'chunked';
    else if (this.length > 0) this.body = 'length';
    const goesOn = (this.hasTraceparent || this.hasTracestate) && this.#judgeTrace();
    const traceAt = goesOn ? this.#valueBegin : -1;
    if (!this.#absolute) {
      this.requestLine = this.text.slice(0, linesBegin);
      this.#passOn('', linesBegin, traceAt);
      return 'plain';
    }
    const where = readTarget(this.method, this.target, this.host);
    if (!where) return this.#refuse('bad_request');
    this.target = where.target;
    this.host = where.host;
    const host = this.rules.preserveHost ? `Host: ${where.host}\r\n` : '';
    this.requestLine = `${this.method} ${where.target}${VERSION}`;
    this.#passOn(host, linesBegin, traceAt);
    return 'plain';
  }

  /** @returns whether a trace goes on where it stands in the head; else it is ours to write, if any is */
  #judgeTrace(): boolean {
    if (this.hasTraceparent && !this.namesAny && goesOnAsItCame(this.bytes, this.#valueBegin, this.#valueEnd))
      return true;
    if (this.rules.trace) {
      this.settle('traceparent', DROPPED);
      this.settle('tracestate', DROPPED);
    }
    return false;
  }

  /** @param begin lines that go on in front of the fields @param traceAt the value of a traceparent; -1: there is none */
  #passOn(begin: string, linesBegin: number, traceAt: number): void {
    this.forwarded = begin + this.passing(linesBegin, traceAt);
    if (traceAt >= 0) this.traceAt = begin.length + this.mark;
  }

  /** Its fields are these, and its line is one of a plain request. */
  #recognise({ lines, trace }: KnownFields, bytes: Buffer, end: number): boolean {
    const linesBegin = bytes.indexOf(LF) + 1;
    if (linesBegin === 0 || !this.recognise(lines, bytes, linesBegin, end, trace)) return false;
    if (trace && !goesOnAsItCame(bytes, linesBegin + trace.begin, linesBegin + trace.end)) return false;
    const line = bytes.toString('latin1', 0, linesBegin);
    if (this.#readRequestLine(line) !== linesBegin || this.#other || this.#absolute) return false;
    this.requestLine = line;
    if (trace) this.traceparent = bytes.toString('latin1', linesBegin + trace.begin, linesBegin + trace.end);
    return true;
  }

  #takeOver(known: KnownFields): HeadRead {
    // The request line may be longer than that before.
    if (this.end > this.rules.maxHead) return this.#refuse('head_too_large');
    this.host = known.host;
    this.body = known.body;
    this.length = known.length;
    this.close = known.close;
    this.forwardedProto = known.forwardedProto;
    this.forwardedHost = known.forwardedHost;
    this.hasVia = known.hasVia;
    this.hasRequestId = known.hasRequestId;
    this.hasTraceparent = known.hasTraceparent;
    this.hasTracestate = known.hasTracestate;
    this.traceAt = known.traceAt;
    this.forwarded = known.passing;
    this.recognised = known;
    return 'plain';
  }

  #refuse(cause: Cause): HeadRead {
    this.cause = cause;
    return 'refused';
  }
}

const OURS = 'x-hashflow-';
const FORWARDED = 'x-forwarded-';
