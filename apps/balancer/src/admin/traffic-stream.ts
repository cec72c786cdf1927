// Owns the data plane's counts as server-sent events: at most one a second, and none while nothing is counted. What is counted
// is the orchestrator's to say; pace and limits of a reader are text-stream.ts's.
import { setTimeout as pause } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { TrafficView } from '../orchestrator/views/traffic-view.js';
import { STALL_MS, TextStreams } from './text-stream.js';

export const MAX_TRAFFIC_STREAMS = 32;
/** Proxies and browsers give up on what says nothing for long. */
const HEARTBEAT_MS = 15_000;
/** Between two samples. */
const PACE_MS = 1000;

export interface TrafficSource {
  view(): Promise<TrafficView>;
  onCounted(listener: () => void): () => void;
}

export class TrafficStreams extends TextStreams {
  constructor(
    private readonly paceMs = PACE_MS,
    private readonly heartbeatMs = HEARTBEAT_MS,
    stallMs = STALL_MS,
  ) {
    super({
      contentType: 'text/event-stream; charset=utf-8',
      most: MAX_TRAFFIC_STREAMS,
      tooMany: 'too many follow the traffic',
      stallMs,
    });
  }

  /** @throws RequestError 503 */
  async follow(response: ServerResponse, source: TrafficSource): Promise<void> {
    await this.sendText(response, (signal) => trafficFrames(source, signal, this.paceMs, this.heartbeatMs));
  }
}

/** The first sample at once; ends with the signal. */
export async function* trafficFrames(
  source: TrafficSource,
  signal: AbortSignal,
  paceMs: number,
  heartbeatMs: number,
): AsyncGenerator<string> {
  const news = new News(source, signal);
  try {
    let sent = '';
    while (!signal.aborted) {
      const view = await source.view();
      const counted = JSON.stringify(view.instances);
      if (counted !== sent) yield `event: traffic\ndata: ${JSON.stringify(view)}\n\n`;
      sent = counted;
      await pause(paceMs, undefined, { signal }).catch(() => {});
      if (!(await news.came(heartbeatMs))) yield ': still here\n\n';
    }
  } finally {
    news.end();
  }
}

/** Remembers between two looks that there was news, so that what comes while a reader takes a sample is not lost. */
class News {
  private fresh = false;
  private wake = () => {};
  private readonly unsubscribe: () => void;
  private readonly tell = () => {
    this.fresh = true;
    this.wake();
  };

  constructor(
    source: TrafficSource,
    private readonly signal: AbortSignal,
  ) {
    this.unsubscribe = source.onCounted(this.tell);
    signal.addEventListener('abort', this.tell);
  }

  /** @returns false when there was none for so long */
  async came(timeoutMs: number): Promise<boolean> {
    if (!this.fresh && !this.signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        timer = setTimeout(resolve, timeoutMs);
      });
      clearTimeout(timer);
    }
    const was = this.fresh;
    this.fresh = false;
    return was;
  }

  end(): void {
    this.unsubscribe();
    this.signal.removeEventListener('abort', this.tell);
  }
}
