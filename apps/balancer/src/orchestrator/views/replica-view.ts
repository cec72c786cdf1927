// Owns the shapes in which the pool shows itself to operators. Plain JSON values: admin answers with them as they are.
import type { RuntimeKind } from '../../runtime/replica-runtime.js';

/**
 * `starting`: an instance is being made, or has not passed its probe yet · `ready`: serves · `unready`: served, and fails
 * its probe, is paused or was sent a stop signal · `backing-off`: died, the next instance waits its turn ·
 * `quarantined`: no further instance is made, the reason says why · `draining`: taken out of service by an operator, it
 * finishes its last requests · `drained`: out of service, its instance runs and carries none.
 */
export type ReplicaState = 'starting' | 'ready' | 'unready' | 'draining' | 'drained' | 'backing-off' | 'quarantined';

/** How the last instance of a replica ended. */
export interface LastExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly oom: boolean;
  /** ISO 8601. */
  readonly at: string;
  /** In words. */
  readonly reason: string;
  /** The last lines that it wrote, oldest first; empty when they could not be had. */
  readonly lastLines: readonly string[];
}

/** One instance that ended without being asked to, could not be brought up, or was given up. */
export interface DeathView extends LastExit {
  /** From its start to its end, in milliseconds; null: it was never started. */
  readonly uptimeMs: number | null;
  /** Requests that it carried when the first sign of its end came, by counters that may be about 100 ms older. */
  readonly inFlight: number;
  /** Its id; null: it was never made. */
  readonly instance: string | null;
  readonly generation: number | null;
}

export interface InstanceView {
  readonly id: string;
  /** null where the runtime does not know it. */
  readonly pid: number | null;
  /** host:port; null while it has none. */
  readonly address: string | null;
  /** ISO 8601. */
  readonly startedAt: string | null;
}

/** How the last probe of an instance ended. */
export interface ProbeView {
  /** `inconclusive`: the balancer itself was late, so it says nothing. */
  readonly result: 'passed' | 'failed' | 'inconclusive';
  /** ISO 8601. */
  readonly at: string;
  /** Milliseconds from asking to the verdict. */
  readonly durationMs: number;
  /** Why it failed; null when it did not. */
  readonly reason: string | null;
  /** Results of that kind in a row. */
  readonly inARow: number;
}

/** What the requests sent to an instance met within EJECT_WINDOW, and what followed from it. */
export interface ConductView {
  /** Answers below 500. */
  readonly answered: number;
  /** Answers from 500 up. */
  readonly serverErrors: number;
  readonly refused: number;
  readonly reset: number;
  readonly timedOut: number;
  /** Refused, reset or timed out with no answer in between. */
  readonly failuresInARow: number;
  /** Ejections, each soon after the one before. */
  readonly ejections: number;
  /** ISO 8601; then it serves again once a probe passes. null: it is not ejected. */
  readonly ejectedUntil: string | null;
}

/** The last result of each check of an instance; null: there is none yet. */
export interface ChecksView {
  readonly probe: ProbeView | null;
  readonly conduct: ConductView | null;
}

/** One desired replica. */
export interface ReplicaView {
  readonly name: string;
  readonly state: ReplicaState;
  /** What operators want of it, whatever its state: requests, or none until it is undrained. */
  readonly wanted: 'serving' | 'drained';
  /** When that state began; ISO 8601. */
  readonly since: string;
  /** Why it is not ready, in words; null when all is well. */
  readonly reason: string | null;
  /** The instance that serves or is about to; null while there is none. */
  readonly instance: InstanceView | null;
  readonly checks: ChecksView;
  /** Instances that this replica has had after its first. */
  readonly restarts: number;
  readonly lastExit: LastExit | null;
  /** Requests in flight, tunnels aside. */
  readonly inFlight: number;
  readonly weight: number;
  /** Part of the key space that it owns, 0 to 1. */
  readonly share: number;
  /** Part of its own keys that it takes in its slow start, above 0 and below 1; null: it is in none. */
  readonly ramp: number | null;
}

export interface EngineView {
  readonly status: 'ok' | 'unreachable';
  /** When that status began; ISO 8601. */
  readonly since: string;
  /** Why it is unreachable; null while it is not. */
  readonly reason: string | null;
}

/** Instances that stand by, on no ring, to be promoted. */
export interface StandbyView {
  /** STANDBY. */
  readonly wanted: number;
  /** Those that could serve this very moment. */
  readonly ready: number;
  /** Why there are fewer than wanted; null when there are not. */
  readonly reason: string | null;
}

export interface PoolSummary {
  readonly pool: string;
  readonly runtime: RuntimeKind;
  /** Why that runtime was chosen. */
  readonly runtimeReason: string;
  readonly algorithm: string;
  /** Of the placement: equal digests place every key alike. */
  readonly digest: string;
  /** Of the routing table published last. */
  readonly epoch: number;
  readonly desired: number;
  readonly ready: number;
  /** Too few replicas are ready, so those that are ejected or fail their probes are tried too. */
  readonly panic: boolean;
  /** Instances that finish their last requests. */
  readonly draining: number;
  readonly standby: StandbyView;
  readonly engine: EngineView;
  /** Settings that differ from the stored state, which wins: one line each. */
  readonly drift: readonly string[];
}

/** What an add or remove asks for. */
export interface ChangeRequest {
  readonly n: number;
  readonly hostnames: readonly string[];
}

/** What an add or remove did. */
export interface Change {
  /** All members afterwards, in /rep order. */
  readonly names: readonly string[];
  /** Those added or removed. */
  readonly affected: readonly string[];
}

export interface WaitOptions {
  /** Ends the wait with PoolError `wait_aborted`. */
  readonly signal?: AbortSignal;
  /** Milliseconds; WAIT_TIMEOUT when absent. */
  readonly timeoutMs?: number;
}

export interface ShutdownOptions {
  /** Neither drains nor waits: kills what it has to stop. */
  readonly now?: boolean;
}
