// Owns the client: many requests over a few keep-alive connections, and who answered each. It counts from the answers alone
// (`Hello from Server: …`); what the counts mean is the runs'.
import http from 'node:http';

const CONNECTIONS = 8;
const ANSWER_MS = 30_000;
const GREETING = 'Hello from Server: ';

export interface Burst {
  readonly requests: number;
  /** The value of x-hash-key for request number `i`; without it the balancer draws a random six-digit id for each. */
  readonly keyOf?: (i: number) => string;
  readonly onAnswer?: () => void;
}

/**
 * Sends all requests, never more than eight at a time.
 * @returns the name of the replica that answered each, in the order of the requests
 * @throws Error at the first request that gets no greeting
 */
export async function ask(dataUrl: string, { requests, keyOf, onAnswer }: Burst): Promise<string[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const owners = new Array<string>(requests);
  let next = 0;
  const client = async () => {
    while (next < requests) {
      const i = next++;
      owners[i] = await greeting(dataUrl, agent, keyOf?.(i));
      onAnswer?.();
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, client));
  } catch (error) {
    next = requests; // the other clients stop as well
    throw error;
  } finally {
    agent.destroy();
  }
  return owners;
}

export interface Sample {
  /** When the answer, or the failure, was there; milliseconds of performance.now(). */
  readonly at: number;
  /** Who answered; undefined = lost. */
  readonly owner: string | undefined;
  /** How it was lost. */
  readonly failure?: string;
}

/** Clients that ask one request after the other, with a pause between, until told to stop. */
export function startLoad(dataUrl: string, { clients = CONNECTIONS, pauseMs = 4 } = {}): { stop(): Promise<Sample[]> } {
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const samples: Sample[] = [];
  let running = true;
  const client = async () => {
    while (running) {
      try {
        const owner = await greeting(dataUrl, agent);
        samples.push({ at: performance.now(), owner });
      } catch (error) {
        samples.push({ at: performance.now(), owner: undefined, failure: String(error) });
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const ended = Array.from({ length: clients }, client);
  return {
    async stop() {
      running = false;
      await Promise.all(ended);
      agent.destroy();
      return samples;
    },
  };
}

function greeting(dataUrl: string, agent: http.Agent, key?: string): Promise<string> {
  const headers = key === undefined ? {} : { 'x-hash-key': key };
  return new Promise((resolve, reject) => {
    const request = http.get(`${dataUrl}/home`, { agent, headers, timeout: ANSWER_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        const message = response.statusCode === 200 ? (JSON.parse(text) as { message: string }).message : '';
        if (message.startsWith(GREETING)) resolve(message.slice(GREETING.length));
        else reject(new Error(`${response.statusCode} ${text}`));
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    request.on('error', reject);
  });
}
