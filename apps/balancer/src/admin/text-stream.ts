// Owns answering with text for as long as it comes: at the reader's pace, to a bounded number of readers, and to nobody who has
// left or reads nothing. What is sent is log-stream.ts's and event-stream.ts's.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { OnModuleDestroy } from '@nestjs/common';
import { RequestError } from './failure.js';

/** Longest time in which a reader takes nothing. */
export const STALL_MS = 30_000;
/** A source that says nothing must not keep its reader waiting for the head. */
const HEAD_AFTER_MS = 200;

export interface TextStreamOptions {
  readonly contentType: string;
  /** Readers at a time. */
  readonly most: number;
  /** What they are told who are too many. */
  readonly tooMany: string;
  readonly stallMs?: number;
  /** A reader took nothing for `stallMs` and is cut off. */
  readonly onCut?: (response: ServerResponse) => void;
}

export class TextStreams implements OnModuleDestroy {
  private readonly readers = new Set<AbortController>();

  constructor(private readonly options: TextStreamOptions) {}

  /** The admin port closes: it would wait for its readers for ever. */
  onModuleDestroy(): void {
    for (const reader of this.readers) reader.abort();
  }

  /**
   * Resolves when the source has ended, or the reader has. The head is sent with the first piece or soon after, so that what
   * fails at once is an answer of its own.
   * @param source is told of the reader's end by the signal
   * @throws RequestError 503 when there are too many readers; what `source` throws before the first piece
   */
  async sendText(response: ServerResponse, source: (signal: AbortSignal) => AsyncIterable<string>): Promise<void> {
    const { most, tooMany } = this.options;
    if (this.readers.size >= most)
      throw new RequestError(503, `${tooMany}; at most ${most} at a time`, { 'retry-after': '1' });
    const reader = new AbortController();
    const left = () => reader.abort();
    response.once('close', left);
    this.readers.add(reader);
    try {
      await this.relay(response, source(reader.signal), reader.signal);
    } finally {
      this.readers.delete(reader);
      response.off('close', left);
      reader.abort();
    }
  }

  private async relay(response: ServerResponse, pieces: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
    const iterator = pieces[Symbol.asyncIterator]();
    try {
      let next = iterator.next();
      await Promise.race([next, begun(signal)]);
      response.writeHead(200, { 'content-type': this.options.contentType, 'cache-control': 'no-store' });
      response.flushHeaders();
      for (let step = await next; !step.done; step = await next) {
        if (!response.write(step.value)) await this.drained(response, signal);
        if (signal.aborted) break;
        next = iterator.next();
      }
      response.end();
    } catch (error) {
      // Cut, not ended: the reader shall not take it for all that there is.
      if (response.headersSent) response.destroy();
      else if (!signal.aborted) throw error;
    } finally {
      await iterator.return?.();
    }
  }

  private async drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
    const stalled = AbortSignal.timeout(this.options.stallMs ?? STALL_MS);
    stalled.addEventListener(
      'abort',
      () => !signal.aborted && response.writableNeedDrain && this.options.onCut?.(response),
    );
    await once(response, 'drain', { signal: AbortSignal.any([signal, stalled]) });
  }
}

function begun(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HEAD_AFTER_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
