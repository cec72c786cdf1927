// Owns the answer of one try on its way to the client: where its body ends, how it is framed for the client, and that small answers
// leave in one write. When it may begin is the attempt machine's, the head's meaning response-head.ts's.
import { ChunkedBody, type ChunkSink } from './chunked.js';
import type { Framing } from './response-head.js';
import type { UpstreamConnection } from './upstream-connection.js';
import type { WriteBuffer } from './write-buffer.js';

/** The client's connection, as an answer sees it. */
export interface AnswerSink {
  /** Bytes as latin1. */
  writeText(text: string): void;
  /** Writes the message that was put together there. */
  writeOut(message: WriteBuffer): void;
  /** The bytes are the connection's. */
  writeBytes(bytes: Buffer): void;
  /** The bytes are part of `whole`, which is to be given back to the buffers of the lane once they are out. */
  writeLent(bytes: Buffer, whole: Buffer): void;
}

/** Up to so many bytes go into one message with the head: to copy them is cheaper than a write of their own. */
const SMALL = 20 * 1024;

export type RelayState = 'under way' | 'whole' | 'broken';

export class AnswerRelay implements ChunkSink {
  state: RelayState = 'under way';
  /** Bytes of the body, as the client gets them without framing. */
  sent = 0;
  #left: number;
  readonly #chunked: ChunkedBody | undefined;

  /** @param head of the answer, as the client gets it */
  constructor(
    private readonly sink: AnswerSink,
    private readonly from: UpstreamConnection,
    /** What comes in one read leaves in one write. */
    private readonly out: WriteBuffer,
    /** Until it is out with the first bytes behind it. */
    private head: string,
    private readonly framing: Framing,
    length: number,
  ) {
    this.#left = length;
    if (framing === 'chunked') this.#chunked = new ChunkedBody(this, false);
  }

  /**
   * Passes on what of these bytes belongs to the answer.
   * @returns the offset behind that
   */
  read(bytes: Buffer, begin: number, end: number): number {
    if (this.head !== '') {
      this.out.text(this.head);
      this.head = '';
    }
    const behind = this.#take(bytes, begin, end);
    this.#flush();
    return behind;
  }

  /** The replica sends no more. */
  end(): void {
    if (this.state !== 'under way') return;
    if (this.framing !== 'close') {
      this.state = 'broken';
      return;
    }
    this.out.text('0\r\n\r\n');
    this.state = 'whole';
    this.#flush();
  }

  onSpan(bytes: Buffer, begin: number, end: number): void {
    this.#pass(bytes, begin, end);
  }

  onText(text: string): void {
    this.out.text(text);
  }

  #take(bytes: Buffer, begin: number, end: number): number {
    switch (this.framing) {
      case 'none':
        this.state = 'whole';
        return begin;
      case 'length': {
        const upTo = Math.min(end, begin + this.#left);
        this.#left -= upTo - begin;
        this.sent += upTo - begin;
        this.#pass(bytes, begin, upTo);
        if (this.#left === 0) this.state = 'whole';
        return upTo;
      }
      case 'close':
        if (begin === end) return end;
        // The client must see the end though its connection stays.
        this.sent += end - begin;
        this.out.text(`${(end - begin).toString(16)}\r\n`);
        this.#pass(bytes, begin, end);
        this.out.text('\r\n');
        return end;
      case 'chunked': {
        const chunked = this.#chunked;
        if (!chunked) return begin;
        const behind = chunked.read(bytes, begin, end);
        this.sent = chunked.data;
        if (chunked.done) this.state = 'whole';
        else if (chunked.broken) this.state = 'broken';
        return behind;
      }
    }
  }

  #pass(bytes: Buffer, begin: number, end: number): void {
    if (this.out.length + end - begin <= SMALL) return this.out.copy(bytes, begin, end);
    this.#flush();
    const part = bytes.subarray(begin, end);
    if (this.from.giveAway(bytes)) this.sink.writeLent(part, bytes);
    else this.sink.writeBytes(Buffer.from(part));
  }

  #flush(): void {
    if (this.out.length > 0) this.sink.writeOut(this.out);
  }
}
