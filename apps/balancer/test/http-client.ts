// Owns how the end-to-end suites speak to a balancer: single calls, bytes on a bare socket, and steady load.
import http from 'node:http';
import net from 'node:net';
import type { ReplicaView } from '../src/orchestrator/views/replica-view.js';
import { pause } from './harness.js';

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

export interface Call {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly agent?: http.Agent;
}

const CALL_MS = 90_000;
const QUIET_MS = 15_000;

/** One request, headers exactly as given (fetch would forbid Host and Origin). @throws Error when no whole answer comes */
export function call(url: string, { method = 'GET', headers, body, agent }: Call = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent, timeout: CALL_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${CALL_MS} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}

export function postJson(url: string, value: unknown, method = 'POST'): Promise<Answer> {
  const body = Buffer.from(JSON.stringify(value));
  // With a length: node frames the body of a DELETE only when it is told.
  return call(url, { method, headers: { 'content-type': 'application/json', 'content-length': body.length }, body });
}

export async function replicasOf(adminUrl: string): Promise<ReplicaView[]> {
  return ((await call(`${adminUrl}/api/replicas`)).json as { replicas: ReplicaView[] }).replicas;
}

/** For a signal. @throws Error when there is none: 0 and -1 would reach the tests and all that runs */
export function pidOf(instance: ReplicaView['instance'] | undefined): number {
  if (!instance?.pid) throw new Error(`no process to signal: ${JSON.stringify(instance)}`);
  return instance.pid;
}

/** Writes bytes as they are. @returns all that came back until the other side closed; the last request should ask for that */
export function exchange(url: string, bytes: string | Buffer, localAddress?: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect({ host: hostname, port: Number(port), localAddress }, () => socket.write(bytes));
    socket.setTimeout(QUIET_MS, () => socket.destroy(new Error(`the connection stayed open; so far: ${text}`)));
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('end', () => socket.end());
    socket.on('error', reject);
    socket.on('close', (failed) => (failed ? undefined : resolve(text)));
  });
}

/** `[200, 403]` of two pipelined answers. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

export interface LoadReport {
  readonly answered: number;
  /** Everything but a 200, in words. */
  readonly failures: readonly string[];
}

export interface SteadyLoad {
  /** Resolves once whatever was asked before has been answered: what `onAnswer` is told from then on was asked later. */
  answeredSoFar(): Promise<void>;
  /** @param atLeast it goes on until so many requests were answered */
  stop(atLeast?: number): Promise<LoadReport>;
}

/** A few keep-alive clients that ask one request after another until told to stop. */
export function steadyLoad(
  url: string,
  { clients = 4, gapMs = 4, onAnswer }: { clients?: number; gapMs?: number; onAnswer?: (text: string) => void } = {},
): SteadyLoad {
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const failures: string[] = [];
  /** What each client waits for. */
  const underWay: Promise<unknown>[] = [];
  let answered = 0;
  let running = true;
  const client = async (_: unknown, index: number) => {
    while (running) {
      try {
        const asked = call(url, { agent });
        underWay[index] = asked.catch(() => undefined);
        const { status, text } = await asked;
        answered++;
        onAnswer?.(text);
        if (status !== 200) failures.push(`${status} ${text}`);
      } catch (error) {
        failures.push(String(error));
      }
      await pause(gapMs);
    }
  };
  const clientsDone = Array.from({ length: clients }, client);
  return {
    async answeredSoFar() {
      await Promise.all(underWay);
    },
    async stop(atLeast = 0) {
      while (answered < atLeast) await pause(gapMs);
      running = false;
      await Promise.all(clientsDone);
      agent.destroy();
      return { answered, failures };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
