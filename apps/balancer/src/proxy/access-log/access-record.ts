// Owns how a request of the access log lies in memory between its lane and the main thread: numbers in fixed places, and texts behind them.
// Writing one is all that the lane does for its line. Pure. Where records lie is access-ring.ts's, what a line says json-line.ts's and
// combined-line.ts's.
//
//     0 size | 8 nine numbers | 80 status, attempts, port, cause | 96 lengths of the texts | texts
import { ENDS, endIndex } from '../traffic/ends.js';
import { Trace } from '../message/trace-context.js';
import { AccessEntry, type EntryFacts, LONGEST, type PackedTexts } from './access-entry.js';

/** One memory in the three shapes that numbers have. */
export interface RecordMemory {
  /** Buffer: it writes texts. */
  readonly bytes: Buffer;
  readonly shorts: Uint16Array;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
}

export interface AccessRecord {
  readonly entry: AccessEntry;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Monotonic milliseconds of the lane. */
  readonly ended: number;
}

/** Begin of a record, in bytes. */
export const ALIGNMENT = 8;

const [NUMBERS, STATUS, ATTEMPTS, PEER_PORT, CAUSE, LENGTHS] = [8, 80, 84, 88, 92, 96];
const TEXTS = 13;
const BODY = LENGTHS + 2 * TEXTS;
/** One character more than a line has: so whoever makes it sees that it is to be shortened. */
const MOST_TEXT = LONGEST + 1;
/** Index of the first text of those that may be packed. They are the last. */
const FIRST_PACKED = 9;
const ABSENT = 0xffff;
/** Of a text with characters beyond latin1. */
const TWO_BYTES = 0x8000;
const NONE = -1;

/** Most that a record can take. */
export const LONGEST_RECORD = aligned(BODY + 2 * MOST_TEXT * TEXTS);

/** Bytes that the record of this entry takes at most. */
export function roomFor({ facts, replica, keyLink, trace }: AccessEntry): number {
  let characters = lengthOf(facts.peer) + lengthOf(facts.client) + lengthOf(facts.requestId);
  characters += lengthOf(facts.method) + lengthOf(facts.target);
  characters += lengthOf(replica) + lengthOf(keyLink);
  if (trace) characters += lengthOf(trace.line) + lengthOf(trace.parentId);
  return aligned(BODY + 2 * characters + (facts.packed ? facts.packed.bytes.length : roomForPackable(facts)));
}

/** @param at begin of the record, aligned @returns its size */
export function writeRecord(memory: RecordMemory, at: number, entry: AccessEntry, time: number, ended: number): number {
  const { numbers, words, shorts, bytes } = memory;
  const { facts, trace } = entry;
  const number = (at + NUMBERS) >> 3;
  numbers[number] = time;
  numbers[number + 1] = entry.began;
  numbers[number + 2] = ended;
  numbers[number + 3] = entry.queued;
  numbers[number + 4] = entry.tryBegan;
  numbers[number + 5] = entry.connected;
  numbers[number + 6] = entry.headCame;
  numbers[number + 7] = entry.received;
  numbers[number + 8] = entry.sent;
  words[(at + STATUS) >> 2] = entry.status;
  words[(at + ATTEMPTS) >> 2] = entry.attempts;
  words[(at + PEER_PORT) >> 2] = facts.peerPort ?? NONE;
  words[(at + CAUSE) >> 2] = entry.cause === undefined ? NONE : endIndex(entry.cause, 0);

  const length = (at + LENGTHS) >> 1;
  let end = at + BODY;
  end += writeText(bytes, end, facts.peer, shorts, length);
  end += writeText(bytes, end, facts.client, shorts, length + 1);
  end += writeText(bytes, end, facts.requestId, shorts, length + 2);
  end += writeText(bytes, end, entry.replica, shorts, length + 3);
  end += writeText(bytes, end, entry.keyLink, shorts, length + 4);
  end += writeText(bytes, end, trace?.line, shorts, length + 5);
  end += writeText(bytes, end, trace?.parentId, shorts, length + 6);
  end += writeText(bytes, end, facts.method, shorts, length + 7);
  end += writeText(bytes, end, facts.target, shorts, length + 8);
  const { packed } = facts;
  if (packed) {
    for (let index = 0; index < packed.lengths.length; index++)
      shorts[length + FIRST_PACKED + index] = packed.lengths[index];
    end += packed.bytes.copy(bytes, end);
  } else end += writePackable(bytes, end, facts, shorts, length + FIRST_PACKED);
  const size = aligned(end - at);
  words[at >> 2] = size;
  return size;
}

type Packable = Pick<EntryFacts, 'httpVersion' | 'host' | 'userAgent' | 'referer'>;

export function pack(facts: Packable): PackedTexts {
  const bytes = Buffer.allocUnsafeSlow(roomForPackable(facts));
  const lengths = new Uint16Array(TEXTS - FIRST_PACKED);
  const end = writePackable(bytes, 0, facts, lengths, 0);
  return { bytes: bytes.subarray(0, end), lengths };
}

function roomForPackable({ httpVersion, host, userAgent, referer }: Packable): number {
  return 2 * (lengthOf(httpVersion) + lengthOf(host) + lengthOf(userAgent) + lengthOf(referer));
}

/** @returns bytes that they took */
function writePackable(bytes: Buffer, at: number, facts: Packable, lengths: Uint16Array, index: number): number {
  let end = at;
  end += writeText(bytes, end, facts.httpVersion, lengths, index);
  end += writeText(bytes, end, facts.host, lengths, index + 1);
  end += writeText(bytes, end, facts.userAgent, lengths, index + 2);
  end += writeText(bytes, end, facts.referer, lengths, index + 3);
  return end - at;
}

export function readRecord(memory: RecordMemory, at: number): AccessRecord {
  const { numbers, words } = memory;
  const number = (at + NUMBERS) >> 3;
  const [peer, client, requestId, replica, keyLink, line, parentId, ...said] = readTexts(memory, at);
  const [method, target, httpVersion, host, userAgent, referer] = said;
  const port = words[(at + PEER_PORT) >> 2];
  const facts: EntryFacts = {
    method,
    target,
    httpVersion,
    host,
    peer,
    peerPort: port === NONE ? undefined : port,
    client,
    userAgent,
    referer,
    requestId,
  };
  const entry = new AccessEntry(numbers[number + 1], facts);
  const cause = words[(at + CAUSE) >> 2];
  entry.status = words[(at + STATUS) >> 2];
  entry.attempts = words[(at + ATTEMPTS) >> 2];
  entry.cause = cause === NONE ? undefined : ENDS[cause].cause || undefined;
  entry.replica = replica;
  entry.keyLink = keyLink;
  entry.trace = line === undefined ? undefined : new Trace(line, parentId);
  entry.queued = numbers[number + 3];
  entry.tryBegan = numbers[number + 4];
  entry.connected = numbers[number + 5];
  entry.headCame = numbers[number + 6];
  entry.received = numbers[number + 7];
  entry.sent = numbers[number + 8];
  return { entry, time: numbers[number], ended: numbers[number + 2] };
}

function readTexts({ bytes, shorts }: RecordMemory, at: number): (string | undefined)[] {
  let end = at + BODY;
  const texts: (string | undefined)[] = [];
  for (let index = 0; index < TEXTS; index++) {
    const length = shorts[((at + LENGTHS) >> 1) + index];
    if (length === ABSENT) {
      texts.push(undefined);
      continue;
    }
    const begin = end;
    end += (length & TWO_BYTES) === 0 ? length : 2 * (length - TWO_BYTES);
    texts.push(bytes.toString((length & TWO_BYTES) === 0 ? 'latin1' : 'utf16le', begin, end));
  }
  return texts;
}

/** By hand: most texts are short, and to call out for one takes longer than to write it. @returns bytes that it took */
function writeText(bytes: Buffer, at: number, text: string | undefined, lengths: Uint16Array, index: number): number {
  if (text === undefined) {
    lengths[index] = ABSENT;
    return 0;
  }
  const length = lengthOf(text);
  let all = 0;
  for (let place = 0; place < length; place++) {
    const code = text.charCodeAt(place);
    all |= code;
    bytes[at + place] = code;
  }
  if (all <= 0xff) {
    lengths[index] = length;
    return length;
  }
  for (let place = 0; place < length; place++) {
    const code = text.charCodeAt(place);
    bytes[at + 2 * place] = code;
    bytes[at + 2 * place + 1] = code >> 8;
  }
  lengths[index] = length | TWO_BYTES;
  return 2 * length;
}

function lengthOf(text: string | undefined): number {
  if (text === undefined) return 0;
  return text.length < MOST_TEXT ? text.length : MOST_TEXT;
}

function aligned(size: number): number {
  return (size + ALIGNMENT - 1) & -ALIGNMENT;
}
