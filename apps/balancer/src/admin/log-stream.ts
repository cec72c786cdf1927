// Owns how lines of a replica's output are sent: as plain text, one by one. Pace and limits are text-stream.ts's.
import type { ServerResponse } from 'node:http';
import { STALL_MS, TextStreams } from './text-stream.js';

export const MAX_STREAMS = 16;

export class LogStreams extends TextStreams {
  constructor(stallMs = STALL_MS) {
    super({
      contentType: 'text/plain; charset=utf-8',
      most: MAX_STREAMS,
      tooMany: 'too many logs are followed',
      stallMs,
    });
  }

  /** @throws RequestError 503; what `follow` throws before the first line */
  async send(response: ServerResponse, follow: (signal: AbortSignal) => AsyncIterable<string>): Promise<void> {
    await this.sendText(response, async function* (signal) {
      for await (const line of follow(signal)) yield `${line}\n`;
    });
  }
}
