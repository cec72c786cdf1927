// Owns the way of a request body to the replica: not a byte is taken from the client before the connection stands, so that a
// refused connection costs nothing and the request can go elsewhere. Also its limit, and the patience with a slow sender.
import type { IncomingMessage } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';

export interface BodyGateOptions {
  /** Most bytes; 0 = no limit. */
  readonly maxBody: number;
  /** Longest time without progress, in milliseconds. */
  readonly stallTimeout: number;
  readonly onTooLarge: () => void;
  /** Nothing moved: the client sends nothing, or the replica takes nothing. */
  readonly onStalled: (slow: 'client' | 'replica') => void;
}

export class BodyGate extends Transform {
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #opened = false;

  constructor(
    private readonly source: IncomingMessage,
    private readonly options: BodyGateOptions,
  ) {
    super();
  }

  /** Bytes may have been taken from the client. */
  get opened(): boolean {
    return this.#opened;
  }

  open(): void {
    if (this.#opened || this.destroyed) return;
    this.#opened = true;
    this.#timer = setTimeout(() => {
      this.options.onStalled(this.writableNeedDrain ? 'replica' : 'client');
    }, this.options.stallTimeout);
    this.source.pipe(this);
  }

  /** The body is nobody's any more: the client is listened to no longer. */
  abandon(): void {
    if (this.destroyed) return;
    clearTimeout(this.#timer);
    if (this.#opened) this.source.unpipe(this);
    this.destroy();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#timer?.refresh();
    this.#bytes += chunk.length;
    if (this.options.maxBody > 0 && this.#bytes > this.options.maxBody) this.options.onTooLarge();
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.#timer);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    done(error);
  }
}
