// Owns what a request of the express lane knows of the connection that it came on. The connection itself is client-connection.ts.
import type { Cause } from '../answers/causes.js';
import type { AnswerSink } from './answer-relay.js';
import type { OriginLines } from './forwarded-lines.js';

/** A request that is over, as its connection needs it. */
export interface EndedRequest {
  /** Its answer is the last on the connection. */
  readonly last: boolean;
  /** Its body came to its end. */
  readonly bodyEnded: boolean;
  /** Monotonic milliseconds. */
  readonly endedAt: number;
}

export interface ExpressClient extends AnswerSink {
  /** The socket's peer. */
  readonly peer: string;
  readonly peerPort: number | undefined;
  readonly peerTrusted: boolean;
  readonly origin: OriginLines;
  /** Bytes of its connection since the request before was over. */
  readonly received: number;
  readonly sent: number;
  /** Whatever was written is out, or there is room for more. */
  readonly wants: boolean;
  /** Whatever was written is out: the system has it, and nothing that happens to the connection here can cut it any more. */
  readonly flushed: boolean;
  /** No further request will be taken. */
  readonly closing: boolean;
  /** Bytes that it has not taken yet, and those that it has. */
  readonly unsent: number;
  readonly taken: number;
  /** More of the body is wanted from now on, or no more for now. */
  read(more: boolean): void;
  /** The exchange is to be told, as of a drain, once all is flushed. */
  awaitFlush(): void;
  /** The deadline of the exchange may have moved. */
  follow(): void;
  /** Answers by itself instead of a replica. */
  answer(cause: Cause, requestId: string | undefined, toHead: boolean): void;
  /** What came of the answer must not look whole. */
  reset(): void;
  /** Nothing of the request is under way any more. */
  onOver(request: EndedRequest): void;
}
