// Owns one request with its headers exactly as given, also those that fetch refuses to send.
import http from 'node:http';

const ANSWER_MS = 90_000;

export interface Call {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** @throws Error when no whole answer comes */
export function call(url: string, { method, headers, body }: Call): Promise<{ status: number; text: string }> {
  // Node frames the body of a DELETE only when told how long it is.
  const framed = body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers: framed, agent: false, timeout: ANSWER_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('timeout', () => request.destroy(new Error(`${method} ${url}: no answer within ${ANSWER_MS} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}
