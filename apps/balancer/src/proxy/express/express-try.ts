// Owns one try of a request of the express lane on the wire: the connection to its replica, the request on it, and the answer on its
// way to the client, told to the exchange as it happens. What that means is the attempt machine's.
import { performance } from 'node:perf_hooks';
import type { Target } from '../../routing/table.js';
import { causeOf, type FailedTry } from '../attempts/retry-policy.js';
import { AnswerHeads } from './answer-heads.js';
import { AnswerRelay } from './answer-relay.js';
import type { ExpressBody } from './express-body.js';
import type { ExpressClient } from './express-client.js';
import type { ExpressContext } from './express-context.js';
import type { ExpressUpstream } from './express-upstreams.js';
import type { UpstreamConnection, UpstreamUser } from './upstream-connection.js';
import type { WriteBuffer } from './write-buffer.js';

export interface TryOwner {
  readonly body: ExpressBody | undefined;
  readonly client: ExpressClient;
  /** Adds the head of the request, but for the lines of the replica. */
  putHead(message: WriteBuffer): void;
  onConnected(attempt: number, reused: boolean, now: number): void;
  /** The last byte of the request is out. */
  onSent(attempt: number, now: number): void;
  /** There is room for more of the body. */
  onRoom(): void;
  /** The reader holds the final head: to be relayed at once, by `relay`, or given up. */
  onHead(attempt: number, now: number): void;
  onFailed(attempt: number, cause: FailedTry): void;
  /** All of the answer is with the client's connection; the replica has no more part in it. */
  onAnswered(attempt: number, now: number): void;
  /** A fault of ours. */
  onFault(error: Error): void;
}

/** Bodies up to here go out with the head, in one write. */
const SMALL_BODY = 16 * 1024;

export class ExpressTry implements UpstreamUser {
  #upstream: UpstreamConnection | undefined;
  #connected = false;
  /** The connection stands, and not all of the body is out. */
  #sending = false;
  #heads: AnswerHeads | undefined;
  #relay: AnswerRelay | undefined;
  #keepAlive = false;
  #idleLimit = Infinity;

  constructor(
    readonly number: number,
    target: Target,
    private readonly context: ExpressContext,
    private readonly owner: TryOwner,
    private readonly toHead: boolean,
  ) {
    this.#to = context.upstreams.of(target.instance);
  }

  readonly #to: ExpressUpstream;

  /** Of the replica, with the end of its line. */
  get replicaLine(): string {
    return this.#to.replicaLine;
  }

  /** The connection stands. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Part of the body is still to be sent. */
  get sending(): boolean {
    return this.#sending;
  }

  /** The replica takes what it is sent. */
  get wants(): boolean {
    return this.#sending && this.#upstream?.wants === true;
  }

  /** The answer on its way; undefined until its head came. */
  get answer(): AnswerRelay | undefined {
    return this.#relay;
  }

  /** @param maxIdle milliseconds for which its connection may have been idle */
  begin(maxIdle: number, now: number): void {
    const { pool } = this.#to;
    this.#upstream = pool.takeIdle(this, maxIdle, now);
    if (this.#upstream) this.#stands(true, now);
    else this.#upstream = pool.dial(this);
  }

  /** Moves the body, as far as it goes. */
  flow(body: ExpressBody): void {
    const upstream = this.#upstream;
    if (!this.#sending || !upstream) return;
    body.flow(upstream);
    if (body.state !== 'ended' || !body.allGiven || !upstream.wants) return;
    this.#sending = false;
    this.owner.onSent(this.number, performance.now());
  }

  /** Passes on the answer whose head was just read. @param head as the client gets it */
  relay(head: string): void {
    const { answers, out } = this.context;
    if (!this.#upstream) throw new Error('an answer from nobody');
    this.#relay = new AnswerRelay(this.owner.client, this.#upstream, out, head, answers.framing, answers.length);
  }

  /** The client takes more. */
  resume(): void {
    this.#upstream?.resume();
  }

  /** Gives it up: nothing that still comes of it is told. */
  drop(): void {
    this.#sending = false;
    this.#upstream?.destroy();
    this.#upstream = undefined;
  }

  // UpstreamUser

  onConnected(): void {
    this.#stands(false, performance.now());
  }

  onBytes(bytes: Buffer, count: number): boolean {
    try {
      return this.#onBytes(bytes, count);
    } catch (error) {
      this.owner.onFault(error as Error);
      return false;
    }
  }

  onDrain(): void {
    this.owner.onRoom();
  }

  onEnd(): void {
    const relay = this.#relay;
    if (!relay) {
      this.owner.onFailed(this.number, 'upstream_closed');
      return;
    }
    this.#keepAlive = false;
    relay.end();
    this.#look(relay, false, performance.now());
  }

  onBroken(error: NodeJS.ErrnoException | undefined): void {
    this.#upstream = undefined;
    this.owner.onFailed(this.number, causeOf(error ?? new Error('closed'), this.#connected));
  }

  // Private

  #stands(reused: boolean, now: number): void {
    const { owner } = this;
    const { body } = owner;
    const upstream = this.#upstream;
    this.#connected = true;
    owner.onConnected(this.number, reused, now);
    if (!upstream) return;
    const { out } = this.context;
    owner.putHead(out);
    out.text(this.#to.lastLines);
    const goesAlong = body?.putInto(out, SMALL_BODY);
    const together = goesAlong ? undefined : body?.behind(out);
    if (together) upstream.write(together);
    else upstream.writeOut(out);
    if (!body) return;
    if (goesAlong) return owner.onSent(this.number, now);
    this.#sending = true;
    owner.onRoom();
  }

  #onBytes(bytes: Buffer, count: number): boolean {
    const now = performance.now();
    let source = bytes;
    let begin = 0;
    let end = count;
    if (!this.#relay) {
      const { answers } = this.context;
      // Nearly always the final head comes at once, and whole.
      if (!this.#heads && answers.read(bytes, 0, count, this.toHead) === 'complete' && answers.status >= 200)
        begin = answers.size;
      else {
        const heads = (this.#heads ??= new AnswerHeads(answers, this.toHead, this.owner.client));
        const read = heads.read(bytes, count);
        if (read === 'incomplete') return true;
        if (read === 'broken' || !heads.source) {
          this.owner.onFailed(this.number, 'upstream_protocol');
          return false;
        }
        ({ source, begin, end } = heads);
      }
      this.#onHead(now);
    }
    // The head that was just read may have begun it.
    const relay = this.#relay;
    if (!relay) return false;
    const behind = relay.read(source, begin, end);
    if (relay.state === 'broken') {
      this.owner.onFailed(this.number, 'upstream_protocol');
      return false;
    }
    this.#look(relay, behind < end, now);
    return relay.state === 'whole' || this.owner.client.wants;
  }

  #onHead(now: number): void {
    const { answers } = this.context;
    this.#keepAlive = answers.keepAlive;
    this.#idleLimit = answers.idleLimit;
    this.owner.onHead(this.number, now);
  }

  /** What has come of the answer by now. @param surplus there was more than the answer */
  #look(relay: AnswerRelay, surplus: boolean, now: number): void {
    if (relay.state === 'broken') return this.owner.onFailed(this.number, 'upstream_closed');
    if (relay.state !== 'whole') return;
    const upstream = this.#upstream;
    const { body } = this.owner;
    this.#upstream = undefined;
    body?.forget(upstream?.flushed === true);
    // Answered without reading the body to its end: neither the rest nor the connection is of use.
    const allSent = !this.#sending && (body === undefined || body.state === 'ended');
    if (upstream && allSent && this.#keepAlive && !surplus) this.#to.pool.release(upstream, this.#idleLimit, now);
    else upstream?.destroy();
    this.#sending = false;
    this.owner.onAnswered(this.number, now);
  }
}
