// Owns the memory that heads and small bodies are put together in, to leave in one write. One serves a lane: a message is put together
// and written at a stroke, and mostly the system has taken all of it by then, so the next one goes into the same bytes.
//
// Danger: what the system did not take at once is read from this memory later. Then it belongs to the socket, and the next message
// gets other memory. A socket that is behind already gets a copy of just the message: many small ones may wait there.
import type { Socket } from 'node:net';

/** Bytes. A small body, its head and some; longer messages get memory of their own. */
const SIZE = 48 * 1024;

export class WriteBuffer {
  #bytes = Buffer.allocUnsafeSlow(SIZE);
  #length = 0;

  /** @param poison overwrites what was written once it is out, so that whoever sends it later is found out */
  constructor(private readonly poison = false) {}

  /** Bytes of the message so far. */
  get length(): number {
    return this.#length;
  }

  /** Adds one byte per character. Costs least where the text is in one piece, see `inOnePiece`. */
  text(text: string): void {
    const { length } = text;
    if (length === 0) return;
    if (this.#length + length > this.#bytes.length) this.#grow(length);
    this.#length += this.#bytes.write(text, this.#length, 'latin1');
  }

  /** Writes over what was added. @param at where: counted from the message's begin */
  over(at: number, text: string): void {
    this.#bytes.write(text, at, 'latin1');
  }

  /** Adds a copy of these bytes. */
  copy(bytes: Buffer, begin: number, end: number): void {
    if (this.#length + end - begin > this.#bytes.length) this.#grow(end - begin);
    this.#length += bytes.copy(this.#bytes, this.#length, begin, end);
  }

  /** Copies the message to this place, and begins the next. */
  moveTo(bytes: Buffer, begin: number): void {
    this.#bytes.copy(bytes, begin, 0, this.#length);
    this.#length = 0;
  }

  /** What was put together goes to nobody: whoever comes next begins anew. */
  drop(): void {
    this.#length = 0;
  }

  /** Writes the message to this socket, and begins the next. */
  writeTo(socket: Socket): void {
    const bytes = this.#bytes;
    const message = bytes.subarray(0, this.#length);
    this.#length = 0;
    if (socket.writableLength > 0) socket.write(Buffer.from(message));
    else {
      socket.write(message);
      if (socket.writableLength > 0) this.#bytes = Buffer.allocUnsafeSlow(SIZE);
      else if (this.poison) message.fill(0xaa);
    }
    if (bytes.length > SIZE) this.#bytes = Buffer.allocUnsafeSlow(SIZE);
  }

  #grow(by: number): void {
    const bytes = Buffer.allocUnsafeSlow(this.#length + by + SIZE);
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }
}

/** The same text in one piece, for one that is written often: V8 keeps what was joined or cut as pieces, and to copy those is slower. */
export function inOnePiece(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
