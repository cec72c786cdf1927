// Owns the measurement: two data planes in processes of their own, which get the same requests in turns, and what each turn cost
// their process in CPU. Time on the wall is nobody's measure here, so that a busy machine disturbs less.
import { type ChildProcess, fork } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DataSettings } from '../../apps/balancer/src/routing/link/messages.ts';
import type { PlaneOrder, Spent } from './plane.ts';
import type { Pair } from './result.ts';

const CONNECTIONS = 8;
/** As a browser sends them. */
const HEADERS = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language': 'en-US,en;q=0.9,de;q=0.8',
  'accept-encoding': 'gzip, deflate, br',
  'cache-control': 'no-cache',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36',
  referer: 'http://127.0.0.1/somewhere/else?and=more',
  cookie: 'session=0123456789abcdef0123456789abcdef; theme=dark',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'x-hash-key': 'somebody',
};

/** What is compared: the first of a pair is without, the second with. */
export interface Contest {
  readonly without: Omit<PlaneOrder, 'replicaPort'>;
  readonly with: Omit<PlaneOrder, 'replicaPort'>;
}

export const SETTINGS: DataSettings = {
  pool: 'bench',
  host: '127.0.0.1',
  port: 0,
  seedRoutes: false,
  workers: 1,
  trustedProxies: [],
  preserveHost: true,
  exposeReplica: false,
  upstreamKeepalive: 4000,
  connectTimeout: 1000,
  headTimeout: 10_000,
  responseTimeout: 30_000,
  idleTimeout: 60_000,
  tunnelTimeout: 3_600_000,
  retryAttempts: 3,
  totalTimeout: 0,
  noReplicaWait: 0,
  retryBuffer: 64 * 1024,
  maxHead: 16 * 1024,
  maxFields: 100,
  maxBody: 0,
  accessLog: { part: 0, format: 'json', file: null, mask: [] },
  trace: false,
  showKeys: false,
  user: '',
};

/** @param requests of each turn @param onTurn after each */
export async function measure(
  contest: Contest,
  { pairs, requests }: { readonly pairs: number; readonly requests: number },
  onTurn: () => void,
): Promise<Pair[]> {
  const replica = http.createServer((_request, response) => response.end('{"message":"Hello","status":"successful"}'));
  await new Promise<void>((resolve) => replica.listen(0, '127.0.0.1', resolve));
  const { port: replicaPort } = replica.address() as AddressInfo;
  const planes = await Promise.all(
    [contest.without, contest.with].map((order) => Plane.begin({ ...order, replicaPort })),
  );
  try {
    const [without, other] = planes;
    if (!without || !other) throw new Error('a pair is two');
    // What is compiled late would be paid for by whoever comes first.
    for (const plane of planes) await plane.turn(2 * requests);
    const measured: Pair[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      const inOrder = pair % 2 === 0 ? [without, other] : [other, without];
      const costs = new Map<Plane, number>();
      for (const plane of inOrder) {
        costs.set(plane, await plane.turn(requests));
        onTurn();
      }
      measured.push({ without: costs.get(without) ?? NaN, with: costs.get(other) ?? NaN });
    }
    return measured;
  } finally {
    for (const plane of planes) plane.end();
    replica.closeAllConnections();
    replica.close();
  }
}

class Plane {
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly #counts: boolean;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  private constructor(child: ChildProcess, port: number, counts: boolean) {
    this.#child = child;
    this.#port = port;
    this.#counts = counts;
  }

  static async begin(order: PlaneOrder): Promise<Plane> {
    const child = fork(join(import.meta.dirname, 'plane.ts'), { env: { PATH: process.env['PATH'] } });
    const answer = answerOf<{ port: number }>(child);
    child.send(order);
    return new Plane(child, (await answer).port, !order.without.includes('metrics'));
  }

  /** @returns microseconds of CPU per request */
  async turn(requests: number): Promise<number> {
    const before = await this.#spent();
    let left = requests;
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (left-- > 0) await this.#ask();
      }),
    );
    const after = await this.#spent();
    const counted = after.counted - before.counted;
    // The last ones may still be on their way out. A plane that does not do what it was told would measure nothing.
    const asTold = this.#counts ? counted > requests - 2 * CONNECTIONS : counted === 0;
    if (!asTold) throw new Error(`the data plane counted ${counted} of ${requests} requests`);
    return ((after.cpu - before.cpu) * 1e6) / requests;
  }

  end(): void {
    this.#agent.destroy();
    this.#child.disconnect();
  }

  #spent(): Promise<Spent> {
    const answer = answerOf<Spent>(this.#child);
    this.#child.send('spent');
    return answer;
  }

  #ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path: '/home', agent: this.#agent, headers: HEADERS };
      const request = http.get(options, (response) => {
        if (response.statusCode !== 200) reject(new Error(`answered with ${response.statusCode}`));
        response.resume().once('end', resolve);
      });
      request.once('error', reject);
    });
  }
}

function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the data plane ended'));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer as Answer);
    });
  });
}
