// Owns what the access log keeps of one request while it is under way: who asked for what, when each phase began, where it went.
// Filled by whoever carries the request; how it is written down is json-line.ts's and combined-line.ts's.
import type { End } from '../answers/causes.js';
import type { Trace } from '../message/trace-context.js';

export interface EntryFacts {
  readonly method?: string | undefined;
  /** As sent; masked only when it is written down. */
  readonly target?: string | undefined;
  readonly httpVersion?: string | undefined;
  readonly host?: string | undefined;
  readonly peer: string | undefined;
  readonly peerPort: number | undefined;
  /** The peer, or whom trusted proxies name. */
  readonly client: string | undefined;
  readonly userAgent?: string | undefined;
  readonly referer?: string | undefined;
  /** Version, host, user agent and referer once more, as they lie in a record: for who writes the same ones often. */
  readonly packed?: PackedTexts;
  /** X-Request-Id as it went on; with REQUEST_ID=off as the client sent it. */
  readonly requestId: string | undefined;
}

export interface PackedTexts {
  readonly bytes: Buffer;
  readonly lengths: Uint16Array;
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

  /** @param began when its head was there, in monotonic milliseconds, as all times */
  constructor(
    readonly began: number,
    readonly facts: EntryFacts,
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

/** Milliseconds; what did not happen is left out. */
export interface Phases {
  /** In the queue, because every replica was at its limit. */
  readonly queue?: number;
  /** From the head of the request to the last try, the queue left out: its body, earlier tries, waits for a replica. */
  readonly wait?: number;
  /** From there until the connection stood. */
  readonly connect?: number;
  /** From there to the head of the answer. */
  readonly firstByte?: number;
  /** From the head of the request to the last byte of the answer. */
  readonly total: number;
}

export function phasesOf({ began, queued, tryBegan, connected, headCame }: AccessEntry, ended: number): Phases {
  return {
    queue: queued > 0 ? queued : undefined,
    wait: tryBegan > 0 ? tryBegan - began - queued : undefined,
    connect: connected > 0 ? connected - tryBegan : undefined,
    firstByte: headCame > 0 && connected > 0 ? headCame - connected : undefined,
    total: ended - began,
  };
}
