// Owns sending lines for as long as they come: at the reader's pace, to a bounded number of readers, and to nobody who has
// left or reads nothing.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { RequestError } from './failure.js';

export const MAX_STREAMS = 16;
/** Longest time in which a reader takes nothing. */
const STALL_MS = 30_000;

export class LogStreams {
  private open = 0;

  constructor(private readonly stallMs = STALL_MS) {}

  /**
   * Resolves when the lines have ended, or the reader has. The head is sent with the first line or soon after, so that what
   * fails at once is an answer of its own.
   * @param follow is told of the reader's end by the signal
   * @throws RequestError 503 when there are too many readers; what `follow` throws before the first line
   */
  async send(response: ServerResponse, follow: (signal: AbortSignal) => AsyncIterable<string>): Promise<void> {
    if (this.open >= MAX_STREAMS)
      throw new RequestError(503, `too many logs are followed; at most ${MAX_STREAMS} at a time`, {
        'retry-after': '1',
      });
    const reader = new AbortController();
    const left = () => reader.abort();
    response.once('close', left);
    this.open++;
    try {
      await this.relay(response, follow(reader.signal), reader.signal);
    } finally {
      this.open--;
      response.off('close', left);
      reader.abort();
    }
  }

  private async relay(response: ServerResponse, lines: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
    const iterator = lines[Symbol.asyncIterator]();
    try {
      let next = iterator.next();
      // A replica that says nothing must not keep its reader waiting for the head.
      await Promise.race([next, begun(signal)]);
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      response.flushHeaders();
      for (let step = await next; !step.done; step = await next) {
        if (!response.write(`${step.value}\n`)) await this.drained(response, signal);
        if (signal.aborted) return;
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
    const stalled = AbortSignal.timeout(this.stallMs);
    await once(response, 'drain', { signal: AbortSignal.any([signal, stalled]) });
  }
}

const HEAD_AFTER_MS = 200;

function begun(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HEAD_AFTER_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
