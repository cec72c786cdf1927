// Owns one probe over HTTP: a connection of its own, one GET, a verdict. Its deadline is probe.ts's.
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { ProbeResult } from '../health.js';
import { describeFailure, type Probe, type ProbeDemand, type ProbeTarget, withinTime } from './probe.js';

/** More than a health page ever has; a replica that streams without end is cut off here, and it answered. */
const LONGEST_BODY = 64 * 1024;

type HttpDemand = Extract<ProbeDemand, { protocol: 'http' }>;

/**
 * Passed: one of the statuses, the end of the body (or its first 64 KiB) within `timeoutMs`, and in it the text that is wanted.
 * Redirects are not followed: that the replica answers is what is asked. The connection is new and closed afterwards: a
 * probe waits behind no request, and never says that an old connection still works.
 */
export const probeByHttp =
  (demand: HttpDemand): Probe =>
  (target, timeoutMs, signal) =>
    withinTime(timeoutMs, signal, (settle) => {
      const { host, port } = target.address;
      const socket = connect({ host, port });
      // Asked only once somebody listens: who starts refuses many, and a request costs several times what a connection does.
      socket.once('connect', () => ask(socket, target, demand, settle));
      // Stays: an error after the verdict is nobody's.
      socket.on('error', (error) => settle({ kind: 'failed', reason: describeFailure(error) }));
      return () => socket.destroy();
    });

function ask(socket: Socket, target: ProbeTarget, demand: HttpDemand, settle: (result: ProbeResult) => void): void {
  const fail = (reason: string) => settle({ kind: 'failed', reason });
  const probe = request({ ...requestOf(target), createConnection: () => socket });
  probe.on('response', (response) => {
    const status = response.statusCode ?? 0;
    if (!demand.status.some(({ from, to }) => from <= status && status <= to)) return fail(`it answered ${status}`);
    const chunks: Buffer[] = [];
    let received = 0;
    const judge = () => {
      if (holds(chunks, demand.body)) settle({ kind: 'passed' });
      else fail(`it answered ${status} without the text of HEALTH_BODY`);
    };
    response.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (demand.body !== undefined) chunks.push(chunk);
      if (received > LONGEST_BODY) judge();
    });
    response.on('end', judge);
    response.on('error', (error) => fail(`the answer was cut off: ${describeFailure(error)}`));
  });
  probe.on('upgrade', () => fail('it answered 101'));
  probe.on('error', (error) => fail(describeFailure(error)));
  probe.end();
}

function requestOf({ address: { host, port }, path, authority }: ProbeTarget) {
  const headers = {
    'user-agent': 'HashFlow-Probe',
    connection: 'close',
    ...(authority && { host: authority }),
  };
  return { host, port, path, headers };
}

function holds(chunks: readonly Buffer[], text: string | undefined): boolean {
  return text === undefined || Buffer.concat(chunks).subarray(0, LONGEST_BODY).includes(text);
}
