// Owns the access log as JSON: one line per request by the conventions of pino and pino-http, put together by hand because
// the shape is known and this runs once per request. Pure. Fields: docs/observability.md.
import { SILENT_ENDS } from '../answers/causes.js';
import type { Trace } from '../message/trace-context.js';
import { type AccessEntry, type Sender, shortened } from './access-entry.js';
import { charactersOf, type LineFormat } from './line-format.js';
import { LineWriter, OVERRUN, piece, type Piece } from './line-writer.js';
import type { TargetMask } from './masked-target.js';

/** Bytes that a character takes at most: `\u0000`. */
const WIDEST = 6;
/** Bytes of a line without its texts. */
const MOST_FIXED = 1024;

const COMPLETED = piece('Z","role":"data","msg":"request completed","req":{"method":');
const ABORTED = piece('Z","role":"data","msg":"request aborted","req":{"method":');
const NULL = piece('null');
const URL = piece(',"url":');
const ID = piece(',"id":');
const HOST = piece(',"host":');
const HTTP_VERSION = piece(',"httpVersion":');
const REMOTE_ADDRESS = piece(',"remoteAddress":');
const REMOTE_PORT = piece(',"remotePort":');
const CLIENT = piece(',"client":');
const USER_AGENT = piece(',"userAgent":');
const REFERER = piece(',"referer":');
const RECEIVED = piece(',"bytes":');
const STATUS = piece('},"res":{"statusCode":');
const SENT = piece(',"bytes":');
const RESPONSE_TIME = piece('},"responseTime":');
const PHASES = piece(',"phases":{');
const QUEUE = piece('"queue":');
const WAIT = piece('"wait":');
const CONNECT = piece('"connect":');
const FIRST_BYTE = piece('"firstByte":');
const COMMA = piece(',');
const TOTAL = piece('"total":');
const ATTEMPTS = piece('},"attempts":');
const REPLICA = piece(',"replica":');
const KEY_LINK = piece(',"keyLink":');
const CAUSE = piece(',"cause":');
const TRACE_ID = piece(',"trace_id":');
const SPAN_ID = piece(',"span_id":');
const PARENT_SPAN_ID = piece(',"parent_span_id":');
const SAMPLED = piece(',"trace_flags":"01"');
const NOT_SAMPLED = piece(',"trace_flags":"00"');
const END = piece('}\n');

export class JsonFormat implements LineFormat {
  /** Since 1970. */
  #second = -1;
  /** Begin of a line up to there: most lines share it with the one before. */
  #begin = piece('');

  constructor(private readonly mask: TargetMask) {}

  roomFor({ sender, method, target, requestId, replica, keyLink }: AccessEntry): number {
    const sent = charactersOf(method) + charactersOf(target) + charactersOf(requestId);
    const ours = charactersOf(replica) + charactersOf(keyLink);
    return MOST_FIXED + WIDEST * (sent + ours) + (sender.repeated?.length ?? roomForRepeated(sender)) + OVERRUN;
  }

  write(line: LineWriter, entry: AccessEntry, time: number): void {
    const { sender, method, target, cause } = entry;
    const second = Math.floor(time / 1000);
    if (second !== this.#second) this.#onSecond(second);
    line.piece(this.#begin);
    line.thousandth(time - second * 1000);
    line.piece(cause === undefined || !(cause in SILENT_ENDS) ? COMPLETED : ABORTED);
    if (method === undefined) line.piece(NULL);
    else line.quoted(method);
    line.piece(URL);
    if (target === undefined) line.piece(NULL);
    else line.quoted(this.mask(shortened(target)));
    member(line, ID, entry.requestId);
    if (sender.repeated) line.copy(sender.repeated);
    else this.#writeRepeated(line, sender);
    line.piece(RECEIVED);
    line.count(entry.received);
    line.piece(STATUS);
    line.count(entry.status);
    line.piece(SENT);
    line.count(entry.sent);
    line.piece(RESPONSE_TIME);
    line.millis(entry.ended - entry.began);
    writePhases(line, entry);
    line.piece(ATTEMPTS);
    line.count(entry.attempts);
    member(line, REPLICA, entry.replica);
    member(line, KEY_LINK, entry.keyLink);
    member(line, CAUSE, cause);
    if (entry.trace) writeTrace(line, entry.trace);
    line.piece(END);
  }

  repeated(sender: Sender): Uint8Array {
    const bytes = Buffer.allocUnsafeSlow(roomForRepeated(sender) + OVERRUN);
    const line = new LineWriter(bytes);
    this.#writeRepeated(line, sender);
    return new Uint8Array(bytes.subarray(0, line.at));
  }

  #writeRepeated(line: LineWriter, sender: Sender): void {
    member(line, HOST, sender.host);
    member(line, HTTP_VERSION, sender.httpVersion);
    member(line, REMOTE_ADDRESS, sender.peer);
    if (sender.peerPort !== undefined) {
      line.piece(REMOTE_PORT);
      line.count(sender.peerPort);
    }
    member(line, CLIENT, sender.client);
    member(line, USER_AGENT, sender.userAgent);
    member(line, REFERER, sender.referer && this.mask(shortened(sender.referer)));
  }

  /** toISOString would be the most expensive part of a line. */
  #onSecond(second: number): void {
    this.#second = second;
    this.#begin = piece(`{"level":30,"time":"${new Date(second * 1000).toISOString().slice(0, -4)}`);
  }
}

function roomForRepeated({ host, httpVersion, peer, client, userAgent, referer }: Sender): number {
  const said = charactersOf(host) + charactersOf(httpVersion) + charactersOf(userAgent) + charactersOf(referer);
  return MOST_FIXED + WIDEST * (said + charactersOf(peer) + charactersOf(client));
}

/** Milliseconds; what did not happen is left out. */
function writePhases(line: LineWriter, entry: AccessEntry): void {
  const { began, ended, queued, tryBegan, connected, headCame } = entry;
  line.piece(PHASES);
  // Because every replica was at its limit.
  if (queued > 0) phase(line, QUEUE, queued);
  // From the head of the request to the last try: its body, earlier tries, waits for a replica.
  if (tryBegan > 0) phase(line, WAIT, tryBegan - began - queued);
  // From there until the connection stood.
  if (connected > 0) phase(line, CONNECT, connected - tryBegan);
  // From there to the head of the answer.
  if (headCame > 0 && connected > 0) phase(line, FIRST_BYTE, headCame - connected);
  line.piece(TOTAL);
  line.millis(ended - began);
}

function phase(line: LineWriter, name: Piece, value: number): void {
  line.piece(name);
  line.millis(value);
  line.piece(COMMA);
}

/** Named as OpenTelemetry names them in logs, so that log and trace find each other. */
function writeTrace(line: LineWriter, { traceId, spanId, parentId, sampled }: Trace): void {
  member(line, TRACE_ID, traceId);
  member(line, SPAN_ID, spanId);
  member(line, PARENT_SPAN_ID, parentId);
  line.piece(sampled ? SAMPLED : NOT_SAMPLED);
}

function member(line: LineWriter, name: Piece, value: string | undefined): void {
  if (value === undefined) return;
  line.piece(name);
  line.quoted(shortened(value));
}
