// Owns what people read on stdout while the balancer starts and serves. The log (stderr, JSON) is telemetry's.
import type { ReplicaView } from './orchestrator/views/replica-view.js';

export interface Serving {
  readonly dataUrl: string;
  readonly adminUrl: string;
  readonly pool: string;
  readonly runtime: string;
  readonly runtimeReason: string;
  readonly replicas: readonly string[];
  readonly pid: number;
  readonly dataPid: number | undefined;
  /** The data port answers /rep, /add and /rm too. */
  readonly seedRoutes: boolean;
}

/** `http://127.0.0.1:5000`; the wildcard address is shown as one that can be dialled. */
export function urlOf({ host, port }: { host: string; port: number }): string {
  const dialled = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${dialled.includes(':') ? `[${dialled}]` : dialled}:${port}`;
}

/** Where everything is, and a first thing to try. */
export function servingText(serving: Serving): string {
  const { dataUrl, adminUrl, replicas } = serving;
  return [
    '',
    `HashFlow serves pool "${serving.pool}".`,
    '',
    `  data       ${dataUrl}`,
    `  admin      ${adminUrl}`,
    `  dashboard  ${adminUrl}/dashboard`,
    `  Swagger    ${adminUrl}/docs`,
    `  runtime    ${serving.runtime}: ${serving.runtimeReason}`,
    `  replicas   ${replicas.length === 0 ? 'none' : replicas.join(', ')}`,
    '',
    '  Try it:',
    `    curl ${dataUrl}/home`,
    `    curl ${serving.seedRoutes ? dataUrl : adminUrl}/rep`,
    '',
    '  Ctrl-C drains and stops everything.',
    '',
  ].join('\n');
}

/** One line for programs that start a balancer and wait for it. */
export function servingJson(serving: Serving): string {
  return JSON.stringify({ event: 'serving', ...serving });
}

/** Why a wait goes on is told after this long without progress, and again each time it has passed. */
const EXPLAIN_MS = 3000;

/**
 * Tells how far a start is: a line whenever one more replica serves, and the reasons of the others when it takes long.
 * @returns to be called with each change of the pool; `now` is monotonic milliseconds
 */
export function startProgress(say: (line: string) => void): (views: readonly ReplicaView[], now: number) => void {
  let ready: number | undefined;
  let toldAt = -Infinity;
  return (views, now) => {
    const waiting = views.filter(({ state }) => state !== 'ready');
    const count = views.length - waiting.length;
    const stuck = count === ready;
    if (stuck && now - toldAt < EXPLAIN_MS) return;
    ready = count;
    toldAt = now;
    const reasons = waiting.map(({ name, state, reason }) => `${name}: ${state}${reason ? `, ${reason}` : ''}`);
    say(`Replicas: ${count} of ${views.length} ready${stuck ? ` (${reasons.join('; ')})` : ''}`);
  };
}
