// Owns the pool's events as server-sent events: their framing, where a reader begins, heartbeats, and what one is told who has
// missed something. A reader has a place in the event log and no queue of its own. Pace and limits are text-stream.ts's.
import type { ServerResponse } from 'node:http';
import type { EventLog } from '../orchestrator/events/event-log.js';
import type { PoolEventType } from '../orchestrator/events/pool-event.js';
import type { Logger } from '../telemetry/logger.js';
import { STALL_MS, TextStreams } from './text-stream.js';

export const MAX_EVENT_STREAMS = 32;
/** Proxies and browsers give up on what says nothing for long. */
const HEARTBEAT_MS = 15_000;
/** What an EventSource waits before it connects again. */
const RETRY_MS = 1000;

export interface EventReader {
  /** Id of the last event that it has; null: it wants those from now on. */
  readonly since: string | null;
  /** null: all types. */
  readonly types: ReadonlySet<PoolEventType> | null;
}

export class EventStreams extends TextStreams {
  constructor(
    logger: Logger,
    private readonly heartbeatMs = HEARTBEAT_MS,
    stallMs = STALL_MS,
  ) {
    super({
      contentType: 'text/event-stream; charset=utf-8',
      most: MAX_EVENT_STREAMS,
      tooMany: 'too many follow the events',
      stallMs,
      onCut: (response) =>
        logger.info(
          { peer: response.req.socket.remoteAddress, stallMs },
          'a reader of the events took none, and is cut off',
        ),
    });
  }

  /** @throws RequestError 503 */
  async follow(response: ServerResponse, log: EventLog, reader: EventReader): Promise<void> {
    await this.sendText(response, (signal) => eventFrames(log, reader, signal, this.heartbeatMs));
  }
}

/** Ends with the signal. @param heartbeatMs of silence before a comment is sent */
export async function* eventFrames(
  log: EventLog,
  { since, types }: EventReader,
  signal: AbortSignal,
  heartbeatMs: number,
): AsyncGenerator<string> {
  let place = since ?? log.position;
  const { boot, oldest, position } = log;
  // Its id is where the reader stands, so that a connection lost before the first event loses none.
  yield `retry: ${RETRY_MS}\n${frame('hello', { boot, position, oldest }, since === null ? place : undefined)}`;
  while (!signal.aborted) {
    const { events, gap } = log.since(place);
    const asked = place;
    place = log.position;
    if (gap !== null) yield frame('gap', { asked, reason: gap, position: place }, place);
    const wanted = events.filter(({ type }) => types === null || types.has(type));
    for (const event of wanted) yield frame(event.type, event, event.id);
    if (place !== log.position) continue; // more came while the reader took these
    if (!(await recorded(log, signal, heartbeatMs))) yield `: still here\nid: ${place}\n\n`;
  }
}

function frame(name: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** @returns false when nothing was recorded for so long */
function recorded(log: EventLog, signal: AbortSignal, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (news: boolean) => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener('abort', ended);
      resolve(news);
    };
    const ended = () => settle(true);
    const timer = setTimeout(() => settle(false), timeoutMs);
    const unsubscribe = log.onRecord(() => settle(true));
    signal.addEventListener('abort', ended);
    if (signal.aborted) ended();
  });
}
