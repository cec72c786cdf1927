// Owns when instances are probed: at once when they appear, fast until they pass, then steadily, and at once again when the
// data plane saw something. One probe per instance at a time; what results mean is health.ts's.
import type { Clock } from './clock.js';
import type { ProbeResult } from './health.js';
import type { Probe, ProbeTarget } from './probe.js';

export interface ProberTiming {
  /** Milliseconds between probes of an instance that passed once. */
  readonly interval: number;
  readonly timeout: number;
}

/** `target` is null where none can be reached: `reason` then is the failure. */
export type Subject =
  | { readonly target: ProbeTarget; readonly starting: boolean }
  | { readonly target: null; readonly reason: string; readonly starting: boolean };

interface Watch {
  subject: Subject;
  /** Milliseconds to the next probe while it is starting. */
  delay: number;
  probing: boolean;
  /** A reason to probe came while a probe was under way. */
  nudged: boolean;
  lastAt: number;
  cancel: () => void;
}

const FIRST_DELAY = 20;
const GROWTH = 1.3;
/** Many requests can fail within a moment; they are one reason. */
const NUDGE_GAP = 100;

export class Prober {
  private readonly watches = new Map<string, Watch>();
  private readonly abort = new AbortController();

  constructor(
    private readonly probe: Probe,
    private readonly clock: Clock,
    private readonly timing: ProberTiming,
    private readonly onResult: (instanceId: string, result: ProbeResult) => void,
  ) {}

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

  /** Something was seen of that instance: look now. */
  nudge(id: string): void {
    const watch = this.watches.get(id);
    if (!watch) return;
    if (watch.probing) watch.nudged = true;
    else this.schedule(id, watch, Math.max(0, watch.lastAt + NUDGE_GAP - this.clock.now()));
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
      probing: false,
      nudged: false,
      lastAt: -Infinity,
      cancel: () => {},
    };
    this.watches.set(id, watch);
    this.schedule(id, watch, 0);
  }

  private schedule(id: string, watch: Watch, delay: number): void {
    watch.cancel();
    watch.cancel = this.clock.after(delay, () => void this.run(id, watch));
  }

  private async run(id: string, watch: Watch): Promise<void> {
    watch.probing = true;
    watch.nudged = false;
    watch.lastAt = this.clock.now();
    const { subject } = watch;
    const result = subject.target
      ? await this.probe(subject.target, this.timing.timeout, this.abort.signal)
      : ({ kind: 'failed', reason: subject.reason } as const);
    watch.probing = false;
    if (this.watches.get(id) !== watch) return;
    // An answer from an address that it has left meanwhile is another's.
    if (sameTarget(subject, watch.subject)) this.onResult(id, result);
    if (this.watches.get(id) !== watch) return;
    if (watch.nudged) return this.schedule(id, watch, NUDGE_GAP);
    if (!watch.subject.starting) {
      watch.delay = FIRST_DELAY;
      return this.schedule(id, watch, this.timing.interval);
    }
    this.schedule(id, watch, Math.min(watch.delay, this.timing.interval));
    watch.delay = Math.min(watch.delay * GROWTH, this.timing.interval);
  }
}

function sameTarget(a: Subject, b: Subject): boolean {
  if (!a.target || !b.target) return a.target === b.target;
  return a.target.address.host === b.target.address.host && a.target.address.port === b.target.address.port;
}
