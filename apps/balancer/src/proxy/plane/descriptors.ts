// Owns what the limit of file descriptors means for this process: how many connections of clients fit into it, and whether the
// settings ask for more than that.
import { readFileSync } from 'node:fs';

/** Listeners, logs, the link to control, the event loops of threads, files that are read in passing. */
const PROCESS_NEEDS = 40;
const WORKER_NEEDS = 16;
/** With fewer than so many clients in all somebody should know. */
const FEW = 1000;

/** The most descriptors that this process may have open; undefined where the system does not tell. */
export function descriptorLimit(): number | undefined {
  try {
    return parseLimit(readFileSync('/proc/self/limits', 'latin1'));
  } catch {
    return undefined;
  }
}

/** @param text of /proc/PID/limits @returns the soft limit of open files */
export function parseLimit(text: string): number | undefined {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(text)?.[1];
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
}

export interface DescriptorPlan {
  /** Connections of clients that each worker takes; 0 = any number. */
  readonly maxConnections: number;
  /** What an operator should know. */
  readonly warning: string | undefined;
}

/**
 * A client with a request under way needs two descriptors, its own connection and that to a replica. So half of what is left
 * is for clients, unless the settings say how many there may be.
 */
export function planDescriptors(
  { workers, maxConnections }: { readonly workers: number; readonly maxConnections: number },
  limit: number | undefined,
): DescriptorPlan {
  if (limit === undefined) return { maxConnections, warning: undefined };
  const own = PROCESS_NEEDS + workers * WORKER_NEEDS;
  const fitting = Math.max(1, Math.floor((limit - own) / 2 / workers));
  if (maxConnections > 0) {
    const needed = own + 2 * workers * maxConnections;
    const warning = `the limit of file descriptors is ${limit}, and MAX_CONNECTIONS=${maxConnections} can need ${needed}: raise it (ulimit -n ${needed})`;
    return { maxConnections, warning: needed > limit ? warning : undefined };
  }
  const needed = own + 2 * FEW;
  const warning = `the limit of file descriptors is ${limit}: each worker takes ${fitting} connections of clients; raise it (ulimit -n ${needed} or more)`;
  return { maxConnections: fitting, warning: needed > limit ? warning : undefined };
}
