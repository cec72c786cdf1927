// Owns a deploy's course as server-sent events: one with the whole view after each change, the last one when it has ended.
// Following it is the orchestrator's, pace and limits text-stream.ts's.
import type { ServerResponse } from 'node:http';
import type { DeployView } from '../orchestrator/deploy/deploy-view.js';
import { STALL_MS, TextStreams } from './text-stream.js';

export const MAX_DEPLOY_STREAMS = 16;
/** Proxies give up on what says nothing for long. */
const HEARTBEAT_MS = 15_000;

export class DeployStreams extends TextStreams {
  constructor(
    private readonly heartbeatMs = HEARTBEAT_MS,
    stallMs = STALL_MS,
  ) {
    super({
      contentType: 'text/event-stream; charset=utf-8',
      most: MAX_DEPLOY_STREAMS,
      tooMany: 'too many follow the deploy',
      stallMs,
    });
  }

  /** Ends with the deploy, or with the reader, whom the deploy does not wait for. @throws RequestError 503 */
  async follow(response: ServerResponse, views: (signal: AbortSignal) => AsyncIterable<DeployView>): Promise<void> {
    await this.sendText(response, (signal) => frames(views(signal), this.heartbeatMs));
  }
}

async function* frames(views: AsyncIterable<DeployView>, heartbeatMs: number): AsyncGenerator<string> {
  const iterator = views[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(); ;) {
      const step = await Promise.race([next, silence(heartbeatMs)]);
      if (step === undefined) {
        yield ': still here\n\n';
        continue;
      }
      if (step.done) return;
      yield `event: ${step.value.endedAt === null ? 'progress' : 'end'}\ndata: ${JSON.stringify(step.value)}\n\n`;
      next = iterator.next();
    }
  } finally {
    await iterator.return?.();
  }
}

function silence(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}
