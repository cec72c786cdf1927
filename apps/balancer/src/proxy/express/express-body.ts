// Owns the body of one request of the express lane: finds its end in what the client sends, keeps as much as may be sent again,
// and gives it to one try at a time. When to take it and how long that may last is the attempt machine's; who reads the client
// is client-connection.ts's.
import { type BodyBlocks, HEADROOM } from './body-blocks.js';
import { ChunkedBody, type ChunkSink } from './chunked.js';
import type { UpstreamConnection } from './upstream-connection.js';
import type { WriteBuffer } from './write-buffer.js';

export interface BodyLimits {
  /** Most bytes of data; 0 = no limit. */
  readonly maxBody: number;
  /** Bytes that are kept to be sent again. */
  readonly retryBuffer: number;
}

/** Bytes that come at a time and are kept in a block; fewer would have one mostly empty, and a client who drips might hold many. */
const WORTH_A_BLOCK = 16 * 1024;

/** open: more comes · ended: it is whole · malformed: its framing is none · too_large. */
export type BodyState = 'open' | 'ended' | 'malformed' | 'too_large';

export class ExpressBody implements ChunkSink {
  state: BodyState = 'open';
  /** Bytes of data that came. */
  taken = 0;
  /** As they go on, framing and all; those before `#letGo` are gone. */
  #pieces: Buffer[] = [];
  #letGo = 0;
  #kept = 0;
  /** Pieces that the try under way was given. */
  #position = 0;
  /** That the last piece is in, and how far it is filled. */
  #block: Buffer | undefined;
  #filled = 0;
  /** The memory of pieces that are kept. */
  #blocks: Buffer[] | undefined;
  #left: number;
  readonly #chunked: ChunkedBody | undefined;

  /** @param length bytes; undefined: it is chunked */
  constructor(
    length: number | undefined,
    private readonly limits: BodyLimits,
    private readonly memory: BodyBlocks,
  ) {
    this.#left = length ?? 0;
    if (length === undefined) this.#chunked = new ChunkedBody(this, true);
    else if (limits.maxBody > 0 && length > limits.maxBody) this.state = 'too_large';
  }

  /** No more can be kept: it is time to send it, or to send what was taken before. */
  get full(): boolean {
    return this.#kept >= this.limits.retryBuffer;
  }

  /** It can be sent again. */
  get kept(): boolean {
    return this.taken <= this.limits.retryBuffer;
  }

  /** The try under way was given all that came. */
  get allGiven(): boolean {
    return this.#position - this.#letGo === this.#pieces.length;
  }

  /** Changes as bytes come in or go out. */
  get moved(): number {
    return this.taken + this.#position;
  }

  /**
   * Takes what belongs to it.
   * @param bytes are overwritten when the caller is done
   * @returns the offset behind that
   */
  take(bytes: Buffer, begin: number, upTo: number): number {
    if (this.state !== 'open') return begin;
    const chunked = this.#chunked;
    if (!chunked) {
      const end = Math.min(upTo, begin + this.#left);
      this.#left -= end - begin;
      this.taken += end - begin;
      this.onSpan(bytes, begin, end);
      if (this.#left === 0) this.state = 'ended';
      return end;
    }
    const end = chunked.read(bytes, begin, upTo);
    this.taken = chunked.data;
    if (chunked.broken) this.state = 'malformed';
    else if (this.limits.maxBody > 0 && this.taken > this.limits.maxBody) this.state = 'too_large';
    else if (chunked.done) this.state = 'ended';
    return end;
  }

  onSpan(bytes: Buffer, begin: number, end: number): void {
    if (begin < end && !this.#extend(bytes, begin, end)) this.#keep(this.#copy(bytes, begin, end));
  }

  onText(text: string): void {
    this.#block = undefined;
    this.#keep(Buffer.from(text, 'latin1'));
  }

  /** The next try begins: it gets all from the first byte on. Must not be called once some was let go. */
  rewind(): void {
    this.#position = 0;
  }

  /** Adds it to the message, if it is whole and has so many bytes at most. @returns false: it is to be sent by `flow` */
  putInto(message: WriteBuffer, most: number): boolean {
    if (this.state !== 'ended' || this.#letGo > 0 || this.#kept > most) return false;
    this.#position = this.#pieces.length;
    for (const piece of this.#pieces) message.copy(piece, 0, piece.length);
    return true;
  }

  /**
   * Puts the head in front of the body, to leave with it in one write, if the body is whole and there is room.
   * @returns both; undefined: the body is to be sent by `flow`
   */
  behind(head: WriteBuffer): Buffer | undefined {
    const block = this.#blocks?.[0];
    if (this.state !== 'ended' || this.#letGo > 0 || this.#pieces.length !== 1 || !block) return undefined;
    const begin = HEADROOM - head.length;
    if (begin < 0) return undefined;
    this.#position = 1;
    head.moveTo(block, begin);
    return block.subarray(begin, this.#filled);
  }

  /** Gives on as much as the connection takes. */
  flow(to: UpstreamConnection): void {
    while (to.wants && this.#position - this.#letGo < this.#pieces.length) {
      to.write(this.#pieces[this.#position - this.#letGo]);
      this.#position++;
    }
    if (this.kept) return;
    for (; this.#letGo < this.#position; this.#letGo++) this.#kept -= this.#pieces.shift()?.length ?? 0;
    this.#leaveBlocks(this.#pieces.length === 0 && to.flushed);
  }

  /** Nothing of it is wanted any more. @param out the system has all of it that was ever written */
  forget(out: boolean): void {
    this.#letGo += this.#pieces.length;
    this.#pieces = [];
    this.#kept = 0;
    this.#leaveBlocks(out);
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#kept += piece.length;
  }

  /** Adds to the last piece, if there is room behind it and no try was given it. */
  #extend(bytes: Buffer, begin: number, end: number): boolean {
    const block = this.#block;
    const last = this.#pieces.length - 1;
    if (!block || this.#filled + end - begin > block.length || this.#position - this.#letGo > last) return false;
    const from = this.#filled - this.#pieces[last].length;
    this.#filled += bytes.copy(block, this.#filled, begin, end);
    this.#pieces[last] = block.subarray(from, this.#filled);
    this.#kept += end - begin;
    return true;
  }

  #copy(bytes: Buffer, begin: number, end: number): Buffer {
    if (end - begin < WORTH_A_BLOCK) {
      this.#block = undefined;
      return Buffer.from(bytes.subarray(begin, end));
    }
    const block = (this.#block = this.memory.take());
    (this.#blocks ??= []).push(block);
    this.#filled = HEADROOM + bytes.copy(block, HEADROOM, begin, end);
    return block.subarray(HEADROOM, this.#filled);
  }

  /** What the system does not have yet is read from its block later: then the block is nobody's to use again. */
  #leaveBlocks(out: boolean): void {
    if (out && this.#blocks) for (const block of this.#blocks) this.memory.giveBack(block);
    this.#blocks = this.#block = undefined;
  }
}
