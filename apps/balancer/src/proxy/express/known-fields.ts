// Owns what is kept of the fields of a request, to know them when they come again. When that is worth it is repeated-fields.ts's.
import type { Sender } from '../access-log/access-entry.js';
import type { Gap, KeptLines } from './field-lines.js';

/** Fields of an earlier request on the same connection, and what they came to: most clients send them again and again. */
export interface KnownFields {
  readonly lines: KeptLines;
  /** The value of a traceparent that goes on in its place: whoever traces sends another one each time. */
  readonly trace: Gap | undefined;
  /** For the access log; made once it is asked for. */
  sender: Sender | undefined;
  /** The lines that go on, in one piece. */
  readonly passing: string;
  readonly host: string | undefined;
  readonly body: 'none' | 'length' | 'chunked';
  readonly length: number;
  readonly close: boolean;
  readonly forwardedProto: boolean;
  readonly forwardedHost: boolean;
  readonly hasVia: boolean;
  readonly hasRequestId: boolean;
  readonly hasTraceparent: boolean;
  readonly hasTracestate: boolean;
  /** Where that value stands in them; -1: there is none. */
  readonly traceAt: number;
}
