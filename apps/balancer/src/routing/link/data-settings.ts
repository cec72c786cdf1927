// Owns which settings the data process is born with: all it needs and no more. Admin token, engine socket and replica
// environment never reach it.
import { resolve } from 'node:path';
import { type Environment, seedRoutesEnabled } from '../../config/load.js';
import type { Settings } from '../../config/definitions.js';
import type { AccessLogSettings, DataSettings } from './messages.js';

export function dataSettingsOf(settings: Settings): DataSettings {
  return {
    pool: settings.pool,
    host: settings.host,
    port: settings.port,
    seedRoutes: seedRoutesEnabled(settings),
    workers: settings.workers,
    trustedProxies: settings.trustedProxies,
    express: settings.express,
    forwardedFields: settings.forwardedFields,
    requestId: settings.requestId,
    preserveHost: settings.preserveHost,
    exposeReplica: settings.exposeReplica,
    upstreamKeepalive: settings.upstreamKeepalive,
    connectTimeout: settings.connectTimeout,
    headTimeout: settings.headTimeout,
    responseTimeout: settings.responseTimeout,
    idleTimeout: settings.idleTimeout,
    streamTimeout: settings.streamTimeout,
    tunnelTimeout: settings.tunnelTimeout,
    retryAttempts: settings.retryAttempts,
    totalTimeout: settings.totalTimeout,
    noReplicaWait: settings.noReplicaWait,
    retryBuffer: settings.retryBuffer,
    replicaMaxInflight: settings.replicaMaxInflight,
    replicaMaxConnections: settings.replicaMaxConnections,
    maxConnections: settings.maxConnections,
    maxConnectionsPerAddress: settings.maxConnectionsPerAddress,
    maxLag: settings.maxLag,
    maxMemory: settings.maxMemory,
    queue: settings.queue,
    queueTimeout: settings.queueTimeout,
    maxHead: settings.maxHead,
    maxFields: settings.maxFields,
    maxBody: settings.maxBody,
    accessLog: accessLogSettingsOf(settings),
    trace: settings.trace,
    showKeys: settings.showKeys,
    user: settings.dataUser,
  };
}

function accessLogSettingsOf(settings: Settings): AccessLogSettings {
  const { accessLog, accessLogFile } = settings;
  return {
    part: accessLog === 'off' ? 0 : accessLog === 'all' ? 1 : settings.accessLogSample,
    format: settings.accessLogFormat,
    // Absolute: the data process works in another folder.
    file: accessLogFile === 'stdout' ? null : resolve(accessLogFile),
    mask: settings.accessLogMask,
  };
}

/** Heads of answers may be so long at least: they carry cookies and policies, and come from one's own. Bytes. */
const LEAST_MAX_ANSWER_HEAD = 16 * 1024;

/** Bytes that the head of a replica's answer may have, in either lane. */
export function maxAnswerHead({ maxHead }: Pick<DataSettings, 'maxHead'>): number {
  return Math.max(maxHead, LEAST_MAX_ANSWER_HEAD);
}

/** What control tells the data process at its birth, in the one variable of its environment. */
export interface DataBirth {
  readonly settings: DataSettings;
  /** The port to bind: that of the settings, or where they leave it open that of the data process before. */
  readonly port: number;
  /** Path of the Unix socket that it listens on. */
  readonly socket: string;
  readonly logLevel: string;
}

const VARIABLE = 'HASHFLOW_DATA';

/** The whole environment of the data process. */
export function birthEnvironment(birth: DataBirth): Record<string, string> {
  return { [VARIABLE]: JSON.stringify(birth) };
}

/** @throws Error when this process was not started by a balancer */
export function readBirth(env: Environment): DataBirth {
  const text = env[VARIABLE];
  if (text === undefined)
    throw new Error(`${VARIABLE} is not set: the data process is started by the balancer, not by hand`);
  return JSON.parse(text) as DataBirth;
}

/** Names of the settings in which two data processes differ. */
export function differingSettings(running: DataSettings, wanted: DataSettings): string[] {
  return (Object.keys(wanted) as (keyof DataSettings)[]).filter(
    (name) => JSON.stringify(running[name]) !== JSON.stringify(wanted[name]),
  );
}
