// Owns how far a request may still go (RFC 9110, 7.6.2). Pure. It counts for OPTIONS and TRACE alone, with which a client looks
// at the way to a server.
import type { IncomingMessage } from 'node:http';

/** What the field says; undefined: the request may go as far as it likes. */
export function hopsLeft({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): number | undefined {
  if (method !== 'OPTIONS' && method !== 'TRACE') return undefined;
  const value = headers['max-forwards'];
  return value !== undefined && /^\d{1,9}$/.test(String(value)) ? Number(value) : undefined;
}

const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** The request as whom it came to last tells it to a TRACE (RFC 9110, 9.3.8), without what others must not read. */
export function traceOfRequest({
  method,
  url,
  httpVersion,
  rawHeaders,
}: Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'rawHeaders'>): string {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (!CREDENTIALS.has(rawHeaders[index].toLowerCase())) text += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  return `${text}\r\n`;
}
