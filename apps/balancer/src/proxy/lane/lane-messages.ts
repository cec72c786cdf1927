// Owns the language between the main thread of the data process and its lanes. Both ends are the same build.
import type { RowRef } from '../../routing/claims.js';
import type { HotKeySketch } from '../../routing/hot-keys.js';
import type { ClassicAnswer, ClassicRequest, Outcome, Snapshot } from '../../routing/link/messages.js';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export type LaneCommand =
  | { readonly type: 'listen'; readonly endpoint: Endpoint; readonly shared: boolean }
  | { readonly type: 'table'; readonly snapshot: Snapshot; readonly rows: ReadonlyMap<string, RowRef> }
  /** No answer: control is away. */
  | { readonly type: 'answer'; readonly id: number; readonly answer: ClassicAnswer | undefined }
  | { readonly type: 'hot-keys'; readonly id: number }
  /** Stop accepting, finish what is in flight within `deadlineMs`, cut the rest. */
  | { readonly type: 'shutdown'; readonly deadlineMs: number };

export type LaneReport =
  /** All of its program is there; it takes commands. */
  | { readonly type: 'loaded' }
  | { readonly type: 'listening'; readonly endpoint: Endpoint }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  /** Every request from now on is routed by this epoch. */
  | { readonly type: 'routing'; readonly epoch: number }
  | { readonly type: 'outcome'; readonly instanceId: string; readonly outcome: Outcome }
  | { readonly type: 'classic'; readonly id: number; readonly request: ClassicRequest }
  /** Where it is going to leave the records of its access log; comes before all of them. */
  | { readonly type: 'access-ring'; readonly ring: SharedArrayBuffer }
  /** There are records. */
  | { readonly type: 'access' }
  | { readonly type: 'hot-keys'; readonly id: number; readonly sketch: HotKeySketch }
  /** It accepts no more. */
  | { readonly type: 'closed' }
  /** Nothing is in flight any more. */
  | { readonly type: 'finished' };
