// Owns the answer to what is no HTTP request at all, or comes too slowly: JSON like every other failure, then the connection
// is closed, because nobody can tell where the next request would begin.
import type { Duplex } from 'node:stream';
import { STATUS_CODES } from 'node:http';
import { failure } from './failure.js';

const BY_CODE: Readonly<Record<string, { status: number; message: string }>> = {
  HPE_INVALID_METHOD: { status: 400, message: 'the request begins with no method that is known here' },
  HPE_HEADER_OVERFLOW: { status: 431, message: 'the request head is too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'the request took too long' },
};
const MALFORMED = { status: 400, message: 'the request is malformed' };

export function answerMalformedRequests(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, message } = BY_CODE[error.code ?? ''] ?? MALFORMED;
  const body = JSON.stringify(failure(message));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
