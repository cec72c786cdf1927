// Owns the judgement of a parser of answers' heads by llhttp: what it calls complete, llhttp in strict mode reads as the same answer with
// the same end, and what goes on of it as the same again; what llhttp refuses is never complete. Cut anywhere, it waits.
import { type NodeAnswerReading, readAnswer } from './node-answer-reader.js';

/** What is judged: express/response-head.ts, given from outside because the fuzzer runs the built one. */
export interface JudgedAnswerReader {
  read(bytes: Buffer, begin: number, end: number, toHead: boolean): 'incomplete' | 'complete' | 'broken';
  readonly status: number;
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  readonly length: number;
  readonly keepAlive: boolean;
  readonly dated: boolean;
  readonly size: number;
  readonly passed: string;
}

export interface AnswerHeadJudgement {
  readonly read: 'incomplete' | 'complete' | 'broken';
  /** undefined: the two agree. */
  readonly fault: string | undefined;
}

/** A longer body proves no more. Bytes. */
const LONGEST_BODY = 2000;
/** Of an answer whose body ends with the connection. */
const SOME_BODY = 'a body';

/** @param bytes a head, perhaps with more behind it @param cut where it is cut for the test of waiting */
export async function judgeAnswerHead(
  reader: JudgedAnswerReader,
  bytes: Buffer,
  toHead: boolean,
  cut: number,
): Promise<AnswerHeadJudgement> {
  const partial = reader.read(bytes.subarray(0, cut), 0, cut, toHead);
  const read = reader.read(bytes, 0, bytes.length, toHead);
  if (read !== 'complete') {
    const early = partial === 'complete' ? 'complete when cut, and not when whole' : undefined;
    return { read, fault: early };
  }
  const { status, size, framing, length, keepAlive, dated, passed } = reader;
  if (cut < size && partial !== 'incomplete') return { read, fault: `cut at ${cut} it is ${partial}` };
  // Both lanes refuse it: nobody asked to change the protocol.
  if (status === 101) return { read, fault: undefined };
  const head = bytes.subarray(0, size);
  const method = toHead ? 'HEAD' : 'GET';
  const early = await readAnswer(method, [head.subarray(0, -1)], false);
  if (early.answer || early.information.length > 0) return { read, fault: 'llhttp finds the end of the head before' };
  if (status < 200) return { read, fault: informationFault(await readAnswer(method, [head], false), status) };

  const body = bodyOf(framing, length);
  if (framing !== 'none' && (await readAnswer(method, [head], false)).answer?.complete)
    return { read, fault: `llhttp finds no body where there is one: ${framing}` };
  const whole = await readAnswer(method, [head, Buffer.from(body.sent, 'latin1')], framing === 'close');
  const fault =
    endFault(whole, status, body) ??
    // Node does not think of HEAD, to which no length is needed for an end.
    (keepAlive && !whole.keepAlive && !toHead ? 'llhttp closes the connection' : undefined) ??
    (dated !== hasField(whole, 'date') ? `dated is ${dated}` : undefined) ??
    passedFault(await readAnswer(method, [Buffer.from(`${passed}\r\n`, 'latin1')], false), status, whole);
  return { read, fault };
}

interface DrawnBody {
  readonly sent: string;
  readonly data: string;
  readonly whole: boolean;
}

function bodyOf(framing: JudgedAnswerReader['framing'], length: number): DrawnBody {
  switch (framing) {
    case 'none':
      return { sent: '', data: '', whole: true };
    case 'length': {
      const data = 'x'.repeat(Math.min(length, LONGEST_BODY));
      return { sent: data, data, whole: length <= LONGEST_BODY };
    }
    case 'chunked':
      return { sent: `2\r\n${'xx'}\r\n0\r\n\r\n`, data: 'xx', whole: true };
    case 'close':
      return { sent: SOME_BODY, data: SOME_BODY, whole: true };
  }
}

function informationFault({ information, answer, error }: NodeAnswerReading, status: number): string | undefined {
  if (error !== undefined) return `llhttp: ${error}`;
  if (answer || information.length !== 1) return 'llhttp takes it for the final answer';
  return information[0]?.statusCode === status ? undefined : `${status} for ${information[0]?.statusCode}`;
}

function endFault({ answer, error }: NodeAnswerReading, status: number, body: DrawnBody): string | undefined {
  if (!answer || error !== undefined) return `llhttp: ${error ?? 'no whole head'}`;
  if (answer.statusCode !== status) return `${status} for ${answer.statusCode}`;
  if (answer.body !== body.data || answer.complete !== body.whole)
    return `llhttp sees another end: ${answer.body.length} bytes for ${body.data.length}, complete is ${answer.complete}`;
  return undefined;
}

/** What goes on are fields of the head, in their order, and none that frames but a length that was there. */
function passedFault(again: NodeAnswerReading, status: number, whole: NodeAnswerReading): string | undefined {
  const [passed, sent] = [again.answer, whole.answer];
  if (!passed || !sent || again.error !== undefined)
    return `llhttp, of what goes on: ${again.error ?? 'no whole head'}`;
  if (passed.statusCode !== status || passed.httpVersion !== '1.1') return 'another status line goes on';
  if (hasField(again, 'transfer-encoding')) return 'a coding goes on';
  let at = 0;
  for (let index = 0; index < passed.rawHeaders.length; index += 2) {
    const [name, value] = [passed.rawHeaders[index], passed.rawHeaders[index + 1]];
    while (at < sent.rawHeaders.length && (sent.rawHeaders[at] !== name || sent.rawHeaders[at + 1] !== value)) at += 2;
    if (at >= sent.rawHeaders.length) return `${JSON.stringify(name)} goes on, and was not there`;
    at += 2;
  }
  return undefined;
}

function hasField({ answer }: NodeAnswerReading, name: string): boolean {
  return answer?.rawHeaders.some((each, index) => index % 2 === 0 && each.toLowerCase() === name) ?? false;
}
