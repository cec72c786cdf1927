// Owns what a line of the engine's event stream means to us. Pure; the stream itself is event-stream.ts's.
import type { RuntimeHint } from '../replica-runtime.js';
import { STOP_SIGNAL_LABEL } from './labels.js';

export interface EngineEvent {
  readonly action: string;
  readonly containerId: string;
  /** Of a `kill`: the number, as text. */
  readonly signal: string | undefined;
  /** The container's own stop signal in the same form, as its label has it; undefined for SIGTERM. */
  readonly stopSignal?: string;
  /** Nanoseconds since the epoch by the engine's clock; a number would lose the last digits. */
  readonly timeNano: string | undefined;
}

/** Those that can change what `list` tells. */
export const WATCHED_ACTIONS = [
  'create',
  'start',
  'kill',
  'die',
  'oom',
  'pause',
  'unpause',
  'rename',
  'update',
  'destroy',
];

/**
 * INT, QUIT, ABRT, KILL, TERM: after one of these the container is expected to die. The engine reports HUP, USR1 or WINCH
 * in the same way, and those are meant for a replica that lives on, unless the container is stopped by one of them.
 */
const STOP_SIGNALS: ReadonlySet<string> = new Set(['2', '3', '6', '9', '15']);

/** Undefined for what is no event of a container: half a line, another type, another engine's dialect. */
export function parseEngineEvent(line: string): EngineEvent | undefined {
  let event: { Action?: unknown; Actor?: { ID?: unknown; Attributes?: Record<string, unknown> } };
  try {
    event = JSON.parse(line) as typeof event;
  } catch {
    return undefined;
  }
  const action = event?.Action;
  const containerId = event?.Actor?.ID;
  if (typeof action !== 'string' || typeof containerId !== 'string') return undefined;
  const { signal, [STOP_SIGNAL_LABEL]: stopSignal } = event.Actor?.Attributes ?? {};
  return {
    action,
    containerId,
    signal: typeof signal === 'string' ? signal : undefined,
    ...(typeof stopSignal === 'string' && { stopSignal }),
    timeNano: /"timeNano":\s*(\d{10,})/.exec(line)?.[1],
  };
}

export function hintOf({ action, containerId, signal, stopSignal }: EngineEvent): RuntimeHint {
  if (action === 'die') return { kind: 'died', instanceId: containerId };
  // The engine tells of the signal a whole grace period before it tells of the death.
  const stopping = action === 'kill' && signal !== undefined && (signal === stopSignal || STOP_SIGNALS.has(signal));
  return { kind: stopping ? 'stopping' : 'changed', instanceId: containerId };
}

/** For the stream's `since`: `1700000000123456789` → `1700000000.123456789`. */
export function sinceOf(timeNano: string): string {
  return `${timeNano.slice(0, -9)}.${timeNano.slice(-9)}`;
}
