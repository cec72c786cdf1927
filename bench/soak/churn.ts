// Owns being born and dying: replicas of a running pool are killed and swapped, a half of them at a time, under light traffic,
// and between rounds, with everything at rest, both processes are looked at. What a look finds is process-facts.ts's.
import { setTimeout as delay } from 'node:timers/promises';
import type { ReplicaView } from '../../apps/balancer/src/orchestrator/views/replica-view.ts';
import { killContainer } from '../../apps/balancer/test/docker-api.ts';
import { type Balancer, startBalancer } from '../../experiments/system/balancer.ts';
import { call } from '../../experiments/system/call.ts';
import { startLoad } from '../../experiments/system/traffic.ts';
import { median } from './flatness.ts';
import { type ProcessFacts, ProcessWatch } from './process-facts.ts';

export interface SoakPlan {
  readonly runtime: 'process' | 'docker';
  readonly replicas: number;
  /** Instances to be born after the first sample, at least; each follows a death. */
  readonly births: number;
  /** Looks besides the first. */
  readonly samples: number;
}

export const PROCESSES = ['control', 'data'] as const;
/** What has to come back to where it was. */
export const COUNTS = ['sockets', 'descriptors', 'handles', 'timers', 'socketObjects'] as const;

export interface SoakSample {
  /** Since the first sample. */
  readonly births: number;
  readonly control: ProcessFacts;
  readonly data: ProcessFacts;
}

export interface SoakRun extends SoakPlan {
  readonly taken: readonly SoakSample[];
  /** null in runs that were stored before the clock was looked at. */
  readonly seconds: number | null;
  /** Of the light traffic; lost are those that were at a replica when it was killed, or came while none was ready. */
  readonly answered: number;
  readonly lost: number;
}

const SETTINGS = {
  // Who dies hundreds of times is not to be quarantined for it.
  CRASH_LOOP_LIMIT: '1000',
  // Deaths are told by the runtime. A probe under way at a look is a socket that the next look does not see.
  HEALTH_INTERVAL: '10s',
  UPSTREAM_KEEPALIVE: '1s',
  SPAWN_CONCURRENCY: '4',
  SPAWN_RATE: '10000',
  LOG_LEVEL: 'error',
  NODE_OPTIONS: '--inspect-port=0',
};
const READY_MS = 120_000;
/** Longest wait for connections and timers of the traffic before to be gone. */
const REST_MS = 60_000;
/** Idle connections to replicas go after UPSTREAM_KEEPALIVE. */
const SETTLE_MS = 2000;
/** Those to the engine, too, before what comes later is held against what is there then. */
const FIRST_SETTLE_MS = 10_000;
/** Odd, so that the middle is one of them. */
const FIRST_LOOKS = 7;
const LOOK_INTERVAL_MS = 300;
const CLIENTS = { clients: 2, pauseMs: 20 };

/** @param onBirths told how many were born since the last time @throws Error when the pool does not come back */
export async function churn(plan: SoakPlan, onBirths: (births: number) => void): Promise<SoakRun> {
  const env = { ...SETTINGS, RUNTIME: plan.runtime, N: String(plan.replicas), MAX_REPLICAS: '64' };
  const balancer = await startBalancer(env);
  const watches: ProcessWatch[] = [];
  try {
    const control = await ProcessWatch.begin(balancer.pid);
    watches.push(control);
    const data = await ProcessWatch.begin(balancer.dataPid);
    watches.push(data);
    return await new Churn(plan, balancer, { control, data }, onBirths).run();
  } finally {
    for (const watch of watches) watch.end();
    await balancer.stop();
  }
}

interface Watches {
  readonly control: ProcessWatch;
  readonly data: ProcessWatch;
}

class Churn {
  readonly #plan: SoakPlan;
  readonly #balancer: Balancer;
  readonly #watches: Watches;
  readonly #onBirths: (births: number) => void;
  readonly #taken: SoakSample[] = [];
  #births = 0;
  #rounds = 0;
  #answered = 0;
  #lost = 0;

  constructor(plan: SoakPlan, balancer: Balancer, watches: Watches, onBirths: (births: number) => void) {
    this.#plan = plan;
    this.#balancer = balancer;
    this.#watches = watches;
    this.#onBirths = onBirths;
  }

  async run(): Promise<SoakRun> {
    const { births, samples } = this.#plan;
    const began = performance.now();
    await this.#allReady();
    // One of each before the first look: what is made once and kept is no growth.
    await this.#underLoad(async () => {
      await this.#round();
      await this.#round();
    });
    this.#births = 0;
    await this.#sample();
    for (let taken = 1; taken <= samples; taken++) {
      await this.#underLoad(async () => {
        while (this.#births < (births * taken) / samples) this.#onBirths(await this.#round());
      });
      await this.#sample();
    }
    const seconds = Math.round((performance.now() - began) / 1000);
    return { ...this.#plan, taken: this.#taken, seconds, answered: this.#answered, lost: this.#lost };
  }

  /** A half of the replicas is killed, then removed and added again, so that its backoff begins anew. */
  async #round(): Promise<number> {
    const views = await this.#allReady();
    const half = views.filter((_, i) => i % 2 === this.#rounds % 2);
    this.#rounds++;
    const old = new Set(half.map(({ instance }) => instance?.id));
    for (const { instance } of half) {
      if (this.#plan.runtime === 'docker') await killContainer(instance?.id ?? '');
      else process.kill(instance?.pid ?? Number.NaN, 'SIGKILL');
    }
    await this.#allReady((now) => !now.some(({ instance }) => old.has(instance?.id)));
    const change = { n: half.length, hostnames: half.map(({ name }) => name) };
    await this.#change('DELETE', '/rm?wait=gone', change);
    await this.#change('POST', '/add?wait=ready', change);
    this.#births += 2 * half.length;
    return 2 * half.length;
  }

  async #underLoad(work: () => Promise<void>): Promise<void> {
    const load = startLoad(this.#balancer.dataUrl, CLIENTS);
    try {
      await work();
    } finally {
      const answers = await load.stop();
      const lost = answers.filter(({ owner }) => owner === undefined).length;
      this.#lost += lost;
      this.#answered += answers.length - lost;
    }
  }

  /**
   * Looks once everything is at rest. At any moment a probe or a list of instances may be under way, which holds a socket more
   * or, between two settings of its timer, a timer less. So the first sample has the middle of several looks: its least would
   * be a stroke of luck that no later one need have again. Those have the least of as many looks as it takes to find no more.
   */
  async #sample(): Promise<void> {
    const first = this.#taken[0];
    await delay(first ? SETTLE_MS : FIRST_SETTLE_MS);
    this.#taken.push(first ? await this.#untilNoMore(first) : await this.#atFirst());
  }

  async #atFirst(): Promise<SoakSample> {
    const looks = [await this.#look()];
    while (looks.length < FIRST_LOOKS) {
      await delay(LOOK_INTERVAL_MS);
      looks.push(await this.#look());
    }
    return summary(looks, median);
  }

  async #untilNoMore(first: SoakSample): Promise<SoakSample> {
    const end = performance.now() + REST_MS;
    const looks = [await this.#look()];
    for (;;) {
      const sample = summary(looks, (values) => Math.min(...values));
      if (!isMore(sample, first) || performance.now() > end) return sample;
      await delay(LOOK_INTERVAL_MS);
      looks.push(await this.#look());
    }
  }

  async #look(): Promise<SoakSample> {
    const { control, data } = this.#watches;
    return { births: this.#births, control: await control.look(), data: await data.look() };
  }

  async #allReady(also: (views: readonly ReplicaView[]) => boolean = () => true): Promise<ReplicaView[]> {
    const end = performance.now() + READY_MS;
    for (;;) {
      const { text } = await this.#admin('GET', '/api/replicas');
      const { replicas } = JSON.parse(text) as { replicas: ReplicaView[] };
      if (replicas.every(({ state }) => state === 'ready') && also(replicas)) return replicas;
      if (performance.now() > end) throw new Error(`not all ready within ${READY_MS} ms: ${text}`);
      await delay(50);
    }
  }

  async #change(method: string, path: string, body: object): Promise<void> {
    const { status, text } = await this.#admin(method, path, JSON.stringify(body));
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text}`);
  }

  #admin(method: string, path: string, body?: string): Promise<{ status: number; text: string }> {
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    return call(`${this.#balancer.adminUrl}${path}`, { method, headers, body });
  }
}

function isMore(now: SoakSample, first: SoakSample): boolean {
  return PROCESSES.some((process) => COUNTS.some((what) => now[process][what] > first[process][what]));
}

/** The newest of the looks, with its counts replaced by what `of` makes of those of all. */
function summary(looks: readonly SoakSample[], of: (values: readonly number[]) => number): SoakSample {
  const newest = looks.at(-1);
  if (newest === undefined) throw new Error('a sample needs a look');
  const counts = (process: keyof Watches) => ({
    ...newest[process],
    ...Object.fromEntries(COUNTS.map((what) => [what, of(looks.map((look) => look[process][what]))])),
  });
  return { births: newest.births, control: counts('control'), data: counts('data') };
}
