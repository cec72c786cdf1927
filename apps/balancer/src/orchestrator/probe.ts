// Owns one probe over HTTP: a fresh connection, one GET, a verdict. How often and what it leads to is the prober's and
// health.ts's.
import { request } from 'node:http';
import type { Address } from '../runtime/replica-runtime.js';
import type { ProbeResult } from './health.js';

export interface ProbeTarget {
  readonly address: Address;
  readonly path: string;
  /** Host field; the address when absent. */
  readonly authority?: string;
}

/** Never rejects. `signal` abandons it: inconclusive. */
export type Probe = (target: ProbeTarget, timeoutMs: number, signal: AbortSignal) => Promise<ProbeResult>;

/** Milliseconds by which a timer of a process that runs may be late. */
const LATENESS = 500;

/** More than a health page ever has; a replica that streams without end is cut off here, and it answered. */
const LONGEST_BODY = 64 * 1024;

/**
 * Passed: a status from 200 to 399 and the end of the body within `timeoutMs`. Redirects are not followed: that the replica
 * answers is what is asked. The connection is closed, so that a probe never says that an old connection still works.
 */
export const probeByHttp: Probe = (target, timeoutMs, signal) =>
  new Promise((resolve) => {
    const { host, port } = target.address;
    const began = performance.now();
    const settle = (result: ProbeResult) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
      resolve(result);
      probe.destroy();
    };
    const fail = (reason: string) => settle({ kind: 'failed', reason });
    const abandon = () => settle({ kind: 'inconclusive' });
    const timer = setTimeout(() => {
      // The timer itself was late: this process slept or starved, and the answer may lie unread in the socket.
      const late = performance.now() - began > timeoutMs + LATENESS;
      if (late) settle({ kind: 'inconclusive' });
      else fail(`no complete answer within ${timeoutMs} ms`);
    }, timeoutMs);

    const headers = {
      'user-agent': 'HashFlow-Probe',
      connection: 'close',
      ...(target.authority && { host: target.authority }),
    };
    const probe = request({ host, port, path: target.path, agent: false, headers });
    probe.on('response', (response) => {
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 399) return fail(`it answered ${status}`);
      let received = 0;
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > LONGEST_BODY) settle({ kind: 'passed' });
      });
      response.on('end', () => settle({ kind: 'passed' }));
      response.on('error', (error) => fail(`the answer was cut off: ${describe(error)}`));
    });
    probe.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail('it answered 101');
    });
    probe.on('error', (error) => fail(describe(error)));
    signal.addEventListener('abort', abandon);
    if (signal.aborted) abandon();
    else probe.end();
  });

/** Without the address: a replica's reason is shown where its address may not be. */
function describe(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code ?? error.message;
  if (code === 'ECONNREFUSED') return 'the connection was refused';
  if (code === 'ECONNRESET') return 'the connection was reset';
  return code.startsWith('HPE_') ? 'the answer is no HTTP' : code;
}
