// Owns the settings of a data plane under test: the defaults of the contract, but for a free port and short patience.
import type { DataSettings } from '../link/messages.js';

export function testDataSettings(changes: Partial<DataSettings> = {}): DataSettings {
  return {
    pool: 'test',
    host: '127.0.0.1',
    port: 0,
    seedRoutes: true,
    workers: 1,
    trustedProxies: [],
    express: false,
    forwardedFields: ['for', 'proto', 'host', 'via'],
    requestId: 'forward',
    preserveHost: true,
    exposeReplica: true,
    upstreamKeepalive: 4000,
    connectTimeout: 1000,
    headTimeout: 10_000,
    responseTimeout: 30_000,
    idleTimeout: 60_000,
    streamTimeout: 0,
    tunnelTimeout: 3_600_000,
    retryAttempts: 3,
    totalTimeout: 0,
    noReplicaWait: 0,
    retryBuffer: 64 * 1024,
    maxHead: 16 * 1024,
    maxFields: 100,
    maxBody: 0,
    accessLog: { part: 0, format: 'json', file: null, mask: [] },
    trace: false,
    showKeys: false,
    user: 'nobody',
    ...changes,
  };
}
