// Owns the way of an answer from the replica to the client: head, body, trailers, informational answers. A body that breaks off is
// made to look broken: the client's connection is reset, never ended cleanly. When that is done is the attempt machine's.
import type { IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { NOTHING_MORE, responseFields, type Told, trailerFields } from '../message/fields.js';

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
  // While it waits for its turn, node would put the head in front of a 100 that waits as well, with the body behind that.
  if (!response.socket) response.flushHeaders();
  const cutIfIncomplete = () => {
    if (!upstream.complete && !response.destroyed) onCut();
  };
  // Before the library's own listeners, which would end the connection cleanly.
  upstream.once('error', cutIfIncomplete);
  upstream.once('close', cutIfIncomplete);
  // Before pipe, whose own listener ends the answer.
  upstream.once('end', () => {
    response.addTrailers(trailerFields(upstream.rawTrailers));
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

/** Bytes that a client may leave unread before informational answers are left out. */
const MOST_UNREAD = 64 * 1024;

/**
 * An answer before the answer (1xx), whatever it says. Not 100: the balancer has asked for the body already. Not to
 * HTTP/1.0, which knows none. Left out, as it is but advice, where the client does not read, or still waits for the answer before.
 */
export function relayInformation(
  information: InformationEvent,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (request.httpVersion !== '1.1' || response.headersSent) return;
  // A response has the connection from the moment that it is its turn. Older nodes can write no other answer than 100, 102 and 103 themselves.
  if (response.socket) writeInformation(information, response.socket);
}

/** The same where it is the connection's turn for certain. */
export function writeInformation({ statusCode, statusMessage, rawHeaders }: InformationEvent, socket: Socket): void {
  if (statusCode === 100 || !socket.writable || socket.writableLength > MOST_UNREAD) return;
  const fields = responseFields(rawHeaders, NOTHING_MORE);
  let head = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`;
  for (let index = 0; index < fields.length; index += 2) head += `${fields[index]}: ${fields[index + 1]}\r\n`;
  socket.write(`${head}\r\n`, 'latin1');
}
