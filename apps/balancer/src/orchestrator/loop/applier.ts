// Owns carrying out actions: each on its own, with a deadline, none waiting for another. An action counts as under way until
// a list that began after its end has come in, so that no plan is made from a world before it. What to do is plan.ts's.
import type { InstanceSpec, ObservedInstance, ReplicaRuntime } from '../../runtime/replica-runtime.js';
import { RuntimeError } from '../../runtime/runtime-error.js';
import type { Logger } from '../../telemetry/logger.js';
import type { Clock } from './clock.js';
import { withDeadline } from './deadline.js';
import type { Ledger } from './ledger.js';
import type { Action } from '../plan.js';
import type { PlanInput } from '../plan-input.js';
import { isStandbySlot } from '../../runtime/standby-slot.js';
import type { Birth } from '../spawn-gate.js';

interface UnderWay {
  readonly action: Action;
  /** Monotonic milliseconds. */
  readonly began: number;
  /** Mark of its end; undefined while it runs. */
  ended: number | undefined;
  /** By a `prepare` that has ended. */
  made: ObservedInstance | null;
}

const CREATE_DEADLINE = 30_000;
const START_DEADLINE = 30_000;
/** Short: a slot that waits for a standby which cannot be given to it is better off with an instance of its own. */
const RENAME_DEADLINE = 5000;
const REMOVE_DEADLINE = 30_000;
/** Beyond the grace that the runtime gives the instance itself. */
const STOP_MARGIN = 15_000;
const LOGS_DEADLINE = 2000;
const LAST_LINES = 50;
/** Longest wait of the dead for the living, in milliseconds. */
const REMOVAL_PATIENCE = 2000;
/** After the engine failed a call. */
const PAUSE_AFTER_FAILURE = 1000;

export interface ApplierParts {
  readonly runtime: ReplicaRuntime;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  /** From the stop signal to SIGKILL, in milliseconds; of the instance, not of the pool. */
  readonly stopGrace: (instanceId: string) => number;
  /** The next instance of a slot; undefined when the slot is not wanted any more. Its generation is never given again. */
  readonly specFor: (slot: string) => Promise<InstanceSpec | undefined>;
  /** An action has ended: look again. @param made `prepared` has one more */
  readonly onEnd: (made: boolean) => void;
}

export class Applier {
  private readonly underWay = new Set<UnderWay>();
  private idle: (() => void)[] = [];
  private readonly pauses = new Set<() => void>();
  /** Removals that wait until nobody is coming up. */
  private readonly waiting = new Set<() => void>();

  constructor(private readonly parts: ApplierParts) {}

  /** For plan(): whom not to touch. */
  get state(): PlanInput['underWay'] {
    const all = [...this.underWay];
    return {
      slots: new Set(all.filter(({ action, made }) => fillsSlot(action) && !made).map(({ action }) => action.slot)),
      instances: new Set(all.flatMap(({ action }) => ('instanceId' in action ? [action.instanceId] : []))),
    };
  }

  /** Made lately and not started: the engine has said so, though no list may show it yet. */
  get prepared(): ObservedInstance[] {
    return [...this.underWay].flatMap(({ made }) => made ?? []);
  }

  /** What is in the making. */
  get births(): Birth[] {
    const making = [...this.underWay].filter(({ action, ended }) => isBirth(action) && ended === undefined);
    return making.map(({ action, began }) => ({ began, standby: isStandbySlot(action.slot) }));
  }

  begin(action: Action): void {
    const entry: UnderWay = { action, began: this.parts.clock.now(), ended: undefined, made: null };
    this.underWay.add(entry);
    void this.apply(entry).then((succeeded) => {
      const end = () => {
        entry.ended = this.parts.ledger.mark();
        this.release();
        if (this.running === 0) for (const resolve of this.idle.splice(0)) resolve();
        this.parts.onEnd(entry.made !== null);
      };
      // A call that fails at once must not be repeated at once.
      if (succeeded) end();
      else this.pause(end);
    });
  }

  /** A list has come in. @param began the mark taken before it was asked for */
  seen(began: number): void {
    for (const entry of this.underWay)
      if (entry.ended !== undefined && entry.ended < began) this.underWay.delete(entry);
  }

  /** Resolves when nothing runs any more. */
  async whenIdle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  /** Ends the pauses; what runs goes on to its deadline. */
  hurry(): void {
    for (const end of [...this.pauses, ...this.waiting]) end();
  }

  private get running(): number {
    return [...this.underWay].filter(({ ended }) => ended === undefined).length;
  }

  /** Removals that waited for the living begin once nobody is coming up: call it whenever that may have changed. */
  release(): void {
    if (!this.comingUp) for (const go of [...this.waiting]) go();
  }

  /** A slot is about to get an instance, or has one that has not passed a probe yet. */
  private get comingUp(): boolean {
    // Ended and still in here: no list has shown yet what came of it.
    return [...this.underWay].some(({ action }) => fillsSlot(action)) || this.parts.ledger.expecting;
  }

  /**
   * Whatever is done to the dead takes the engine and the processors from those who come up: the calls that start a successor
   * queue behind a removal, and its first answer behind both. Nobody waits for the removal.
   */
  private async giveWay(): Promise<void> {
    if (!this.comingUp) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        cancel();
        this.waiting.delete(go);
        resolve();
      };
      const cancel = this.parts.clock.after(REMOVAL_PATIENCE, go);
      this.waiting.add(go);
    });
  }

  private pause(end: () => void): void {
    const over = () => {
      cancel();
      this.pauses.delete(over);
      end();
    };
    const cancel = this.parts.clock.after(PAUSE_AFTER_FAILURE, over);
    this.pauses.add(over);
  }

  /** Never rejects. @returns whether it succeeded, or its failure is accounted where it delays the next try */
  private async apply(entry: UnderWay): Promise<boolean> {
    const { action } = entry;
    switch (action.kind) {
      case 'prepare':
        entry.made = await this.make(action.slot);
        return true;
      case 'spawn':
        return this.spawn(action.slot);
      case 'promote':
        return this.promote(action);
      case 'start':
        return this.start(action.slot, action.instanceId);
      case 'stop':
        return this.stop(action);
      case 'remove':
        return this.remove(action);
    }
  }

  private async spawn(slot: string): Promise<boolean> {
    const made = await this.make(slot);
    return made === null || this.start(slot, made.id);
  }

  /** @returns null when the slot is not wanted any more, or its failure is accounted */
  private async make(slot: string): Promise<ObservedInstance | null> {
    const { runtime, ledger, clock, log, specFor } = this.parts;
    let generation: number | null = null;
    try {
      const spec = await specFor(slot);
      if (!spec) return null;
      generation = spec.generation;
      const id = await this.call(CREATE_DEADLINE, 'creating an instance', runtime.create(spec));
      ledger.born(id, spec, clock.now());
      log.debug({ replica: slot, instance: id, generation }, 'instance created');
      return { id, slot, generation, specHash: spec.specHash, state: 'created', leftover: false };
    } catch (error) {
      this.spawnFailed(slot, { instanceId: null, generation }, error);
      return null;
    }
  }

  private async start(slot: string, instanceId: string): Promise<boolean> {
    try {
      await this.call(START_DEADLINE, 'starting an instance', this.parts.runtime.start(instanceId));
      this.parts.log.info({ replica: slot, instance: instanceId }, 'instance started');
      return true;
    } catch (error) {
      return this.spawnFailed(slot, { instanceId, generation: null }, error);
    }
  }

  /** Its new name is all that changes, and all that tells of it: whoever is killed before or after finds the truth in it. */
  private async promote({ slot, instanceId, specHash }: Extract<Action, { kind: 'promote' }>): Promise<boolean> {
    const { runtime, ledger, clock, log, specFor } = this.parts;
    try {
      const spec = await specFor(slot);
      // The slot is not wanted any more, or with another workload.
      if (spec?.specHash !== specHash) return true;
      await this.call(RENAME_DEADLINE, 'renaming a standby', runtime.rename(instanceId, spec));
      log.info({ replica: slot, instance: instanceId, generation: spec.generation }, 'a standby was promoted');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ replica: slot, instance: instanceId, error: reason }, 'a standby could not be promoted');
      if (isEngineTrouble(error)) ledger.postpone(slot, clock.now() + PAUSE_AFTER_FAILURE);
      else ledger.retire(instanceId, `it could not be promoted: ${reason}`, clock.now());
    }
    return true;
  }

  private spawnFailed(
    slot: string,
    { instanceId, generation }: { readonly instanceId: string | null; readonly generation: number | null },
    error: unknown,
  ): boolean {
    const { ledger, clock, log } = this.parts;
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ replica: slot, instance: instanceId, error: reason }, 'an instance could not be brought up');
    // The engine failed us, not the replica: the slot waits a little and nothing is held against it.
    if (isEngineTrouble(error)) {
      ledger.postpone(slot, clock.now() + PAUSE_AFTER_FAILURE);
      return true;
    }
    const unrecoverable = error instanceof RuntimeError && !error.retryable;
    ledger.spawnFailed(
      slot,
      instanceId,
      { reason, unrecoverable, generation },
      { now: clock.now(), wall: clock.wall() },
    );
    return true;
  }

  private async stop({ slot, instanceId, reason }: Extract<Action, { kind: 'stop' }>): Promise<boolean> {
    const { runtime, log } = this.parts;
    const grace = this.parts.stopGrace(instanceId);
    try {
      log.info({ replica: slot, instance: instanceId, reason }, 'stopping an instance');
      await this.call(grace + STOP_MARGIN, 'stopping an instance', runtime.stop(instanceId, grace));
      await this.keepLastLines(instanceId);
      await this.call(REMOVE_DEADLINE, 'removing an instance', runtime.remove(instanceId));
      return true;
    } catch (error) {
      return this.failed('an instance could not be stopped', instanceId, error);
    }
  }

  private async remove({ instanceId }: Extract<Action, { kind: 'remove' }>): Promise<boolean> {
    try {
      await this.giveWay();
      await this.keepLastLines(instanceId);
      await this.call(REMOVE_DEADLINE, 'removing an instance', this.parts.runtime.remove(instanceId));
      return true;
    } catch (error) {
      return this.failed('a dead instance could not be removed', instanceId, error);
    }
  }

  /** They go with the instance, so this comes before its removal. Who left in good order leaves no last words. */
  private async keepLastLines(instanceId: string): Promise<void> {
    const { runtime, ledger } = this.parts;
    if (!ledger.mourns(instanceId)) return;
    const lines = await this.call(LOGS_DEADLINE, 'reading its last lines', runtime.logs(instanceId, LAST_LINES)).catch(
      () => [],
    );
    if (lines.length > 0) ledger.lastLines(instanceId, lines);
  }

  private failed(what: string, instanceId: string, error: unknown): boolean {
    this.parts.log.warn({ instance: instanceId, error: error instanceof Error ? error.message : String(error) }, what);
    return false;
  }

  private call<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
    return withDeadline(this.parts.clock, ms, what, promise);
  }
}

/** An instance comes to life by it. */
export function isBirth(action: Action): boolean {
  return action.kind === 'spawn' || action.kind === 'start';
}

/** A slot gets an instance by it, or comes closer to one. */
export function fillsSlot(action: Action): boolean {
  return isBirth(action) || action.kind === 'promote' || action.kind === 'prepare';
}

function isEngineTrouble(error: unknown): boolean {
  return error instanceof RuntimeError && (error.code === 'unreachable' || error.code === 'timeout');
}
