// Owns following the pool's events for as long as somebody wants them: through lost connections and restarts of the balancer,
// without missing what it still has. Framing is event-frames.ts's.
import { setTimeout as pause } from 'node:timers/promises';
import type { PoolEvent } from './api.js';
import type { Client } from './client.js';
import { FrameReader } from './event-frames.js';
import { RefusedError, UnreachableError } from './failures.js';

export type News =
  | { readonly kind: 'connected' }
  | { readonly kind: 'event'; readonly event: PoolEvent }
  /** Something was missed: how things are now has to be read anew. */
  | { readonly kind: 'gap'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

export interface FeedOptions {
  /** Id of the last event that is known. */
  readonly since?: string;
  readonly types?: string;
  readonly signal: AbortSignal;
}

/** Milliseconds, doubled with each failure in a row. */
const RETRY = { first: 250, most: 5000 };
/** The balancer says something every 15 s. */
const SILENCE_MS = 45_000;

/** Ends with the signal. The balancer has answered before: when it does not now, it is asked again. @throws RefusedError */
export async function* follow(client: Client, { since, types, signal }: FeedOptions): AsyncGenerator<News> {
  const reader = new FrameReader();
  reader.lastId = since ?? '';
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const news of connection(client, reader, types, signal)) {
        failures = 0;
        yield news;
      }
      if (signal.aborted) return;
      yield { kind: 'lost', reason: 'the balancer ended the stream' };
    } catch (error) {
      if (signal.aborted) return;
      const passing = error instanceof UnreachableError || (error instanceof RefusedError && error.status === 503);
      if (!passing) throw error;
      if (failures === 0) yield { kind: 'lost', reason: error.message };
    }
    await pause(Math.min(RETRY.first * 2 ** failures++, RETRY.most), undefined, { signal }).catch(() => {});
  }
}

async function* connection(
  client: Client,
  reader: FrameReader,
  types: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<News> {
  const query = types === undefined ? '' : `?types=${encodeURIComponent(types)}`;
  const headers = { accept: 'text/event-stream', ...(reader.lastId !== '' && { 'last-event-id': reader.lastId }) };
  const silence = new AbortController();
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const call = { headers, signal: AbortSignal.any([signal, silence.signal]) };
    for await (const piece of client.text(`/api/events${query}`, call)) {
      heard();
      for (const { event, data } of reader.push(piece)) {
        const value = JSON.parse(data) as PoolEvent & { reason?: string };
        if (event === 'hello') yield { kind: 'connected' };
        else if (event === 'gap') yield { kind: 'gap', reason: value.reason ?? '' };
        else yield { kind: 'event', event: value };
      }
    }
  } finally {
    clearTimeout(timer);
  }
}
