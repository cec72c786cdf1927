// Owns the shape of a drill's result file: plain JSON from which page and picture are made again.
import type { MadeRuntime } from './drill.ts';
import type { Counting } from './evidence/counting.ts';
import type { Grade } from './evidence/grade.ts';
import type { FailureCount, KeyMoves, Latency, VictimTimes } from './evidence/impact.ts';

/** Milliseconds since the load began. */
type Since = number;

export interface Band {
  readonly replica: string;
  readonly state: string;
  readonly from: Since;
  readonly to: Since;
}

/** Answered, failed, or lost with its instance. */
export const DOT_KINDS = ['GET', 'POST', 'excused', 'failed'] as const;
export type DotKind = (typeof DOT_KINDS)[number];

/** `12,3.4 15,0.9`: when due and how long it took, in milliseconds, of each request of a kind. As text, so that a file stays small. */
export type Dots = Readonly<Record<DotKind, string>>;

/** All that the picture shows, thinned out: of answers that lie on one another one is kept, of failures all. */
export interface Timeline {
  readonly lasted: Since;
  readonly dots: Dots;
  readonly bands: readonly Band[];
  readonly marks: readonly { readonly at: Since; readonly label: string }[];
}

export interface DrillResult {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly runtime: MadeRuntime;
  readonly grade: Grade;
  readonly limitMs: number;
  /** Requests per second. */
  readonly rate: number;
  readonly sent: { readonly GET: number; readonly POST: number };
  readonly failures: readonly FailureCount[];
  /** POSTs that were lost with an instance, each sent once and answered with 502 or 504. */
  readonly lostWithInstance: number;
  readonly inOutage: number;
  readonly latency: Latency;
  readonly counting: Counting;
  readonly keys: KeyMoves;
  /** Until control's view showed the victim as anything but ready. null: it never did; undefined: no victim. */
  readonly detectedMs?: number | null;
  readonly victim?: VictimTimes & { readonly name: string };
  /** Median time between two looks at that view. */
  readonly resolutionMs: number;
  /** How often each event happened, where there were many. */
  readonly events?: Readonly<Record<string, number>>;
  /** What random events were drawn with. */
  readonly seed?: number;
  /** Requests per second that the pool got through when it was measured, where the rate was chosen by it. */
  readonly capacity?: number;
  readonly timeline: Timeline;
}
