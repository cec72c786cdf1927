// Owns the pen with which one lane counts its traffic: nothing here allocates, waits or can fail a request. Where the counts
// lie is traffic-cells.ts's; when something is over is the exchange's, the tunnel's and the server's to know.
import type { Socket } from 'node:net';
import type { ClaimTable, RowRef } from '../../routing/claims.js';
import type { End } from '../answers/causes.js';
import type { RetryReason } from '../attempts/retry-policy.js';
import { endIndex, methodClass } from './ends.js';
import { retryReasonIndex } from './retry-reasons.js';
import type { TrafficCells } from './traffic-cells.js';

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

  /** Of what every request adds to. */
  readonly #received: number;
  readonly #sent: number;
  readonly #upstreamReused: number;

  constructor(
    private readonly cells: TrafficCells,
    private readonly worker: number,
    private readonly claims: Pick<ClaimTable, 'isTenant'>,
  ) {
    this.#received = cells.placeOf(worker, 'received');
    this.#sent = cells.placeOf(worker, 'sent');
    this.#upstreamReused = cells.placeOf(worker, 'upstreamReused');
  }

  /** A client connected. */
  connected(): void {
    this.cells.add(this.worker, 'accepted', 1);
    this.cells.add(this.worker, 'connections', 1);
  }

  /** A client had one connection too many. */
  refusedConnection(): void {
    this.cells.add(this.worker, 'refusedConnections', 1);
  }

  disconnected(): void {
    this.cells.add(this.worker, 'connections', -1);
  }

  /** Counts the bytes of a connection until it closes. @param unread bytes that came already, and are still to be dealt with */
  follow(socket: Socket, unread = 0): void {
    this.#counted.set(socket, { received: socket.bytesRead - unread, sent: socket.bytesWritten });
    socket.once('close', () => {
      this.disconnected();
      this.#bytes(socket, undefined);
    });
  }

  /** Call once per request, when nothing more comes of it. @param seconds since its head; undefined: it became a tunnel */
  request({ method, outcome, status, ref }: EndedRequest, socket: Socket, seconds: number | undefined): void {
    const { cells, worker } = this;
    const of = methodClass(method);
    const end = endIndex(outcome, status);
    cells.request(worker, of, end);
    if (seconds !== undefined) cells.duration(worker, end, seconds);
    const row = this.#rowOf(ref);
    if (row !== undefined) cells.rowRequest(worker, row, of, end);
    this.#bytes(socket, row);
  }

  /** As `request`, where the connection counts its own bytes. @param status of the replica's answer, if there was one */
  ended(
    method: string | undefined,
    outcome: End | 'answered',
    status: number,
    ref: RowRef | undefined,
    seconds: number | undefined,
  ): void {
    const { cells, worker } = this;
    const of = methodClass(method);
    const end = endIndex(outcome, status);
    cells.request(worker, of, end);
    if (seconds !== undefined) cells.duration(worker, end, seconds);
    const row = this.#rowOf(ref);
    if (row !== undefined) cells.rowRequest(worker, row, of, end);
  }

  /** Bytes of a client's connection. @param ref of the replica that they came from or went to */
  moved(received: number, sent: number, ref: RowRef | undefined): void {
    const { cells, worker } = this;
    cells.addAt(this.#received, received);
    cells.addAt(this.#sent, sent);
    const row = this.#rowOf(ref);
    if (row !== undefined) cells.rowBytes(worker, row, received, sent);
  }

  /** The head of a replica's answer came. @param seconds since the try began */
  upstream(ref: RowRef, seconds: number): void {
    const row = this.#rowOf(ref);
    if (row !== undefined) this.cells.rowUpstream(this.worker, row, seconds);
  }

  retry(reason: RetryReason): void {
    this.cells.retry(this.worker, retryReasonIndex(reason));
  }

  /** A request left the queue. */
  queued(seconds: number): void {
    this.cells.queue(this.worker, seconds);
  }

  budgetRefused(): void {
    this.cells.add(this.worker, 'budgetRefused', 1);
  }

  upstreamOpened(): void {
    this.cells.add(this.worker, 'upstreamOpened', 1);
  }

  upstreamReused(): void {
    this.cells.addAt(this.#upstreamReused, 1);
  }

  /** What a request leaves in a row that has another tenant by now would be counted against that one. */
  #rowOf(ref: RowRef | undefined): number | undefined {
    return ref && this.claims.isTenant(ref) ? ref.row : undefined;
  }

  #bytes(socket: Socket, row: number | undefined): void {
    const counted = this.#counted.get(socket);
    if (!counted) return;
    const received = socket.bytesRead - counted.received;
    // Undefined once its write queue is gone with it.
    const sent = Math.max(0, (socket.bytesWritten ?? counted.sent) - counted.sent);
    counted.received += received;
    counted.sent += sent;
    this.cells.addAt(this.#received, received);
    this.cells.addAt(this.#sent, sent);
    if (row !== undefined) this.cells.rowBytes(this.worker, row, received, sent);
  }
}
