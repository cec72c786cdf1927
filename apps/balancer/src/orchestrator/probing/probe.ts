// Owns what a probe is: whom it asks, what it wants of the answer, and its one deadline. How it asks is probe-http.ts's and
// probe-tcp.ts's; how often, and what it leads to, the prober's and health.ts's.
import type { StatusRange } from '../../config/units.js';
import type { Address } from '../../runtime/replica-runtime.js';
import type { ProbeResult } from '../health.js';

/** What an answer must be like for the probe to pass. */
export type ProbeDemand =
  | {
      readonly protocol: 'http';
      readonly status: readonly StatusRange[];
      /** Text that the body must hold; undefined: any will do. */
      readonly body: string | undefined;
    }
  /** A connection is enough. */
  | { readonly protocol: 'tcp' };

export interface ProbeTarget {
  readonly address: Address;
  readonly path: string;
  /** Host field; the address when absent. */
  readonly authority?: string;
  readonly demand: ProbeDemand;
}

/** Never rejects. `signal` abandons it: inconclusive. */
export type Probe = (target: ProbeTarget, timeoutMs: number, signal: AbortSignal) => Promise<ProbeResult>;

/** Milliseconds by which a timer of a process that runs may be late. */
export const LATENESS = 500;

/**
 * Carries one probe through: a verdict in time, or none if this process was too late to see it.
 * @param ask begins to ask, and calls `settle` with the first verdict; further ones do nothing. @returns how to end the connection
 */
export function withinTime(
  timeoutMs: number,
  signal: AbortSignal,
  ask: (settle: (result: ProbeResult) => void) => () => void,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: 'inconclusive' });
    const began = performance.now();
    const settle = (result: ProbeResult) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
      resolve(result);
      end();
    };
    const abandon = () => settle({ kind: 'inconclusive' });
    const timer = setTimeout(() => {
      // The timer itself was late: this process slept or starved, and the answer may lie unread in the socket.
      const late = performance.now() - began > timeoutMs + LATENESS;
      settle(late ? { kind: 'inconclusive' } : { kind: 'failed', reason: `no complete answer within ${timeoutMs} ms` });
    }, timeoutMs);
    signal.addEventListener('abort', abandon);
    const end = ask(settle);
  });
}

/** Without the address: a replica's reason is shown where its address may not be. */
export function describeFailure(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code ?? error.message;
  if (code === 'ECONNREFUSED') return 'the connection was refused';
  if (code === 'ECONNRESET') return 'the connection was reset';
  return code.startsWith('HPE_') ? 'the answer is no HTTP' : code;
}
