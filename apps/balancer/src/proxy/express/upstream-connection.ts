// Owns one connection to a replica: its socket, who uses it, and what comes of it told to that user. What the bytes mean is the
// exchange's, how long it may stay idle the pool's.
import { connect, type Socket } from 'node:net';
import { PROBED } from '../standard/upstreams.js';
import type { ReadBuffers } from './read-buffers.js';
import type { WriteBuffer } from './write-buffer.js';

/** Whose request is on the connection. */
export interface UpstreamUser {
  onConnected(): void;
  /** The bytes are overwritten when this returns. @returns false: nothing more is read until `resume` */
  onBytes(bytes: Buffer, count: number): boolean;
  /** There is room for more. */
  onDrain(): void;
  /** The replica sends no more; nothing comes after it. */
  onEnd(): void;
  /** Closed by the replica or by an error, and not by `destroy`; nothing comes after it. */
  onBroken(error: NodeJS.ErrnoException | undefined): void;
}

export interface UpstreamHome {
  /** Closed by whomever; comes once. */
  onClosed(connection: UpstreamConnection): void;
}

export class UpstreamConnection {
  user: UpstreamUser | undefined;
  /** It carried a request before. */
  reused = false;
  /** Since when it has nothing to do; 0 = it has. Monotonic milliseconds. */
  idleSince = 0;
  /** Milliseconds for which it may be idle. */
  idleLimit = 0;

  readonly #socket: Socket;
  #error: NodeJS.ErrnoException | undefined;
  /** A long answer is under way: it is read into memory of its own. */
  #long = false;
  #own: Buffer | undefined;
  /** The read before filled its buffer, and whoever the bytes are for took them at once. */
  #fast = false;
  #over = false;

  constructor(
    destination: { readonly host: string; readonly port: number },
    private readonly home: UpstreamHome,
    private readonly buffers: ReadBuffers,
  ) {
    const { host, port } = destination;
    const socket = connect({
      host,
      port,
      noDelay: true,
      ...PROBED,
      onread: {
        buffer: () => this.#nextBuffer(),
        callback: (count, bytes) => this.#onBytes(bytes as Buffer, count),
      },
    });
    socket.on('connect', () => this.user?.onConnected());
    socket.on('drain', () => this.user?.onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => (this.#error = error));
    socket.on('close', () => this.#onClose());
    this.#socket = socket;
  }

  get connecting(): boolean {
    return this.#socket.connecting;
  }

  /** All that was written is out, or there is room for more. */
  get wants(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  /** All that was written is out: nothing is read from its memory any more. */
  get flushed(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** Writes the message that was put together there. */
  writeOut(message: WriteBuffer): void {
    message.writeTo(this.#socket);
  }

  /** Belongs to the socket until it is out. */
  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /**
   * What was just read is to be kept for longer, without a copy.
   * @returns true: it is the caller's now, to be given back to the buffers; false: it has to be copied
   */
  giveAway(bytes: Buffer): boolean {
    // A long answer: the next reads are its own.
    this.#long = true;
    if (bytes !== this.#own) return false;
    this.#own = undefined;
    return true;
  }

  /** The answer is over. */
  shareAgain(): void {
    this.#long = false;
    if (this.#own) this.buffers.giveBack(this.#own);
    this.#own = undefined;
  }

  /** Ends it at once; its user hears nothing more. */
  destroy(): void {
    this.user = undefined;
    this.#socket.destroy();
  }

  /** As if the replica had refused: a late SYN could reach whoever gets the address next. */
  giveUp(): void {
    if (!this.#socket.connecting) return;
    this.#socket.destroy(Object.assign(new Error('the replica left'), { code: 'ECONNREFUSED' }));
  }

  #nextBuffer(): Buffer {
    if (!this.#long) return this.buffers.shared;
    return (this.#own ??= this.buffers.take(this.#fast));
  }

  #onBytes(bytes: Buffer, count: number): boolean {
    // Nobody asked: whatever it is, it is no answer to the next request.
    if (!this.user) {
      this.#socket.destroy();
      return false;
    }
    const more = this.user.onBytes(bytes, count);
    // Who is slow keeps what was read for it: that is to be little.
    this.#fast = more && count === bytes.length;
    this.buffers.dealtWith(bytes, count);
    return more;
  }

  #onEnd(): void {
    const { user } = this;
    if (!user) {
      // At once: the close comes a turn later, and a request that was sent in between would be lost.
      this.#socket.destroy();
      this.#onClose();
      return;
    }
    // What it sent last may have ended the answer, and with it the use.
    user.onEnd();
  }

  #onClose(): void {
    if (this.#over) return;
    this.#over = true;
    const { user } = this;
    this.user = undefined;
    this.home.onClosed(this);
    user?.onBroken(this.#error);
  }
}
