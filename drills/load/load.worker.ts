// Owns the sender: a thread of its own, so that nothing that the drill does delays a request. Sends by the plan, at the due
// times or (to measure capacity) as fast as some clients can; reports samples once it is told to stop.
import http from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { monotonic } from '../rig/clock.ts';
import { dueAfter, dueTime, type LoadPlan, type PlannedRequest, requestAt, type Sample } from './plan.ts';

/** `clients`: that many, each sending the next request when it has its answer, instead of the plan's rate. */
export interface SenderTerms {
  readonly url: string;
  readonly plan: LoadPlan;
  readonly clients?: number;
}

export interface SenderResult {
  /** When the load began, in milliseconds of the machine's monotonic clock. */
  readonly began: number;
  readonly samples: readonly Sample[];
}

export interface SenderTally {
  readonly sent: number;
  readonly failed: number;
}

const ANSWER_MS = 30_000;
const TICK_MS = 1;
const TALLY_MS = 500;
const NOBODY = { replica: null, instance: null, edition: null };

if (!parentPort) throw new Error('load.worker.ts runs as a worker thread');
const port = parentPort;
const { url, plan, clients } = workerData as SenderTerms;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1024 });
const samples: Sample[] = [];
const began = monotonic();
let sent = 0;
let failures = 0;
let stopped = false;

port.once('message', () => (stopped = true));
const telling = setInterval(() => port.postMessage({ tally: { sent, failed: failures } }), TALLY_MS);
await (clients === undefined ? openLoop() : closedLoop(clients));
clearInterval(telling);
agent.destroy();
port.postMessage({ result: { began, samples } satisfies SenderResult });

async function openLoop(): Promise<void> {
  const underWay = new Set<Promise<void>>();
  while (!stopped) {
    for (const due = dueAfter(monotonic() - began, plan.rate); sent < due; sent++) {
      const one = send(requestAt(sent, plan), dueTime(sent, plan.rate)).finally(() => underWay.delete(one));
      underWay.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(underWay);
}

async function closedLoop(count: number): Promise<void> {
  const client = async () => {
    while (!stopped) await send(requestAt(sent++, plan), monotonic() - began);
  };
  await Promise.all(Array.from({ length: count }, client));
}

async function send({ id, method, key }: PlannedRequest, at: number): Promise<void> {
  const body = method === 'POST' ? JSON.stringify({ id }) : undefined;
  const outcome = await ask(method, id, key, body);
  if (outcome.cause !== null) failures++;
  samples.push({ id, method, key, at, ms: monotonic() - began - at, ...outcome });
}

type Outcome = Pick<Sample, 'status' | 'cause' | 'replica' | 'instance' | 'edition'>;

function ask(method: string, id: string, key: number, body: string | undefined): Promise<Outcome> {
  const headers = {
    'x-hash-key': `key-${key}`,
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve) => {
    const lost = (error: NodeJS.ErrnoException) =>
      resolve({ ...NOBODY, status: 0, cause: error.code ?? error.message });
    const options = { method, headers, agent, timeout: ANSWER_MS };
    const request = http.request(`${url}/work/${id}`, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', lost);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        if (status === 200) {
          const { replica, instance, edition } = JSON.parse(text) as Pick<Sample, 'replica' | 'instance' | 'edition'>;
          resolve({ status, cause: null, replica, instance, edition });
        } else {
          const cause = response.headers['x-hashflow-cause'];
          resolve({ ...NOBODY, status, cause: typeof cause === 'string' ? cause : `status ${status}` });
        }
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    request.on('error', lost);
    request.end(body);
  });
}
