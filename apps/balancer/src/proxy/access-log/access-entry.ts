// Owns what the access log keeps of one request while it is under way: who asked for what, when each phase began, where it went.
// Filled by whoever carries the request; how it is written down is json-line.ts's and combined-line.ts's.
import type { End } from '../answers/causes.js';
import type { Trace } from '../message/trace-context.js';

/** Who asks: what a client mostly says the same of itself with each request of a connection. */
export interface Sender {
  readonly httpVersion?: string | undefined;
  readonly host?: string | undefined;
  readonly peer: string | undefined;
  readonly peerPort: number | undefined;
  /** The peer, or whom trusted proxies name. */
  readonly client: string | undefined;
  readonly userAgent?: string | undefined;
  readonly referer?: string | undefined;
  /** What all of this comes to in a line, for who is the same often: LineFormat's `repeated`. */
  readonly repeated?: Uint8Array;
}

export class AccessEntry {
  /** Tries, the last one included. */
  attempts = 0;
  /** To whom the last try went. */
  replica: string | undefined;
  /** Link of HASH_KEY that supplied the key. */
  keyLink: string | undefined;
  /** undefined: traces are not ours to write. */
  trace: Trace | undefined;
  /** Of the answer; 499 while nobody was sent one. */
  status = CLIENT_GONE;
  /** Why a replica did not answer, or its answer is not whole. */
  cause: End | undefined;
  /** Bytes of the body that the client sent. */
  received = 0;
  /** Bytes of the body that the client was sent. */
  sent = 0;
  /** Milliseconds in the queue. */
  queued = 0;
  /** When the last try began, its connection stood, and the head of an answer came; 0 = not yet. */
  tryBegan = 0;
  connected = 0;
  headCame = 0;

  /** When it was over. */
  ended = 0;

  /**
   * @param began when its head was there, in monotonic milliseconds, as all times
   * @param target as sent; masked only when it is written down
   * @param requestId X-Request-Id as it went on; with REQUEST_ID=off as the client sent it
   */
  constructor(
    readonly began: number,
    readonly sender: Sender,
    readonly method: string | undefined,
    readonly target: string | undefined,
    readonly requestId: string | undefined,
  ) {}

  tried(replica: string, now: number): void {
    this.attempts++;
    this.replica = replica;
    this.tryBegan = now;
    this.connected = 0;
    this.headCame = 0;
  }
}

/** The line of a log is not as long as a client likes. */
export const LONGEST = 2048;

export function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const CLIENT_GONE = 499;
