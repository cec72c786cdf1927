// Owns the measurement: two data planes, or two nginx, on one core, which get the same requests in turns, and what these cost their
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
  /** Of each of a pair, after those that warm it up. Even. */
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

/**
 * Turns of this many requests before anything is measured, of each: what is compiled late would be paid for by whoever comes first. After
 * two of 20,000 the lane that has more to do is still being compiled, and costs 2 % to 5 % more of a request than from the third on.
 */
const WARM_UP = 4;

/**
 * Each pair with two processes of its own: one of a build is luckier than the other in what is compiled how, and lies where, by more than
 * what is looked for.
 *
 * @param onPair after each
 */
export async function measure(contest: Contest, course: Course, onPair: () => void): Promise<Pair[]> {
  const load = new Load(course.cores.load);
  const measured: Pair[] = [];
  try {
    while (measured.length < course.pairs) {
      measured.push(await measurePair(contest, course, load, measured.length % 2 === 0));
      onPair();
    }
  } finally {
    await load.end();
  }
  return measured;
}

/** @param inOrder whether the one without is started, and takes its turn, first */
async function measurePair(contest: Contest, course: Course, load: Load, inOrder: boolean): Promise<Pair> {
  const { requests, replicas, cores } = course;
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
    for (let turn = 0; turn < WARM_UP; turn++) for (const subject of subjects) await takeTurn(load, subject, requests);
    // In halves, so that what both still gain by being warmer counts for both alike.
    const turns: Record<'first' | 'second', Spent[]> = { first: [], second: [] };
    for (const whose of ['first', 'second', 'second', 'first'] as const)
      turns[whose].push(await takeTurn(load, whose === 'first' ? first : second, requests / 2));
    const [a, b] = [costOf(turns.first), costOf(turns.second)];
    return inOrder ? { without: a, with: b } : { without: b, with: a };
  } finally {
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

/** The mean of turns of the same length. More digits than were measured only make the file long. */
function costOf(turns: readonly Spent[]): Spent {
  const mean = (of: keyof Spent) =>
    Number((turns.reduce((sum, spent) => sum + spent[of], 0) / turns.length).toFixed(3));
  return { lane: mean('lane'), process: mean('process') };
}
