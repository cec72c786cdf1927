// Owns what people read on stdout while the balancer starts and serves. The log (stderr, JSON) is telemetry's.
import type { ReplicaView } from './orchestrator/replica-view.js';

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
    `  data     ${dataUrl}`,
    `  admin    ${adminUrl}`,
    `  Swagger  ${adminUrl}/docs`,
    `  runtime  ${serving.runtime}: ${serving.runtimeReason}`,
    `  replicas ${replicas.length === 0 ? 'none' : replicas.join(', ')}`,
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

/** `2 of 3 replicas ready (Server 3: starting)` */
export function waitingText(views: readonly ReplicaView[]): string {
  const waiting = views.filter(({ state }) => state !== 'ready');
  const details = waiting.map(({ name, state, reason }) => `${name}: ${state}${reason ? `, ${reason}` : ''}`);
  return `${views.length - waiting.length} of ${views.length} replicas ready${details.length > 0 ? ` (${details.join('; ')})` : ''}`;
}
