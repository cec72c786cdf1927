// Owns what part of the limits of a replica is one worker's. Pure. Holding to them is routing/claims.ts's and the pools'.
import type { ClaimLimits } from '../../routing/claims.js';

export interface ReplicaLimits {
  readonly workers: number;
  /** Over all workers; 0 = any number. */
  readonly replicaMaxInflight: number;
  readonly replicaMaxConnections: number;
}

/**
 * Requests are counted over all workers. Connections are divided among them: an idle one can be of no use to another worker,
 * and what one kept open for itself would shut the others out.
 */
export function limitsOf(settings: ReplicaLimits, worker: number): ClaimLimits {
  const { workers, replicaMaxInflight, replicaMaxConnections } = settings;
  const part = Math.floor(replicaMaxConnections / workers);
  return { inFlight: replicaMaxInflight, connections: worker < replicaMaxConnections % workers ? part + 1 : part };
}
