// Owns putting a finished answer on an HTTP response of the admin port.
import type { ServerResponse } from 'node:http';
import type { ClassicAnswer } from '../routing/link/messages.js';

/** HEAD gets the head alone; an answer whose client is gone, or that has begun otherwise, is dropped. */
export function send(response: ServerResponse, { status, headers, body }: ClassicAnswer): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
