// Owns reading what a client of GET /api/events asks for: from where, which types, as a stream or as a list. Pure but for the
// words of its refusals.
import { isEventId, MOST_EVENTS } from '../orchestrator/events/event-log.js';
import { POOL_EVENT_TYPES, type PoolEventType } from '../orchestrator/events/pool-event.js';
import { quote, RequestError } from './failure.js';

const PARAMETERS = ['since', 'types', 'format', 'limit'];
const DEFAULT_LIMIT = 100;

export interface EventQuestion {
  readonly format: 'stream' | 'json';
  /** Id of the last event that the client has; null: none. */
  readonly since: string | null;
  /** null: all. */
  readonly types: ReadonlySet<PoolEventType> | null;
  /** Of a list. */
  readonly limit: number;
}

export interface EventFields {
  readonly accept: string | undefined;
  readonly lastEventId: string | undefined;
}

/** @param search the query string, without the question mark @throws RequestError 400 naming the parameter */
export function readEventQuestion(search: string, { accept, lastEventId }: EventFields): EventQuestion {
  const parameters = new URLSearchParams(search);
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name))
      throw new RequestError(400, `unknown query parameter ${quote(name)}; known are since, types, format and limit`);
    if (parameters.getAll(name).length > 1)
      throw new RequestError(400, `the query parameter ${quote(name)} stands more than once`);
  }
  const format = parameters.get('format') ?? preferred(accept);
  if (format !== 'stream' && format !== 'json')
    throw new RequestError(400, `format must be stream or json, not ${quote(format)}`);
  if (format === 'stream' && parameters.has('limit'))
    throw new RequestError(400, 'limit goes with format=json; a stream has no end');
  return {
    format,
    since: place(parameters.get('since'), lastEventId),
    types: readTypes(parameters.get('types')),
    limit: readLimit(parameters.get('limit')),
  };
}

/** A browser that connects again sends the field, and its URL as it was: the field is newer. What it holds is not its user's doing. */
function place(since: string | null, lastEventId: string | undefined): string | null {
  if (lastEventId) return lastEventId;
  if (since !== null && !isEventId(since))
    throw new RequestError(400, `since must be the id of an event, such as 4f1c9a02-17, not ${quote(since)}`);
  return since;
}

function preferred(accept = ''): 'stream' | 'json' {
  return /\bapplication\/json\b/i.test(accept) && !/\btext\/event-stream\b/i.test(accept) ? 'json' : 'stream';
}

function readTypes(text: string | null): ReadonlySet<PoolEventType> | null {
  if (text === null) return null;
  const known: ReadonlySet<string> = new Set(POOL_EVENT_TYPES);
  const types = text.split(',');
  const unknown = types.find((type) => !known.has(type));
  if (unknown !== undefined)
    throw new RequestError(400, `types has ${quote(unknown)}, which is none; known are ${POOL_EVENT_TYPES.join(', ')}`);
  return new Set(types as PoolEventType[]);
}

function readLimit(text: string | null): number {
  if (text === null) return DEFAULT_LIMIT;
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > MOST_EVENTS)
    throw new RequestError(400, `limit must be a whole number from 1 to ${MOST_EVENTS}, not ${quote(text)}`);
  return Number(text);
}
