// Owns the trace that a request belongs to, by W3C Trace Context level 1 (https://www.w3.org/TR/trace-context-1/): read from the
// client, or begun here, with the balancer as one more hop in it. Pure: fresh ids come in as an argument, from fresh-traces.ts. Which
// fields pass is fields.ts's.

const NAME = 'traceparent: ';
const VERSION = '00-';
/** Where the ids and the flags of a line begin. */
const TRACE_ID = NAME.length + VERSION.length;
const SPAN_ID = TRACE_ID + 32 + 1;
const FLAGS = SPAN_ID + 16 + 1;
const LINE_END = '\r\n';

/** Of a trace that begins here. Sampled: not to be would keep most tracers behind us from recording anything. */
export function freshLine(traceId: string, spanId: string): string {
  return `${NAME}${VERSION}${traceId}-${spanId}-01${LINE_END}`;
}

export class Trace {
  /**
   * @param line the field as it goes on, with the end of its line. Its span is this hop's: the parent of what the replica does. All tries
   * of a request share it
   * @param parentId the client's span; undefined: the trace begins here
   */
  constructor(
    readonly line: string,
    readonly parentId: string | undefined,
  ) {}

  /** The value of the field. */
  get traceparent(): string {
    return this.line.slice(NAME.length, -LINE_END.length);
  }

  /** 32 hex digits. */
  get traceId(): string {
    return this.line.slice(TRACE_ID, TRACE_ID + 32);
  }

  /** 16 hex digits. */
  get spanId(): string {
    return this.line.slice(SPAN_ID, SPAN_ID + 16);
  }

  get sampled(): boolean {
    return this.line.startsWith('01', FLAGS);
  }
}

/** Of a trace that goes on as it came, see below. @param traceparent as received @param span of this hop */
export function continuedTrace(traceparent: string, span: string): Trace {
  const line = `${NAME}${traceparent.slice(0, PARENT)}${span}${traceparent.slice(PARENT_END)}${LINE_END}`;
  return new Trace(line, traceparent.slice(PARENT, PARENT_END));
}

/** Where the parts of `00-4bf92f…-00f067…-01` end. */
const [VERSION_END, TRACE_END, PARENT_END, FLAGS_END] = [2, 35, 52, 55];
/** Where the parent begins in it. */
export const PARENT = TRACE_END + 1;
const SAMPLED = 1;
const [ZERO, NINE, LETTER_A, LETTER_F, DASH] = [48, 57, 97, 102, 45];

/**
 * @param fresh line of a trace that begins here; of one that goes on it gives the span
 * @param traceparent as received; absent, doubled or malformed: a new trace begins, and an old tracestate means nothing in it
 */
export function traceOf(fresh: string, traceparent: string | undefined): Trace {
  if (traceparent === undefined || !isLegal(traceparent)) return new Trace(fresh, undefined);
  // In few pieces: each is paid for when they are put together on the wire.
  const traceId = traceparent.slice(VERSION_END + 1, TRACE_END + 1);
  const parentId = traceparent.slice(TRACE_END + 1, PARENT_END);
  // Flags that version 00 does not know are not carried on.
  if (isOdd(traceparent.charCodeAt(FLAGS_END - 1)))
    return new Trace(NAME + VERSION + traceId + fresh.slice(SPAN_ID), parentId);
  return new Trace(`${NAME}${VERSION}${traceId}${fresh.slice(SPAN_ID, FLAGS)}00${LINE_END}`, parentId);
}

/** 1 for what is no digit of an id. */
const NO_DIGIT = Uint8Array.from({ length: 256 }, (_, code) => (/[0-9a-f]/.test(String.fromCharCode(code)) ? 0 : 1));

/**
 * The trace goes on, and its field as it came, but for the parent: it is legal, of version 00, and has no flag that is not carried on.
 *
 * @param bytes of a head @param begin of the value, as `end`
 */
export function goesOnAsItCame(bytes: Uint8Array, begin: number, end: number): boolean {
  if (end - begin !== FLAGS_END) return false;
  // Without a branch for each digit: nearly always all of them are legal.
  let [wrong, trace, parent] = [0, 0, 0];
  for (let at = VERSION_END + 1; at < TRACE_END; at++) {
    const code = bytes[begin + at];
    wrong |= NO_DIGIT[code];
    trace |= code ^ ZERO;
  }
  for (let at = PARENT; at < PARENT_END; at++) {
    const code = bytes[begin + at];
    wrong |= NO_DIGIT[code];
    parent |= code ^ ZERO;
  }
  wrong |= (bytes[begin] ^ ZERO) | (bytes[begin + 1] ^ ZERO) | (bytes[begin + PARENT_END + 1] ^ ZERO);
  wrong |= (bytes[begin + VERSION_END] ^ DASH) | (bytes[begin + TRACE_END] ^ DASH);
  wrong |= (bytes[begin + PARENT_END] ^ DASH) | ((bytes[begin + FLAGS_END - 1] ^ ZERO) & ~SAMPLED);
  return wrong === 0 && trace !== 0 && parent !== 0;
}

/** By place and not by pattern: it comes with every request of whoever traces. */
function isLegal(text: string): boolean {
  if (text.length < FLAGS_END || text.startsWith('ff')) return false;
  if (text.charCodeAt(VERSION_END) !== DASH || text.charCodeAt(TRACE_END) !== DASH) return false;
  if (text.charCodeAt(PARENT_END) !== DASH) return false;
  // A later version may append fields and still be read; this one may not.
  if (text.length > FLAGS_END && (text.startsWith('00') || text.charCodeAt(FLAGS_END) !== DASH)) return false;
  return (
    areDigits(text, 0, VERSION_END) &&
    areDigits(text, PARENT_END + 1, FLAGS_END) &&
    isId(text, VERSION_END + 1, TRACE_END) &&
    isId(text, TRACE_END + 1, PARENT_END)
  );
}

/** Not all of it zeros. */
function isId(text: string, begin: number, end: number): boolean {
  let at = begin;
  while (at < end && text.charCodeAt(at) === ZERO) at++;
  return at < end && areDigits(text, at, end);
}

/** Lower case only. */
function areDigits(text: string, begin: number, end: number): boolean {
  for (let at = begin; at < end; at++) {
    const code = text.charCodeAt(at);
    if (!((code >= ZERO && code <= NINE) || (code >= LETTER_A && code <= LETTER_F))) return false;
  }
  return true;
}

function isOdd(digit: number): boolean {
  return ((digit <= NINE ? digit - ZERO : digit - LETTER_A) & SAMPLED) !== 0;
}
