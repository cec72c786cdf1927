// Owns the long-lived stream of engine events: connecting, reconnecting, silence. A lost event costs latency
// only, because after every gap the listener is told to look at everything again. What an event means is engine-event.ts's.
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../telemetry/logger.js';
import type { EngineClient } from './engine-client.js';
import { type EngineEvent, parseEngineEvent, sinceOf, WATCHED_ACTIONS } from './engine-event.js';
import { labelFilter, POOL_LABEL } from './labels.js';
import { linesOf } from './line-stream.js';

export interface EventStreamTiming {
  /** Pause before the first reconnection; it doubles up to `maxBackoffMs`. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A stream that said nothing for so long is replaced: an open connection proves nothing. */
  readonly silenceMs: number;
}

export const DEFAULT_TIMING: EventStreamTiming = { minBackoffMs: 100, maxBackoffMs: 5_000, silenceMs: 60_000 };

export interface EventStreamHandlers {
  /** Opens a stream of the events from `since` on (seconds.nanoseconds by the engine's clock; from now when absent). */
  open(since: string | undefined, signal: AbortSignal): Promise<NodeJS.ReadableStream>;
  event(event: EngineEvent): void;
  /** Connected, for the first time or again: anything may have happened before. */
  connected(): void;
  /** The stream ended: the engine may be gone. */
  lost(reason: string): void;
}

export class EventStream {
  private readonly closed = new AbortController();
  private since: string | undefined;
  private connectedNow = false;

  constructor(
    private readonly handlers: EventStreamHandlers,
    private readonly logger: Logger,
    private readonly timing: EventStreamTiming = DEFAULT_TIMING,
  ) {}

  get live(): boolean {
    return this.connectedNow;
  }

  start(): void {
    void this.run();
  }

  close(): void {
    this.closed.abort();
  }

  private async run(): Promise<void> {
    let backoff = this.timing.minBackoffMs;
    while (!this.closed.signal.aborted) {
      const opened = performance.now();
      const end = await this.follow();
      this.connectedNow = false;
      if (this.closed.signal.aborted) return;
      if (end === 'silent') continue;
      this.logger.debug({ reason: end }, 'the engine’s event stream ended');
      this.handlers.lost(end);
      // A stream that lasted was a good one; one that ends at once, again and again, is not hammered.
      backoff = performance.now() - opened > this.timing.maxBackoffMs ? this.timing.minBackoffMs : backoff;
      await delay(backoff, undefined, { signal: this.closed.signal, ref: false }).catch(() => {});
      backoff = Math.min(backoff * 2, this.timing.maxBackoffMs);
    }
  }

  /** Reads one stream to its end. @returns why it ended */
  private async follow(): Promise<string> {
    const ended = new AbortController();
    const signal = AbortSignal.any([this.closed.signal, ended.signal]);
    let silence: NodeJS.Timeout | undefined;
    let silent = false;
    try {
      const stream = await this.handlers.open(this.since, signal);
      const awake = () => {
        clearTimeout(silence);
        silence = setTimeout(() => {
          silent = true;
          ended.abort();
        }, this.timing.silenceMs).unref();
      };
      awake();
      this.connectedNow = true;
      this.handlers.connected();
      for await (const line of linesOf(stream, awake)) this.take(line);
      return 'closed by the engine';
    } catch (error) {
      return silent ? 'silent' : (error as Error).message;
    } finally {
      clearTimeout(silence);
      ended.abort();
    }
  }

  private take(line: string): void {
    if (line.trim() === '') return;
    const event = parseEngineEvent(line);
    if (!event) {
      this.logger.debug({ line: line.slice(0, 200) }, 'not an event');
      return;
    }
    if (event.timeNano !== undefined) this.since = sinceOf(event.timeNano);
    this.handlers.event(event);
  }
}

/** `open` of the handlers: the events of one pool's containers. */
export function openEngineEvents(engine: EngineClient, pool: string): EventStreamHandlers['open'] {
  const filters = { type: ['container' as const], event: [...WATCHED_ACTIONS], ...labelFilter({ [POOL_LABEL]: pool }) };
  return (since, signal) =>
    engine.query('open its event stream', (deadline) =>
      engine.docker.getEvents({
        filters,
        // Seconds with nanoseconds, which the typings' number could not hold.
        ...(since !== undefined && { since: since as unknown as number }),
        abortSignal: AbortSignal.any([signal, deadline]),
      }),
    );
}
