// Owns how the life benchmark asks over HTTP, and how it waits: bounded, and never faster than a pause that leaves the cores to
// what is measured.
import http from 'node:http';

export interface Asked {
  readonly status: number;
  readonly text: string;
  /** X-HashFlow-Replica of the answer. */
  readonly replica: string | undefined;
}

const ASK_MS = 5000;
const WAIT_MS = 60_000;
const PAUSE_MS = 2;
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });

/** @throws Error when no whole answer comes */
export function ask(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const length = String(Buffer.byteLength(body ?? ''));
    const all =
      body === undefined ? headers : { ...headers, 'content-type': 'application/json', 'content-length': length };
    const request = http.request(url, { method, headers: all, agent, timeout: ASK_MS }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('error', reject);
      response.on('end', () => {
        const replica = response.headers['x-hashflow-replica'];
        resolve({ status: response.statusCode ?? 0, text, replica: typeof replica === 'string' ? replica : undefined });
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${ASK_MS} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}

/** @throws Error naming what did not come in time */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + WAIT_MS;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`);
    await pause(PAUSE_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Milliseconds from the call of this function until it holds. */
export async function timed(what: string, begin: () => unknown, holds: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  await begin();
  await eventually(what, holds);
  return performance.now() - began;
}
