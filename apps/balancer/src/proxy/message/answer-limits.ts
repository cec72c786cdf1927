// Owns which answers of a replica are taken for one in the standard lane, beyond what node's parser refuses by itself. The express
// lane has a grammar of its own (express/response-head.ts), with the same outcome. Pure.
import type { IncomingMessage } from 'node:http';

/** Informational answers to one request. Who sends more means no good. */
export const MOST_INFORMATION = 32;

/**
 * Its version is ours, it is a final answer (node takes a 101 that does not tell in Connection what it changes to for one), and its body
 * is framed in the one way that we can pass on: a coding but chunked would have to be undone, and HTTP/1.0 has none at all (RFC
 * 9112, 6.1 and 7).
 */
export function isOurAnswer(upstream: Pick<IncomingMessage, 'httpVersion' | 'headers' | 'statusCode'>): boolean {
  const { httpVersion, headers, statusCode = 0 } = upstream;
  const coding = headers['transfer-encoding'];
  if (statusCode < 200) return false;
  if (httpVersion === '1.1') return coding === undefined || coding.toLowerCase() === 'chunked';
  return httpVersion === '1.0' && coding === undefined;
}
