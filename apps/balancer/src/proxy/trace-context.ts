// Owns the trace that a request belongs to, by W3C Trace Context level 1 (https://www.w3.org/TR/trace-context-1/): read from the
// client, or begun here, with the balancer as one more hop in it. Pure: random digits come in as an argument. Which
// fields pass is fields.ts's.

export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** This hop's, 16 hex digits: the parent of what the replica does. All tries of a request share it. */
  readonly spanId: string;
  /** The client's span; undefined: the trace begins here. */
  readonly parentId: string | undefined;
  readonly sampled: boolean;
}

/** @returns so many random bytes in hex */
export type RandomHex = (bytes: number) => string;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;

/** @param traceparent as received; absent, doubled or malformed: a new trace begins, and an old tracestate means nothing in it */
export function traceOf(traceparent: string | undefined, random: RandomHex): Trace {
  const before = traceparent === undefined ? undefined : parse(traceparent);
  const spanId = idOf(8, random);
  if (before) return { ...before, spanId };
  // Sampled: it is in the access log. Not to be sampled would keep most tracers behind us from recording anything.
  return { traceId: idOf(16, random), spanId, parentId: undefined, sampled: true };
}

/** The field as it is sent on. Flags that version 00 does not know are not carried on. */
export function traceparentOf({ traceId, spanId, sampled }: Trace): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

function parse(text: string): Pick<Trace, 'traceId' | 'parentId' | 'sampled'> | undefined {
  const [whole, version, traceId, parentId, flags, more] = TRACEPARENT.exec(text) ?? [];
  // A later version may append fields and still be read; this one may not.
  if (whole === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (isZero(traceId) || isZero(parentId)) return undefined;
  return { traceId, parentId, sampled: (parseInt(flags, 16) & SAMPLED) !== 0 };
}

function idOf(bytes: number, random: RandomHex): string {
  let id = random(bytes);
  while (isZero(id)) id = random(bytes);
  return id;
}

function isZero(id: string): boolean {
  return /^0+$/.test(id);
}
