// Owns the way of an answer from the replica to the client: head, body, trailers, early hints. A body that breaks off is
// made to look broken: the client's connection is reset, never ended cleanly. When that is done is the attempt machine's.
import type { IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { NOTHING_MORE, responseFields, type Told } from './fields.js';

/**
 * @param told to the client on top of what the replica says
 * @param onCut called when the answer broke off after its head
 * @throws Error when the head cannot be sent on
 */
export function relayResponse(
  upstream: IncomingMessage,
  response: ServerResponse,
  told: Told,
  onCut: () => void,
): void {
  const { statusCode = 502, statusMessage, rawHeaders } = upstream;
  response.writeHead(statusCode, statusMessage, responseFields(rawHeaders, told));
  const cutIfIncomplete = () => {
    if (!upstream.complete && !response.destroyed) onCut();
  };
  // Before the library's own listeners, which would end the connection cleanly.
  upstream.once('error', cutIfIncomplete);
  upstream.once('close', cutIfIncomplete);
  // Before pipe, whose own listener ends the answer.
  upstream.once('end', () => {
    const trailers = responseFields(upstream.rawTrailers, NOTHING_MORE);
    if (trailers.length > 0) response.addTrailers(pairs(trailers));
  });
  upstream.pipe(response);
  // An event stream may send its head long before its first event. One turn later, so that head and body of an ordinary
  // answer, which arrive together, also leave together.
  setImmediate(() => {
    if (!response.writableEnded && !response.destroyed) response.flushHeaders();
  });
}

/**
 * Nobody shall take what has come of the answer for all of it. One that waits for the answer before has no connection yet and
 * nothing of it is out: the connection ends when its turn comes.
 */
export function cutAnswer(response: ServerResponse): void {
  if (response.socket) {
    response.socket.resetAndDestroy();
    return;
  }
  // Node would still write what it has kept of it.
  response.once('socket', (socket: Socket) => socket.destroySoon());
  response.destroy();
}

/** 103: the client may fetch what the answer will need. */
export function relayEarlyHints(
  information: InformationEvent,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { link } = information.headers;
  if (information.statusCode !== 103 || link === undefined || request.httpVersion !== '1.1' || response.headersSent)
    return;
  try {
    response.writeEarlyHints({ link });
  } catch {
    // A link that node finds malformed: hints are optional.
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]]);
}
