// Owns the judgement of a chunk reader by llhttp: a body that it takes for whole, llhttp reads as the same data with the same end,
// and what goes on of it as the same again; what llhttp refuses it never takes for whole.
import type { NodeReader } from './node-reader.js';

/** What is judged: express/chunked.ts. */
export interface JudgedChunks {
  readonly done: boolean;
  readonly broken: boolean;
  readonly data: number;
  /** @returns behind the last byte of the body */
  read(bytes: Buffer, begin: number, end: number): number;
}

export interface JudgedSink {
  onSpan(bytes: Buffer, begin: number, end: number): void;
  onText(text: string): void;
}

export interface ChunkJudgement {
  readonly done: boolean;
  readonly fault: string | undefined;
}

const HEAD = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');

/** @param pieces a body, cut anywhere, perhaps with more behind it */
export function judgeChunks(
  start: (sink: JudgedSink) => JudgedChunks,
  node: NodeReader,
  pieces: readonly string[],
): ChunkJudgement {
  let passed = '';
  let size = 0;
  const chunks = start({
    onSpan: (bytes, begin, end) => (passed += bytes.toString('latin1', begin, end)),
    onText: (text) => (passed += text),
  });
  for (const piece of pieces) {
    if (chunks.done || chunks.broken) break;
    const bytes = Buffer.from(piece, 'latin1');
    size += chunks.read(bytes, 0, bytes.length);
    // As a buffer that is used again would be: nothing may be kept of it.
    bytes.fill(0xaa);
  }
  if (!chunks.done) return { done: false, fault: undefined };
  const again = node.read(HEAD, Buffer.from(passed, 'latin1'));
  const [received] = again.requests;
  if (!received?.complete || again.error !== undefined || again.requests.length > 1)
    return { done: true, fault: `llhttp, of what goes on: ${again.error ?? 'another end'}` };
  if (received.body.length !== chunks.data)
    return { done: true, fault: `${chunks.data} bytes for ${received.body.length}` };

  const whole = Buffer.from(pieces.join('').slice(0, size), 'latin1');
  const sent = node.read(HEAD, whole);
  // Extensions end at the balancer, so that it need not know their grammar; no line end hides in one.
  if (sent.error?.includes('chunk extension')) return { done: true, fault: undefined };
  const [theirs] = sent.requests;
  if (!theirs?.complete || sent.error !== undefined)
    return { done: true, fault: `llhttp: ${sent.error ?? 'not whole'}` };
  if (node.read(HEAD, whole.subarray(0, -1)).requests[0]?.complete)
    return { done: true, fault: 'llhttp finds the end before' };
  return { done: true, fault: theirs.body === received.body ? undefined : `${JSON.stringify(received.body)} goes on` };
}
