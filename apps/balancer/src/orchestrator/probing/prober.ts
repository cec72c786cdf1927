// Owns when instances are probed: at once when they appear, fast until they pass and while something is amiss, else steadily,
// and at once when the data plane saw something. One probe per instance at a time; what results mean is health.ts's.
import type { Clock } from '../loop/clock.js';
import type { ProbeResult } from '../health.js';
import { LATENESS, type Probe, type ProbeTarget } from './probe.js';

export interface ProberTiming {
  /** Milliseconds between probes of an instance that passed once. Spread by ±10 %, so that instances drift apart. */
  readonly interval: number;
  readonly timeout: number;
  /** Fast probes after a sign that something has changed: as many as a verdict needs. */
  readonly suspectProbes: number;
}

/** `target` is null where none can be reached: `reason` then is the failure. */
export type Subject =
  | { readonly target: ProbeTarget; readonly starting: boolean }
  | { readonly target: null; readonly reason: string; readonly starting: boolean };

export interface ProberParts {
  readonly probe: Probe;
  readonly clock: Clock;
  readonly timing: ProberTiming;
  /** 0 to 1. */
  readonly random: () => number;
  /** @param took milliseconds */
  readonly onResult: (instanceId: string, result: ProbeResult, took: number) => void;
}

interface Watch {
  subject: Subject;
  /** Milliseconds to the next probe while it is starting. */
  delay: number;
  /** Fast probes that are left. */
  suspicion: number;
  lastKind: ProbeResult['kind'] | null;
  probing: boolean;
  /** A reason to probe came while a probe was under way. */
  nudged: boolean;
  lastAt: number;
  /** When the next probe should begin; Infinity while one is under way. */
  dueAt: number;
  cancel: () => void;
}

/** Milliseconds. Somebody who does not listen yet costs one refused connection. */
const FIRST_DELAY = 3;
/** What an instance waits for its next probe adds to the time without it: a small part of what it took to start. */
const GROWTH = 1.03;
/** Many requests can fail within a moment; they are one reason. */
const NUDGE_GAP = 100;
/** Under suspicion an instance is probed so many times as often. */
const SUSPECT_PACE = 8;
const JITTER = 0.1;

export class Prober {
  private readonly watches = new Map<string, Watch>();
  private readonly abort = new AbortController();
  private sleptAt = -Infinity;

  constructor(private readonly parts: ProberParts) {}

  /** From now on exactly these are probed. */
  track(subjects: ReadonlyMap<string, Subject>): void {
    if (this.abort.signal.aborted) return;
    for (const [id, watch] of this.watches) {
      if (subjects.has(id)) continue;
      watch.cancel();
      this.watches.delete(id);
    }
    for (const [id, subject] of subjects) {
      const watch = this.watches.get(id);
      if (watch) watch.subject = subject;
      else this.begin(id, subject);
    }
  }

  /** Something was seen of that instance: look now, and closely for a while. */
  nudge(id: string): void {
    const watch = this.watches.get(id);
    if (!watch) return;
    watch.suspicion = this.parts.timing.suspectProbes;
    if (watch.probing) watch.nudged = true;
    else this.schedule(id, watch, Math.max(0, watch.lastAt + NUDGE_GAP - this.parts.clock.now()));
  }

  /**
   * When this process was last found asleep or starved, in monotonic milliseconds: now, if a probe should have begun long ago.
   * What was seen of instances around that time says more about us than about them. -Infinity: never.
   */
  get lastAsleep(): number {
    const now = this.parts.clock.now();
    for (const { dueAt } of this.watches.values()) if (now - dueAt > LATENESS) this.sleptAt = now;
    return this.sleptAt;
  }

  /** No probe is sent and no result told any more. */
  stop(): void {
    this.abort.abort();
    for (const watch of this.watches.values()) watch.cancel();
    this.watches.clear();
  }

  private begin(id: string, subject: Subject): void {
    const watch: Watch = {
      subject,
      delay: FIRST_DELAY,
      suspicion: 0,
      lastKind: null,
      probing: false,
      nudged: false,
      lastAt: -Infinity,
      dueAt: Infinity,
      cancel: () => {},
    };
    this.watches.set(id, watch);
    this.schedule(id, watch, 0);
  }

  private schedule(id: string, watch: Watch, delay: number): void {
    const { clock } = this.parts;
    watch.cancel();
    watch.dueAt = clock.now() + delay;
    watch.cancel = clock.after(delay, () => void this.run(id, watch));
  }

  private async run(id: string, watch: Watch): Promise<void> {
    const { clock, probe, timing, onResult } = this.parts;
    const began = clock.now();
    if (began - watch.dueAt > LATENESS) this.sleptAt = began;
    watch.probing = true;
    watch.nudged = false;
    watch.lastAt = began;
    watch.dueAt = Infinity;
    const { subject } = watch;
    const result = subject.target
      ? await probe(subject.target, timing.timeout, this.abort.signal)
      : ({ kind: 'failed', reason: subject.reason } as const);
    watch.probing = false;
    if (this.watches.get(id) !== watch) return;
    const now = clock.now();
    if (result.kind === 'inconclusive') this.sleptAt = now;
    this.suspect(watch, result.kind);
    // An answer from an address that it has left meanwhile is another's.
    if (sameTarget(subject, watch.subject)) onResult(id, result, now - began);
    if (this.watches.get(id) !== watch) return;
    this.schedule(id, watch, watch.nudged ? NUDGE_GAP : this.pause(watch));
  }

  /** A result that is not like the one before it is looked into. */
  private suspect(watch: Watch, kind: ProbeResult['kind']): void {
    const changed = watch.lastKind !== null && watch.lastKind !== kind && !watch.subject.starting;
    if (changed) watch.suspicion = this.parts.timing.suspectProbes;
    else if (watch.suspicion > 0) watch.suspicion--;
    watch.lastKind = kind;
  }

  private pause(watch: Watch): number {
    const { interval } = this.parts.timing;
    if (watch.subject.starting) {
      const delay = Math.min(watch.delay, interval);
      watch.delay = Math.min(watch.delay * GROWTH, interval);
      return delay;
    }
    watch.delay = FIRST_DELAY;
    const pace = watch.suspicion > 0 ? Math.min(interval, Math.max(interval / SUSPECT_PACE, NUDGE_GAP)) : interval;
    return pace * (1 + JITTER * (2 * this.parts.random() - 1));
  }
}

function sameTarget(a: Subject, b: Subject): boolean {
  if (!a.target || !b.target) return a.target === b.target;
  return a.target.address.host === b.target.address.host && a.target.address.port === b.target.address.port;
}
