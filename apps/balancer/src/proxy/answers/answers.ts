// Owns how the balancer answers by itself: JSON, the cause in a field, and the patience that lets a client which is still
// sending see the answer instead of a reset.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import { type Cause, causes } from './causes.js';
import { REQUEST_ID_FIELD, requestIdLine } from '../message/request-id.js';

/** What is read on after an early answer, before the connection is closed. */
export const LINGER_BYTES = 4 * 1024 ** 2;
export const LINGER_MS = 2000;

interface Answer {
  readonly status: number;
  /** Names and values in turn. */
  readonly fields: readonly string[];
  readonly body: string;
}

function answerOf(cause: Cause, requestId?: string): Answer {
  const { status, message, retryAfter } = causes[cause];
  const fields = ['Content-Type', 'application/json; charset=utf-8', 'X-HashFlow-Cause', cause];
  if (retryAfter !== undefined) fields.push('Retry-After', String(retryAfter));
  if (requestId !== undefined) fields.push(REQUEST_ID_FIELD, requestId);
  return { status, fields, body: JSON.stringify({ message, status: 'failure' }) };
}

/**
 * The same answer as text, for who writes it on a bare connection; made once per cause.
 * @param requestId by which the client may ask about it
 * @param toHead the request was a HEAD: the head stands alone
 * @param date the field, with the end of its line
 */
export function answerText(
  cause: Cause,
  requestId: string | undefined,
  close: boolean,
  toHead: boolean,
  date: string,
): string {
  const { head, body } = (texts[cause] ??= textOf(cause));
  const id = requestId === undefined ? '' : requestIdLine(requestId);
  return `${head}${id}${date}${close ? 'Connection: close\r\n' : ''}\r\n${toHead ? '' : body}`;
}

const texts: Partial<Record<Cause, { readonly head: string; readonly body: string }>> = {};

function textOf(cause: Cause): { head: string; body: string } {
  const { status, fields, body } = answerOf(cause);
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`];
  for (let index = 0; index < fields.length; index += 2) lines.push(`${fields[index]}: ${fields[index + 1]}`);
  lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return { head: `${lines.join('\r\n')}\r\n`, body };
}

/** Bytes of the body that says so. */
export function answerLength(cause: Cause): number {
  return Buffer.byteLength(answerOf(cause).body);
}

/** @param requestId by which the client may ask about it */
export function answerCause(
  request: IncomingMessage,
  response: ServerResponse,
  cause: Cause,
  requestId: string | undefined,
): void {
  sendAnswer(request, response, answerOf(cause, requestId), causes[cause].close ?? false);
}

/**
 * Sends a whole answer. Where the request is still arriving, the rest is read and thrown away for a while: to close with
 * unread bytes would reset the connection, and the client might lose the answer.
 */
export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer, close: boolean): void {
  if (response.headersSent || response.destroyed) return;
  const { status, fields, body } = answer;
  // Not in the list, so that the access log can ask for it.
  response.setHeader('Content-Length', Buffer.byteLength(body));
  const arriving = bodyArriving(request);
  // Not as a field: whoever reads on must see that nothing that follows is to be served.
  if (close || arriving) response.shouldKeepAlive = false;
  // With a reason of its own: that of a replica, which could not be passed on, may still stand there.
  response.writeHead(status, STATUS_CODES[status], [...fields]);
  if (!arriving) {
    response.end(body);
    return;
  }
  // With its length announced the client has the whole answer now; the end, and with it the close, comes later.
  response.write(body);
  linger(request, () => response.end());
}

/** `complete` alone does not tell: a request without a body is completed only after its listeners have run. */
export function bodyArriving(request: IncomingMessage): boolean {
  const { complete, headers } = request;
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
}

/** Reads on until the request is over, the bounds are reached or the client sends no more; then `done`, once. */
export function linger(request: IncomingMessage, done: () => void): void {
  const { socket } = request;
  let bytes = 0;
  const finish = () => {
    clearTimeout(timer);
    socket.off('end', finish);
    request.off('data', count);
    request.off('end', finish);
    request.off('close', finish);
    done();
  };
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) finish();
  };
  const timer = setTimeout(finish, LINGER_MS);
  request.on('data', count);
  request.on('end', finish);
  request.on('close', finish);
  // A client that ended its side is in no danger of a reset, and may be gone: only what is written to it would tell.
  if (socket.readableEnded) setImmediate(finish);
  else socket.once('end', finish);
  request.resume();
}

/**
 * The same answer where there is no response object: a parser error, CONNECT, an upgrade. Ends the connection.
 * @returns whether anybody could still be answered
 */
export function answerOnSocket(socket: Duplex, cause: Cause, requestId: string | undefined): boolean {
  if (socket.destroyed || !socket.writable) return false;
  socket.end(answerText(cause, requestId, true, false, `Date: ${new Date().toUTCString()}\r\n`));
  // What still arrives is read and thrown away, for a while.
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
  return true;
}
