// Owns the measurement: two data planes, or two nginx, in processes of their own, which get the same requests in turns, and what each turn cost
// their process in CPU. Time on the wall is nobody's measure here, so that a busy machine disturbs less.
import { type ChildProcess, fork } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { testDataSettings } from '../../apps/balancer/src/routing/testing/data-settings.ts';
import { CONNECTIONS, Load } from './load.ts';
import { Nginx } from './nginx.ts';
import type { PlaneOrder, Spent } from './plane.ts';
import type { Pair } from './result.ts';

/** What is compared: the first of a pair is without, the second with. */
export interface Contest {
  readonly without: Order;
  readonly with: Order;
}

type Order = Omit<PlaneOrder, 'replicaPort'> | { readonly nginx: 'off' | 'log' };

interface Subject {
  /** @returns microseconds of CPU per request */
  turn(requests: number): Promise<number>;
  end(): void | Promise<void>;
}

export const SETTINGS = testDataSettings({ pool: 'bench', seedRoutes: false, exposeReplica: false, user: '' });

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
    [contest.without, contest.with].map((order): Promise<Subject> => {
      return 'nginx' in order
        ? Nginx.begin(order.nginx === 'log', replicaPort)
        : Plane.begin({ ...order, replicaPort });
    }),
  );
  try {
    const [without, other] = planes;
    if (!without || !other) throw new Error('a pair is two');
    // What is compiled late would be paid for by whoever comes first.
    for (const plane of planes) await plane.turn(2 * requests);
    const measured: Pair[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      const inOrder = pair % 2 === 0 ? [without, other] : [other, without];
      const costs = new Map<Subject, number>();
      for (const plane of inOrder) {
        costs.set(plane, await plane.turn(requests));
        onTurn();
      }
      measured.push({ without: costs.get(without) ?? NaN, with: costs.get(other) ?? NaN });
    }
    return measured;
  } finally {
    for (const plane of planes) await plane.end();
    replica.closeAllConnections();
    replica.close();
  }
}

class Plane implements Subject {
  readonly #child: ChildProcess;
  readonly #counts: boolean;
  readonly #load: Load;

  private constructor(child: ChildProcess, port: number, counts: boolean) {
    this.#child = child;
    this.#load = new Load(port);
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
    await this.#load.send(requests);
    const after = await this.#spent();
    const counted = after.counted - before.counted;
    // The last ones may still be on their way out. A plane that does not do what it was told would measure nothing.
    const asTold = this.#counts ? counted > requests - 2 * CONNECTIONS : counted === 0;
    if (!asTold) throw new Error(`the data plane counted ${counted} of ${requests} requests`);
    return ((after.cpu - before.cpu) * 1e6) / requests;
  }

  end(): void {
    this.#load.end();
    this.#child.disconnect();
  }

  #spent(): Promise<Spent> {
    const answer = answerOf<Spent>(this.#child);
    this.#child.send('spent');
    return answer;
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
