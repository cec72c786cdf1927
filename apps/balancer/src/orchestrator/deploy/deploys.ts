// Owns beginning, following and taking back a deploy: the image is pinned first, each step is stored before the loop hears of
// it, and a deploy that an earlier balancer began goes on. What is next is rollout.ts's, making it true the loop's.
import type { Settings } from '../../config/config.module.js';
import { RuntimeError } from '../../runtime/runtime-error.js';
import {
  changedWorkload,
  type DeployChange,
  differences,
  replacesInstances,
  requireDeployable,
} from './deploy-change.js';
import { deployView, type DeployView, unbegunView } from './deploy-view.js';
import { type Pool, type PoolParts } from '../pool.js';
import { PoolError } from '../pool-error.js';
import { sightOf } from './pool-sight.js';
import type { PoolState, Rollout } from '../state/pool-state.js';
import type { PoolTurns } from '../replica-life.js';
import type { WaitOptions } from '../views/replica-view.js';
import { advance, isUnderWay, rollBack } from './rollout.js';
import { waitUntil } from '../waits.js';

export interface DeployOptions {
  /** Replicas that may be replaced at a time; 1 when absent. */
  readonly maxSurge?: number;
  /** How long a successor has to have served before the next replica's turn, in milliseconds; 1000 when absent. */
  readonly minReadyMs?: number;
  /** Only tells what would change; the image is resolved, and pulled if need be. */
  readonly dryRun?: boolean;
}

interface DeployTurns extends PoolTurns {
  /** Told after each change that a view would show. */
  readonly onChange: (listener: () => void) => () => void;
  readonly tell: () => void;
}

type Pace = Pick<Rollout, 'maxSurge' | 'minReadyMs'>;

const CAREFUL: Pace = { maxSurge: 1, minReadyMs: 1000 };
/** What no change of the pool tells: time that has run out, a disk that writes again. */
const POLL = 1000;

export class Deploys {
  /** An image is being pinned: that may take minutes, in which everything else of the pool goes on. */
  private preparing = false;
  private looking = false;
  private lookAgain = false;
  private stopped = false;
  private cancelPoll = () => {};
  private unsubscribe = () => {};

  constructor(
    private readonly parts: Pick<PoolParts, 'settings' | 'runtime' | 'log' | 'events' | 'options'>,
    private readonly pool: DeployTurns,
  ) {}

  /** Goes on with what an earlier balancer began, and from now on with what is begun. */
  resume(): void {
    this.unsubscribe = this.pool.onChange(() => this.look());
    this.look();
  }

  stop(): void {
    this.stopped = true;
    this.cancelPoll();
    this.unsubscribe();
  }

  /**
   * Begins to replace the replicas by ones of another workload; stored before it resolves.
   * @throws PoolError not_deployable, bad_deploy, deploy_under_way, engine, storage, not_running; then nothing has changed
   */
  async begin(change: DeployChange, { dryRun = false, ...given }: DeployOptions = {}): Promise<DeployView> {
    const { runtime, settings } = this.parts;
    requireDeployable(change, runtime.kind);
    const pace = { ...CAREFUL, ...given };
    requireSurge(pace.maxSurge, settings);
    const { store } = this.pool.running();
    this.requireNone(store.current);
    this.preparing = true;
    try {
      const image = await this.pinned(change, store.current.workload.imageRef);
      return await this.pool.inTurn((pool) => {
        const to = changedWorkload(store.current.workload, change, image);
        return this.store(pool, to, pace, dryRun);
      });
    } finally {
      this.preparing = false;
    }
  }

  /** The deploy under way is rolled back. @throws PoolError no_deploy, storage, not_running */
  async cancel(): Promise<DeployView> {
    return this.pool.inTurn(async (pool) => {
      const { rollout } = pool.store.current;
      if (!isUnderWay(rollout)) throw new PoolError('no_deploy', 'No deploy is under way');
      if (rollout.status === 'rolling')
        await this.change(pool, (now, state) => ({
          rollout: rollBack(now, sightOf(pool, state, this.parts), 'it was cancelled'),
          begun: now.steps.filter((step) => step.state === 'replacing').map(({ name }) => name),
        }));
      return this.viewOf(pool, rollout);
    });
  }

  /**
   * Back to what ran before: the deploy under way is cancelled, and after one that succeeded its predecessor is deployed.
   * @throws PoolError no_deploy, storage, not_running
   */
  async takeBack(): Promise<DeployView> {
    const { rollout } = this.pool.running().store.current;
    if (isUnderWay(rollout)) return this.cancel();
    return this.pool.inTurn(async (pool) => {
      const last = pool.store.current.rollout;
      if (this.preparing) this.requireNone(pool.store.current);
      if (last?.status !== 'rolled-out')
        throw new PoolError('no_deploy', 'No deploy has succeeded that could be taken back');
      return this.store(pool, last.from, last, false);
    });
  }

  /** The deploy under way, or the last one. @throws PoolError no_deploy, not_running */
  view(): DeployView {
    const pool = this.pool.running();
    return this.viewOf(pool, pool.store.current.rollout);
  }

  /** The view as it is, and after each change until the deploy has ended. @throws PoolError from the iteration */
  async *follow(signal: AbortSignal): AsyncGenerator<DeployView> {
    let wake = () => {};
    const unsubscribe = this.pool.onChange(() => wake());
    signal.addEventListener('abort', () => wake());
    try {
      let last = '';
      while (!signal.aborted) {
        // Before the look: what changes while the reader takes the view is not missed.
        const changed = new Promise<void>((resolve) => (wake = resolve));
        const view = this.view();
        const text = JSON.stringify(view);
        if (text !== last) yield view;
        if (view.endedAt !== null) return;
        last = text;
        if (!signal.aborted) await changed;
      }
    } finally {
      unsubscribe();
    }
  }

  /** Resolves when the deploy has succeeded. @throws PoolError deploy_failed, wait_timeout, wait_aborted, not_running */
  async done({ signal, timeoutMs = this.parts.settings.waitTimeout }: WaitOptions = {}): Promise<DeployView> {
    const missing = () => {
      const { endedAt, replicas, status } = this.view();
      if (endedAt !== null) return null;
      const done = replicas.filter(({ step }) => step === 'replaced').length;
      return { name: 'The deploy', state: `it is ${status}, ${done} of ${replicas.length} replicas are replaced` };
    };
    const wait = { clock: this.parts.options.clock, onChange: this.pool.onChange, missing, goal: 'done' };
    await waitUntil(wait, { signal, timeoutMs });
    const view = this.view();
    if (view.status === 'rolled-out') return view;
    const how = view.status === 'failed' ? 'failed' : 'was rolled back';
    throw new PoolError('deploy_failed', `The deploy ${how}: ${view.reason ?? 'no reason known'}`);
  }

  private viewOf({ store, reconciler }: Pool, fallback: Rollout | undefined): DeployView {
    const { rollout = fallback, members } = store.current;
    if (!rollout) throw new PoolError('no_deploy', 'Nothing was deployed since the pool was made');
    return deployView(rollout, members, reconciler.phases);
  }

  private requireNone({ rollout }: PoolState): void {
    if (!this.preparing && !isUnderWay(rollout)) return;
    throw underWay();
  }

  /** The image as its reference names it now. @throws PoolError bad_deploy, engine */
  private async pinned({ image: named, pull }: DeployChange, current: string | undefined) {
    const { runtime, log } = this.parts;
    if (runtime.kind !== 'docker') return undefined;
    try {
      return await runtime.pinImage({ named, current, pull }, (line) => log.info({}, line));
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      const subject = { field: 'image', value: named ?? current } as const;
      const told = `Nothing is deployed: ${error.message}`;
      throw new PoolError(error.retryable ? 'engine' : 'bad_deploy', told, subject, { cause: error });
    }
  }

  private async store(
    pool: Pool,
    asked: PoolState['workload'],
    { maxSurge, minReadyMs }: Pace,
    dryRun: boolean,
  ): Promise<DeployView> {
    const pace = { maxSurge, minReadyMs };
    const { workload: from, rollout: last } = pool.store.current;
    if (isUnderWay(last)) throw underWay();
    const changes = differences(from, asked);
    const renews = replacesInstances(changes);
    const revision = Math.max(from.revision ?? 1, last?.revision ?? 1) + 1;
    const to = { ...asked, revision: renews ? revision : from.revision };
    if (changes.length === 0) return unbegunView('unchanged', from, from, pace);
    if (dryRun) return unbegunView('planned', from, to, pace);
    const now = this.parts.options.clock.wall();
    const begun = { revision, from, to, ...pace, steps: [], reason: null, startedAt: now };
    const rollout: Rollout = renews
      ? { ...begun, status: 'rolling', endedAt: null }
      : { ...begun, status: 'rolled-out', endedAt: now };
    await pool.store.update((state) => inForce({ ...state, rollout }));
    pool.reconciler.turn();
    this.pool.tell();
    this.tellOf(rollout, changes);
    this.look();
    return this.viewOf(pool, undefined);
  }

  /** Stored, then told to the loop. Decided from the state as the write before has left it: it may have given a generation. */
  private async change(
    { store, reconciler }: Pool,
    decide: (rollout: Rollout, state: PoolState) => ReturnType<typeof advance>,
  ): Promise<void> {
    let begun: readonly string[] = [];
    const before = store.current.rollout?.status;
    await store.update((state) => {
      if (!isUnderWay(state.rollout)) return state;
      const next = decide(state.rollout, state);
      begun = next.begun;
      return inForce({ ...state, rollout: next.rollout });
    });
    for (const name of begun) reconciler.memory.pardon(name);
    const { rollout } = store.current;
    if (rollout && rollout.status !== before) this.tellOf(rollout);
    reconciler.turn();
    this.pool.tell();
  }

  private tellOf({ revision, status, reason }: Rollout, changes?: readonly string[]): void {
    const { log, events } = this.parts;
    log[status === 'failed' ? 'error' : 'info']({ revision, status, reason, changes }, 'a deploy changed its state');
    events.record({ type: 'deploy', revision, status, reason });
  }

  private look(): void {
    this.lookAgain = true;
    if (this.looking || this.stopped) return;
    this.cancelPoll();
    if (!isUnderWay(this.pool.running().store.current.rollout)) return;
    this.looking = true;
    void this.goOn()
      .catch((error: Error) => {
        if (!this.stopped) this.parts.log.error({ error: error.message }, 'a step of the deploy could not be stored');
      })
      .finally(() => {
        this.looking = false;
        if (this.stopped) return;
        if (this.lookAgain) this.look();
        else this.cancelPoll = this.parts.options.clock.after(POLL, () => this.look());
      });
  }

  /** Step by step, until one has to wait for the loop. */
  private async goOn(): Promise<void> {
    this.lookAgain = false;
    while (!this.stopped && this.isDue(this.pool.running())) {
      await this.pool.inTurn(async (pool) => {
        if (this.isDue(pool)) await this.change(pool, (rollout, state) => this.advanced(pool, rollout, state));
      });
    }
  }

  private isDue(pool: Pool): boolean {
    const { rollout } = pool.store.current;
    // From a list of before the engine went away nothing is concluded.
    if (!isUnderWay(rollout) || !pool.reconciler.engine.answers) return false;
    return this.advanced(pool, rollout, pool.store.current).rollout !== rollout;
  }

  private advanced(pool: Pool, rollout: Rollout, state: PoolState): ReturnType<typeof advance> {
    return advance(rollout, sightOf(pool, state, this.parts), this.parts.options.clock.wall());
  }
}

/** What has succeeded is from now on what the pool runs. */
function inForce(state: PoolState & { readonly rollout: Rollout }): PoolState {
  return state.rollout.status === 'rolled-out' ? { ...state, workload: state.rollout.to } : state;
}

function underWay(): PoolError {
  const hint = 'DELETE /api/deploy takes it back';
  return new PoolError('deploy_under_way', `A deploy is under way, and there is one at a time; ${hint}`);
}

function requireSurge(maxSurge: number, { maxReplicas }: Settings): void {
  if (Number.isSafeInteger(maxSurge) && maxSurge >= 1 && maxSurge <= maxReplicas) return;
  const message = `maxSurge must be a whole number from 1 to MAX_REPLICAS (${maxReplicas}), not ${maxSurge}`;
  throw new PoolError('bad_deploy', message, { field: 'maxSurge', value: maxSurge });
}
