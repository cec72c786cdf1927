// Owns one random history of a pool: what may happen to it, and how it is done to the rig. What has to hold meanwhile is
// promises.ts's.
import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../config/load.js';
import { RuntimeError } from '../../runtime/runtime-error.js';
import { PoolRig } from './pool-rig.js';
import { Promises } from './promises.js';
import type { Disturbance } from './scripted-runtime.js';

/** In memory where there is such a place: thousands of pools write their state here. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const ENV = { N: '3', MAX_REPLICAS: '6', CRASH_LOOP_LIMIT: '3', EJECT_TIME_MAX: '20s' };
/** STANDBY is 0 to this. */
const MOST_STANDBYS = 2;

type OneOf<T extends readonly string[]> = T[number];

const TO_AN_INSTANCE = [
  'die',
  'die',
  'vanish',
  'pause',
  'sicken',
  'heal',
  'fail',
  'stopHint',
  'deathHint',
  'strange',
] as const;
const TO_THE_POOL = ['add', 'remove'] as const;
const TO_A_REPLICA = ['drain', 'undrain', 'restart', 'weight'] as const;
const OF_A_DEPLOY = ['deploy', 'deploy', 'cancel', 'takeBack'] as const;
const CALLS = ['list', 'create', 'start', 'rename', 'stop', 'remove'] as const;
const WEATHER = ['calm', 'deafen', 'hear', 'mute', 'answer', 'kill9'] as const;

const OUTCOMES = {
  fail: { error: new RuntimeError('failed', 'it failed') },
  away: { error: new RuntimeError('unreachable', 'no engine') },
  hang: 'hang',
  slow: { slow: 700 },
} as const satisfies Record<string, Disturbance>;

export type HistoryEvent =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: OneOf<typeof TO_AN_INSTANCE>; readonly pick: number }
  | { readonly kind: OneOf<typeof TO_THE_POOL>; readonly n: number }
  | { readonly kind: OneOf<typeof TO_A_REPLICA>; readonly replica: number }
  | { readonly kind: OneOf<typeof OF_A_DEPLOY>; readonly colour: string; readonly maxSurge: number }
  | {
      readonly kind: 'disturb';
      readonly call: OneOf<typeof CALLS>;
      readonly how: keyof typeof OUTCOMES;
      /** Each so-many-th call. */
      readonly share: number;
    }
  | { readonly kind: OneOf<typeof WEATHER> };

const any = <T extends readonly string[]>(kinds: T): fc.Arbitrary<OneOf<T>> => fc.constantFrom(...kinds);

const event: fc.Arbitrary<HistoryEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(10, 200, 1500, 8000, 40_000) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: any(TO_AN_INSTANCE), pick: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ kind: any(TO_THE_POOL), n: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: any(TO_A_REPLICA), replica: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: any(OF_A_DEPLOY),
      colour: fc.constantFrom('red', 'green', 'blue'),
      maxSurge: fc.constantFrom(1, 1, 2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('disturb' as const),
      call: any(CALLS),
      how: any(['fail', 'away', 'hang', 'slow'] as const),
      share: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: any(WEATHER) }) },
);

export interface HistoryPlan {
  readonly standby: number;
  readonly slowStart: string;
  readonly steps: readonly HistoryEvent[];
}

export const histories: fc.Arbitrary<HistoryPlan> = fc.record({
  standby: fc.nat(MOST_STANDBYS),
  slowStart: any(['0s', '5s']),
  steps: fc.array(event, { minLength: 5, maxLength: 40 }),
});

/** Plays a whole history: everything is checked after each event, and once more after the failures have stopped. @throws Error naming a promise that was broken */
export async function play({ standby, slowStart, steps }: HistoryPlan): Promise<void> {
  const history = await History.begin({ ...ENV, STANDBY: String(standby), SLOW_START: slowStart });
  try {
    for (const step of steps) await history.step(step);
    await history.end();
  } finally {
    await history.dispose();
  }
}

class History {
  private promises: Promises;

  private constructor(
    private rig: PoolRig,
    private readonly env: Environment,
  ) {
    this.promises = new Promises(rig);
  }

  static async begin(env: Environment): Promise<History> {
    const stateDir = await mkdtemp(join(FOLDER, 'hashflow-history-'));
    const rig = await PoolRig.make({ env, stateDir });
    await rig.manager.start();
    return new History(rig, env);
  }

  async step(step: HistoryEvent): Promise<void> {
    await this.happen(step);
    this.promises.check();
  }

  /** Failures stop, time passes: what was promised must have come. */
  async end(): Promise<void> {
    const { runtime, link } = this.rig;
    runtime.disturb = () => undefined;
    runtime.silent = false;
    link.acknowledges = true;
    link.acknowledge();
    for (const id of runtime.behaviours.keys()) runtime.behaviours.set(id, 'healthy');
    for (const instance of runtime.world.values()) if (instance.state === 'paused') instance.state = 'running';
    await this.rig.pass(150_000);
    this.promises.check();
    this.promises.checkCalm();
  }

  async dispose(): Promise<void> {
    this.rig.runtime.disturb = () => undefined;
    await rm(this.rig.stateDir, { recursive: true, force: true });
  }

  private async happen(step: HistoryEvent): Promise<void> {
    const { runtime, link, manager } = this.rig;
    switch (step.kind) {
      case 'pass':
        return this.rig.pass(step.ms);
      case 'add':
        return this.ask(manager.add({ n: step.n, hostnames: [] }));
      case 'remove':
        return this.ask(manager.remove({ n: step.n, hostnames: [] }));
      case 'drain':
      case 'undrain':
      case 'restart':
      case 'weight':
        return this.askOne(step.kind, step.replica);
      case 'deploy':
        this.promises.deploys(step.maxSurge);
        return this.ask(manager.deploys.begin({ env: { COLOUR: step.colour } }, { maxSurge: step.maxSurge }));
      case 'cancel':
        return this.ask(manager.deploys.cancel());
      case 'takeBack':
        return this.ask(manager.deploys.takeBack());
      case 'disturb': {
        let calls = 0;
        const previous = runtime.disturb;
        runtime.disturb = (call, subject) =>
          call === step.call && ++calls % step.share === 0 ? OUTCOMES[step.how] : previous(call, subject);
        return;
      }
      case 'calm':
        runtime.disturb = () => undefined;
        return;
      case 'deafen':
      case 'hear':
        runtime.silent = step.kind === 'deafen';
        return;
      case 'mute':
      case 'answer':
        link.acknowledges = step.kind === 'answer';
        if (link.acknowledges) link.acknowledge();
        return;
      case 'kill9':
        return this.kill9();
      default:
        return this.strike(step.kind, step.pick);
    }
  }

  /** Something befalls an instance behind the balancer's back. */
  private strike(kind: OneOf<typeof TO_AN_INSTANCE>, pick: number): void {
    const { runtime } = this.rig;
    const all = [...runtime.world.values()];
    if (kind === 'strange') {
      const slot = pick % 2 === 0 ? '' : 'stranger';
      runtime.place({ slot, generation: 1000 + pick + all.length, leftover: pick % 3 === 0 });
      return;
    }
    const target = all[pick % Math.max(1, all.length)];
    if (!target) return;
    switch (kind) {
      case 'die':
        return runtime.die(target.id);
      case 'vanish':
        runtime.world.delete(target.id);
        return;
      case 'pause':
        if (target.state === 'running') target.state = 'paused';
        return runtime.emit({ kind: 'changed' });
      case 'sicken':
      case 'heal':
        runtime.behaviours.set(target.id, kind === 'heal' ? 'healthy' : 'sick');
        return;
      case 'fail':
        // Once more than nothing, so that there is something to compare with.
        this.rig.link.ends(target.id, {});
        return this.rig.link.ends(target.id, { reset: 5 });
      case 'stopHint':
        return runtime.emit({ kind: 'stopping', instanceId: target.id });
      case 'deathHint':
        // Doubled, late, or of a life before this one.
        return runtime.emit({ kind: 'died', instanceId: target.id });
    }
  }

  private async askOne(kind: OneOf<typeof TO_A_REPLICA>, replica: number): Promise<void> {
    const { life } = this.rig.manager;
    const names = this.rig.manager.names();
    const name = names[replica % Math.max(1, names.length)] ?? 'nobody';
    switch (kind) {
      case 'drain':
        this.promises.drained(name);
        return this.ask(life.drain(name, { force: replica % 2 === 0 }));
      case 'undrain':
        return this.ask(life.undrain(name));
      case 'restart':
        return this.ask(life.restart(name));
      case 'weight':
        return this.ask(life.setWeight(name, 1 + (replica % 4)));
    }
  }

  /** An answer may be a refusal, or take longer than this history. */
  private async ask(answer: Promise<unknown>): Promise<void> {
    answer.catch(() => undefined);
    await this.rig.pass(20);
  }

  private async kill9(): Promise<void> {
    this.rig = await this.rig.kill9({ env: this.env });
    this.promises = this.promises.succeed(this.rig);
    await this.rig.manager.start();
  }
}
