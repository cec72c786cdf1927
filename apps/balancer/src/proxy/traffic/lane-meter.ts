// Owns the pen with which one lane counts its traffic: nothing here waits or can fail a request, and only a connection is an occasion to
// allocate. Where the counts lie is traffic-layout.ts's; when something is over is the exchange's, the tunnel's and the server's to know.
import type { Socket } from 'node:net';
import type { ClaimTable, RowRef } from '../../routing/claims.js';
import type { End } from '../answers/causes.js';
import type { RetryReason } from '../attempts/retry-policy.js';
import { endIndex, methodClass } from './ends.js';
import type { LaneCells } from './lane-cells.js';
import { retryReasonIndex } from './retry-reasons.js';
import { NO_ROW } from './traffic-layout.js';

/** Bytes of a client's connection that are counted already. */
interface Counted {
  received: number;
  sent: number;
}

export interface EndedRequest {
  readonly method: string | undefined;
  readonly outcome: End | 'answered';
  /** Of the replica's answer, where `outcome` is `answered`. */
  readonly status: number;
  /** Of the last replica that it was sent to. */
  readonly ref: RowRef | undefined;
}

export class LaneMeter {
  readonly #counted = new WeakMap<Socket, Counted>();

  constructor(
    private readonly cells: LaneCells,
    private readonly claims: Pick<ClaimTable, 'isTenant'>,
  ) {}

  /** A client connected. */
  connected(): void {
    this.cells.add('accepted', 1);
    this.cells.add('connections', 1);
  }

  /** A client had one connection too many. */
  refusedConnection(): void {
    this.cells.add('refusedConnections', 1);
  }

  disconnected(): void {
    this.cells.add('connections', -1);
  }

  /** Counts the bytes of a connection until it closes. @param unread bytes that came already, and are still to be dealt with */
  follow(socket: Socket, unread = 0): void {
    this.#counted.set(socket, { received: socket.bytesRead - unread, sent: socket.bytesWritten });
    socket.once('close', () => {
      this.disconnected();
      this.#bytes(socket, NO_ROW);
    });
  }

  /** Call once per request, when nothing more comes of it. @param seconds since its head; undefined: it became a tunnel */
  request({ method, outcome, status, ref }: EndedRequest, socket: Socket, seconds: number | undefined): void {
    const end = endIndex(outcome, status);
    const row = this.#rowOf(ref);
    this.cells.request(row, methodClass(method), end);
    if (seconds !== undefined) this.cells.duration(end, seconds);
    this.#bytes(socket, row);
  }

  /**
   * As `request`, where the connection counts its own bytes.
   * @param received bytes of its client's connection since the request before, as `sent`
   */
  over(
    method: string,
    outcome: End | 'answered',
    status: number,
    ref: RowRef | undefined,
    seconds: number,
    received: number,
    sent: number,
  ): void {
    const { cells } = this;
    const end = endIndex(outcome, status);
    const row = this.#rowOf(ref);
    cells.request(row, methodClass(method), end);
    cells.bytes(row, received, sent);
    cells.duration(end, seconds);
  }

  /** What came was no request that could be sent on; nothing but its bytes is known, which `moved` tells. */
  refused(method: string | undefined, cause: End): void {
    this.cells.request(NO_ROW, methodClass(method), endIndex(cause, 0));
  }

  /** Bytes of a client's connection that belong to no request. */
  moved(received: number, sent: number): void {
    this.cells.bytes(NO_ROW, received, sent);
  }

  /** The head of a replica's answer came. @param row that is still the replica's @param seconds since the try began */
  upstream(row: number, seconds: number): void {
    this.cells.upstream(row, seconds);
  }

  retry(reason: RetryReason): void {
    this.cells.retry(retryReasonIndex(reason));
  }

  /** A request left the queue. */
  queued(seconds: number): void {
    this.cells.queue(seconds);
  }

  budgetRefused(): void {
    this.cells.add('budgetRefused', 1);
  }

  upstreamOpened(): void {
    this.cells.add('upstreamOpened', 1);
  }

  upstreamReused(): void {
    this.cells.reused();
  }

  /** What a request leaves in a row that has another tenant by now would be counted against that one. */
  #rowOf(ref: RowRef | undefined): number {
    return ref && this.claims.isTenant(ref) ? ref.row : NO_ROW;
  }

  #bytes(socket: Socket, row: number): void {
    const counted = this.#counted.get(socket);
    if (!counted) return;
    const received = socket.bytesRead - counted.received;
    // Undefined once its write queue is gone with it.
    const sent = Math.max(0, (socket.bytesWritten ?? counted.sent) - counted.sent);
    counted.received += received;
    counted.sent += sent;
    this.cells.bytes(row, received, sent);
  }
}
