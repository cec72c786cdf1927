// Owns the steady load through many random events: drawn by events.ts, carried out one after the other without waiting for
// the pool to recover, as long as two replicas besides the victim serve.
import type { Act, ClosedSpan, Drill, Stage } from '../drill.ts';
import { monotonic, pause } from '../rig/clock.ts';
import type { Rig } from '../rig/rig.ts';
import { RESPONSE_TIMEOUT_MS } from '../rig/settings.ts';
import { beginDeploy, deployEnded, hasDeploy } from '../runs/deploy.ts';
import { type Event, type EventKind, LEAST, MOST, nextEvent } from './events.ts';
import { randomNumbers } from './random.ts';

/** @param count events @param seed of all that is drawn */
export function steadyDrill(count: number, seed: number): Drill {
  return {
    id: 'steady',
    title: `Steady load through ${count} random events`,
    text: `Add, remove, kill -9, freeze, restart, deploy, SIGKILL of control, drawn with seed ${seed}, one after the other without waiting for the pool to recover: whatever leaves two ready replicas. The pool keeps between ${LEAST} and ${MOST} replicas.`,
    runtimes: ['process', 'docker'],
    // Half of the capacity is what this one is about, whatever that is.
    mostRate: 5000,
    replicas: 5,
    // What kills a replica every few seconds is the drill, and no crash loop.
    settings: { CRASH_LOOP_LIMIT: '1000' },
    limitMs: RESPONSE_TIMEOUT_MS * 2,
    returns: false,
    act: (stage) => new Steady(stage, count, seed).run(),
  };
}

const LOOK_MS = 50;

class Steady {
  readonly #stage: Stage;
  readonly #rig: Rig;
  readonly #count: number;
  readonly #seed: number;
  readonly #random: () => number;
  readonly #done: Partial<Record<EventKind, number>> = {};
  #closed: ClosedSpan[] = [];
  #deploying: Promise<unknown> | undefined;
  #editions = 0;

  constructor(stage: Stage, count: number, seed: number) {
    this.#stage = stage;
    this.#rig = stage.rig;
    this.#count = count;
    this.#seed = seed;
    this.#random = randomNumbers(seed);
  }

  async run(): Promise<Act> {
    const at = monotonic();
    const deploys = await hasDeploy(this.#rig);
    for (let i = 0; i < this.#count; i++) {
      const { event, ready } = await this.#next(deploys);
      this.#done[event.kind] = (this.#done[event.kind] ?? 0) + 1;
      await this.#carryOut(event, ready[event.index] ?? '');
      await pause(event.gapMs);
    }
    await this.#deploying;
    this.#stage.mark('last event');
    await this.#rig.allReady(LEAST);
    return { at, closed: this.#closed, events: this.#done, seed: this.#seed };
  }

  /** Waits until the pool bears an event. */
  async #next(deploys: boolean): Promise<{ event: Event; ready: string[] }> {
    return this.#rig.until('a pool that bears another event', async () => {
      const replicas = await this.#rig.replicas();
      const ready = replicas.filter(({ state }) => state === 'ready').map(({ name }) => name);
      const mayDeploy = deploys && !this.#deploying;
      const event = nextEvent(this.#random, { members: replicas.length, ready: ready.length, mayDeploy });
      if (!event) await pause(LOOK_MS);
      return event && { event, ready };
    });
  }

  /** The lowest free name is given again: what was promised of the one removed ends with that. */
  async #add(): Promise<void> {
    const at = monotonic();
    const { message } = (await this.#rig.change('POST', '/add', { n: 1 })) as { message: { replicas: string[] } };
    const there = new Set(message.replicas);
    this.#closed = this.#closed.map((span) => (there.has(span.name) && span.to > at ? { ...span, to: at } : span));
  }

  async #carryOut({ kind }: Event, name: string): Promise<void> {
    const rig = this.#rig;
    switch (kind) {
      case 'add':
        await this.#add();
        return;
      case 'remove':
        await rig.change('DELETE', '/rm', { n: 1, hostnames: [name] });
        this.#closed.push({ name, from: monotonic(), to: Infinity });
        return;
      case 'kill':
        await rig.kill(name);
        return;
      case 'freeze':
        await rig.freeze(name);
        return;
      case 'restart':
        await rig.tell(name, 'restart');
        return;
      case 'deploy':
        await beginDeploy(rig, `edition-${++this.#editions}`);
        this.#deploying = deployEnded(rig).finally(() => (this.#deploying = undefined));
        // Told at the end, where it is awaited; until then it is no unhandled one.
        this.#deploying.catch(() => {});
        return;
      case 'control':
        await rig.killControl();
        await rig.startControl();
        return;
    }
  }
}
