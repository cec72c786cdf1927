// Owns the express lane as a whole: its connections of clients, from accept to close or to the standard lane, and how it stops.
// Requests are client-connection.ts's and express-exchange.ts's.
import type { Socket } from 'node:net';
import { maxAnswerHead } from '../../routing/link/data-settings.js';
import type { LaneContext } from '../lane/lane-context.js';
import { BodyBlocks } from './body-blocks.js';
import { ClientConnection, type ConnectionHome } from './client-connection.js';
import type { ExpressContext } from './express-context.js';
import { ExpressUpstreams } from './express-upstreams.js';
import { AnswerLines } from './forwarded-lines.js';
import { RequestHeadReader } from './request-head.js';
import { ResponseHeadReader } from './response-head.js';
import { WriteBuffer } from './write-buffer.js';

export interface StandardLane {
  /** Takes a connection over, with what was read of it put back. @param unread bytes that were put back */
  adopt(socket: Socket, unread: number): void;
  /** It serves this request itself. */
  claims(request: RequestHeadReader): boolean;
}

export class ExpressLane implements ConnectionHome {
  readonly #context: ExpressContext;
  readonly #connections = new Set<ClientConnection>();
  #requests = 0;
  #closing = false;
  #onIdle: (() => void) | undefined;

  constructor(
    lane: LaneContext,
    private readonly standard: StandardLane,
  ) {
    const { settings, meter, readBuffers: buffers } = lane;
    const { maxHead, maxFields, preserveHost, trace, requestId, upstreamKeepalive } = settings;
    this.#context = {
      lane,
      requests: new RequestHeadReader({
        maxHead,
        maxFields,
        preserveHost,
        trace,
        addsPeer: lane.forwarding.for,
        requestId: requestId !== 'off',
      }),
      answers: new ResponseHeadReader(maxAnswerHead(settings), requestId === 'echo'),
      answerLines: new AnswerLines(),
      out: new WriteBuffer(buffers.poisons),
      bodyBlocks: new BodyBlocks(buffers.poisons),
      upstreams: new ExpressUpstreams({ keepalive: upstreamKeepalive, meter, buffers }, lane.rooms, preserveHost),
    };
  }

  get closing(): boolean {
    return this.#closing;
  }

  get upstreams(): ExpressUpstreams {
    return this.#context.upstreams;
  }

  accept(socket: Socket): void {
    this.#connections.add(new ClientConnection(this.#context, this, socket));
  }

  claims(request: RequestHeadReader): boolean {
    return this.standard.claims(request);
  }

  handOver(connection: ClientConnection, socket: Socket, unread: number): void {
    this.#connections.delete(connection);
    this.standard.adopt(socket, unread);
  }

  onRequests(change: 1 | -1): void {
    this.#requests += change;
    if (this.#requests === 0) this.#onIdle?.();
  }

  onClosed(connection: ClientConnection): void {
    this.#connections.delete(connection);
  }

  /** Connections at rest are closed, busy ones after their answer. */
  close(): void {
    this.#closing = true;
    for (const connection of [...this.#connections]) if (connection.resting) connection.destroy();
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    if (this.#requests === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#onIdle = resolve));
  }

  /** Cuts what is left. */
  destroy(): void {
    for (const connection of [...this.#connections]) connection.destroy();
    this.#context.upstreams.close();
  }
}
