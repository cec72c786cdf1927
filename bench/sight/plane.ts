// Owns a data plane under measurement from outside: its start on its core, what it has counted, and what the kernel says that its lane
// and its process have spent.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { DataSettings } from '../../apps/balancer/src/routing/link/messages.ts';
import type { Replica } from '../proxy/answering/answering.ts';
import { onCore } from '../proxy/cores.ts';
import { costOf, threadSeconds } from '../proxy/process-cost.ts';
import type { Spent, Subject } from './subject.ts';

/** First message of the parent. */
export interface PlaneOrder {
  /** Its lane counts nothing. */
  readonly bare: boolean;
  readonly settings: DataSettings;
  readonly replicas: readonly Replica[];
}

export type PlaneReport = { readonly port: number } | { readonly counted: number };

/** The name of its only lane's thread. */
const LANE = 'lane-0';

export class Plane implements Subject {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #counts: boolean;
  #counted = 0;

  private constructor(child: ChildProcess, port: number, counts: boolean) {
    this.#child = child;
    this.port = port;
    this.#counts = counts;
  }

  static async begin(order: PlaneOrder, core: number): Promise<Plane> {
    const program = join(import.meta.dirname, 'plane-process.ts');
    const [command, args] = onCore(core, process.execPath, [program]);
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const answer = answerOf(child);
    child.send(order);
    const report = await answer;
    if (!('port' in report)) throw new Error('the data plane counts before it serves');
    return new Plane(child, report.port, !order.bare);
  }

  spent(): Spent {
    const pid = this.#child.pid ?? NaN;
    return { lane: 1e6 * threadSeconds(pid, LANE), process: 1e6 * costOf([pid]).cpu };
  }

  async check(requests: number): Promise<void> {
    const answer = answerOf(this.#child);
    this.#child.send('count');
    const report = await answer;
    if (!('counted' in report)) throw new Error('the data plane serves anew');
    const counted = report.counted - this.#counted;
    this.#counted = report.counted;
    if (counted !== (this.#counts ? requests : 0))
      throw new Error(`the data plane counted ${counted} of ${requests} requests`);
  }

  end(): void {
    this.#child.disconnect();
  }
}

function answerOf(child: ChildProcess): Promise<PlaneReport> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the data plane ended'));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer as PlaneReport);
    });
  });
}
