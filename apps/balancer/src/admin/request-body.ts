// Owns taking a request's body off the wire, bounded. What the text means is replica-change.ts's.
import type { IncomingMessage } from 'node:http';
import { quote, RequestError } from './failure.js';

export const MAX_BODY_BYTES = 64 * 1024;

/** How much more of a body that is too large is taken in before the answer, and for how long. */
const SURPLUS_BYTES = 8 * 1024 * 1024;
const SURPLUS_MS = 2000;

/** What was read of each request, for whoever records it. */
const bodies = new WeakMap<IncomingMessage, string>();
const listeners = new WeakMap<IncomingMessage, (body: string) => void>();

/** The text that `readBody` gave; undefined when it has not. */
export function bodyRead(request: IncomingMessage): string | undefined {
  return bodies.get(request);
}

/** Called with the text before `readBody` gives it to who asked for it, so before anything comes of it. One per request. */
export function onceBodyRead(request: IncomingMessage, listener: (body: string) => void): void {
  listeners.set(request, listener);
}

/**
 * A body above 64 KiB is refused, but its rest is taken in first, within bounds: closing with unread bytes resets the
 * connection, and the client would see the reset instead of the answer.
 * @throws RequestError 413, 415 for a body that is packed, or 400 when the client broke off
 */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let surplusEnds: NodeJS.Timeout | undefined;

    const settle = (error?: RequestError) => {
      clearTimeout(surplusEnds);
      request.off('data', take).off('end', settle).off('close', brokeOff).off('error', brokeOff);
      if (error) reject(error);
      else if (bytes > MAX_BODY_BYTES) reject(tooLarge());
      else if (!isPlain(request)) reject(packed(request));
      else {
        const text = Buffer.concat(chunks).toString('utf8');
        bodies.set(request, text);
        listeners.get(request)?.(text);
        resolve(text);
      }
    };
    const brokeOff = () => settle(new RequestError(400, 'the body broke off'));
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else if (bytes > MAX_BODY_BYTES + SURPLUS_BYTES) settle();
      else {
        chunks.length = 0;
        surplusEnds ??= setTimeout(settle, SURPLUS_MS);
      }
    };
    request.on('data', take).on('end', settle).on('close', brokeOff).on('error', brokeOff);
  });
}

function tooLarge(): RequestError {
  return new RequestError(413, `the body must not be larger than ${MAX_BODY_BYTES} bytes`, { connection: 'close' });
}

function isPlain({ headers }: IncomingMessage): boolean {
  return /^(identity)?$/i.test(headers['content-encoding'] ?? '');
}

function packed({ headers }: IncomingMessage): RequestError {
  const message = `content-encoding must not be ${quote(headers['content-encoding'])}: send the body as it is`;
  return new RequestError(415, message, { 'accept-encoding': 'identity' });
}
