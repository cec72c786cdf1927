// Owns the measurement: two data planes, or two nginx, on one core, which get the same requests in turns, and what each turn cost their
// process, and the thread that carries the requests, in CPU. Time on the wall is nobody's measure here, so that a busy machine
// disturbs less.
import { testDataSettings } from '../../apps/balancer/src/routing/testing/data-settings.ts';
import type { Replica } from '../proxy/answering/answering.ts';
import type { Cores } from '../proxy/cores.ts';
import { Load } from '../proxy/load/load.ts';
import type { Ask } from '../proxy/requests.ts';
import { Nginx, type NginxOrder } from './nginx.ts';
import { Plane, type PlaneOrder } from './plane.ts';
import type { Pair } from './result.ts';
import type { Spent, Subject } from './subject.ts';

/** What is compared: the first of a pair is without, the second with. */
export interface Contest {
  readonly without: Order;
  readonly with: Order;
}

type Order = Omit<PlaneOrder, 'replicas'> | Omit<NginxOrder, 'replicas'>;

export interface Course {
  readonly pairs: number;
  /** Of each turn. */
  readonly requests: number;
  readonly replicas: readonly Replica[];
  readonly cores: Cores;
}

/** The defaults, for the lane that is one. */
export const SETTINGS = testDataSettings({
  pool: 'bench',
  express: true,
  seedRoutes: false,
  exposeReplica: false,
  forwardedFields: ['for', 'proto', 'host'],
  user: '',
});

export const CONNECTIONS = 64;
/** As browsers send it; every second client belongs to a trace already. */
const ASK: Ask = { path: '/small', upload: 0, close: false, traced: true };

/** Pairs that are measured with the same two processes: one is luckier than the other in what is compiled how, and lies where. */
const SITTING = 3;

/** @param onTurn after each */
export async function measure(contest: Contest, course: Course, onTurn: () => void): Promise<Pair[]> {
  const measured: Pair[] = [];
  for (let begun = 0; begun < course.pairs; begun += SITTING) {
    const pairs = Math.min(SITTING, course.pairs - begun);
    measured.push(...(await sit(contest, { ...course, pairs }, begun % 2 === 0, onTurn)));
  }
  return measured;
}

/** @param inOrder whether the one without is started, and takes its turn, first */
async function sit(contest: Contest, course: Course, inOrder: boolean, onTurn: () => void): Promise<Pair[]> {
  const { pairs, requests, replicas, cores } = course;
  const load = new Load(cores.load);
  const subjects: Subject[] = [];
  try {
    for (const order of inOrder ? [contest.without, contest.with] : [contest.with, contest.without]) {
      subjects.push(
        'nginx' in order
          ? await Nginx.begin({ ...order, replicas }, cores.proxy)
          : await Plane.begin({ ...order, replicas }, cores.proxy),
      );
    }
    const [first, second] = subjects;
    if (!first || !second) throw new Error('a pair is two');
    // What is compiled late would be paid for by whoever comes first.
    for (let round = 0; round < 2; round++) for (const subject of subjects) await takeTurn(load, subject, requests);
    const measured: Pair[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      const costs = new Map<Subject, Spent>();
      for (const subject of pair % 2 === 0 ? [first, second] : [second, first]) {
        costs.set(subject, await takeTurn(load, subject, requests));
        onTurn();
      }
      const [a, b] = [costOfTurn(costs.get(first)), costOfTurn(costs.get(second))];
      measured.push(inOrder ? { without: a, with: b } : { without: b, with: a });
    }
    return measured;
  } finally {
    await load.end();
    for (const subject of subjects) await subject.end();
  }
}

/** @returns microseconds per request */
async function takeTurn(load: Load, subject: Subject, requests: number): Promise<Spent> {
  await load.open({ port: subject.port, connections: CONNECTIONS, ask: ASK });
  const before = subject.spent();
  const sent = await load.send(requests);
  const after = subject.spent();
  await load.close();
  // Each connection has had a request when it was opened.
  await subject.check(sent.requests + CONNECTIONS);
  return {
    lane: (after.lane - before.lane) / sent.requests,
    process: (after.process - before.process) / sent.requests,
  };
}

/** More digits than were measured only make the file long. */
function costOfTurn(spent: Spent | undefined): Spent {
  if (!spent) throw new Error('a pair is two turns');
  return { lane: Number(spent.lane.toFixed(3)), process: Number(spent.process.toFixed(3)) };
}
