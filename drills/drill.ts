// Owns what a drill is: what is done to a pool under load, and by which terms the outcome is judged. Plain data and one
// procedure; how it is carried out is perform.ts's, how it is graded evidence/'s.
import type { Rig } from './rig/rig.ts';

export type MadeRuntime = 'process' | 'docker';

/** An instance that the drill itself has killed, frozen or made to hang. */
export interface Doomed {
  /** How the name of its notes begins. */
  readonly token: string;
  /** When, in milliseconds of the machine's monotonic clock. */
  readonly at: number;
}

/** Something that was done or seen. Milliseconds of the machine's monotonic clock. */
export interface Mark {
  readonly at: number;
  readonly label: string;
}

/** A span in which a replica, by what the balancer has answered, gets no request. */
export interface ClosedSpan {
  readonly name: string;
  readonly from: number;
  /** Infinity: for good. */
  readonly to: number;
}

export interface Act {
  /** The replica that it happened to; undefined: none in particular. */
  readonly victim?: string;
  /** When it happened; milliseconds of the machine's monotonic clock. */
  readonly at: number;
  /** When, at the latest, what was taken away was back; what failed in between is an outage. */
  readonly outageUntil?: number;
  readonly closed?: readonly ClosedSpan[];
  /** How often each event happened, and what they were drawn with. */
  readonly events?: Readonly<Record<string, number>>;
  readonly seed?: number;
}

/** The parts of a drill's procedure that it may call. */
export interface Stage {
  readonly rig: Rig;
  /** @returns when: now, unless given */
  mark(label: string, at?: number): number;
}

/** Said instead of a result where a drill cannot be carried out here. */
export class Skipped extends Error {}

export interface Drill {
  /** Names the command, the result files and the place on the page. */
  readonly id: string;
  readonly title: string;
  /** What is done, in a sentence or two. */
  readonly text: string;
  readonly runtimes: readonly MadeRuntime[];
  readonly replicas: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** An engine of the drill's own, that it may restart; `live`: with --live-restore. */
  readonly engine?: 'plain' | 'live';
  /** Requests per second at most, whatever the pool gets through. */
  readonly mostRate?: number;
  /** No answer may take longer. Milliseconds. */
  readonly limitMs: number;
  /** The victim has to serve again, by another instance. */
  readonly returns: boolean;
  /** @throws Skipped */
  act(stage: Stage): Promise<Act>;
}
