// Owns the way from the environment to the frozen Settings: .env, defaults, validation, and the rules that span settings.
// The only reader of process.env besides main.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseEnv } from 'node:util';
import type { Definition } from './define.js';
import { definitions, type Settings } from './definitions.js';
import { isLoopbackAddress, parseNetwork } from './networks.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Why the start ended: one line per bad setting, with its value and what is allowed. */
export class SettingsError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `${problems.length} setting${problems.length === 1 ? ' is' : 's are'} wrong:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.name = 'SettingsError';
  }
}

const SECRET = new Set(['ADMIN_TOKEN', 'HASH_SEED', 'REPLICA_ENV']);

/** Reads `.env` beside the process, if there is one; the real environment wins over it. @throws SettingsError when it can't be read */
export function readEnvironment(env: Environment, file = '.env'): Environment {
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...env };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env;
    throw new SettingsError([`${file} cannot be read: ${(error as Error).message}`]);
  }
}

/** @throws SettingsError with every problem at once */
export function loadSettings(env: Environment): Settings {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(definitions) as [string, Definition<unknown>][]) {
    const { name } = definition;
    const given = env[name] === '' && definition.default === undefined ? undefined : env[name];
    const result = definition.schema.safeParse(given ?? definition.default);
    if (result.success) values[key] = result.data;
    else {
      const shown = SECRET.has(name) ? 'the value given' : `"${given ?? ''}"`;
      problems.push(`${name}=${shown} must be ${result.error.issues.map((issue) => issue.message).join('; ')}`);
    }
  }
  const settings = values as Settings;
  if (problems.length === 0) problems.push(...crossChecks(settings));
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(settings);
}

/** The data port answers the classic routes: as said, else only while it is bound to loopback. */
export function seedRoutesEnabled(settings: Settings): boolean {
  return settings.seedRoutes ?? isLoopbackHost(settings.host);
}

export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host);
}

function crossChecks(settings: Settings): string[] {
  const problems: string[] = [];
  for (const [name, host] of [
    ['HOST', settings.host],
    ['ADMIN_HOST', settings.adminHost],
  ] as const) {
    if (isIP(host) === 0 && host !== 'localhost') problems.push(`${name}="${host}" must be an IP address or localhost`);
  }
  if (settings.port !== 0 && settings.port === settings.adminPort) {
    problems.push(`ADMIN_PORT="${settings.adminPort}" must differ from PORT`);
  }
  if (settings.n > settings.maxReplicas)
    problems.push(`N="${settings.n}" must not be above MAX_REPLICAS (${settings.maxReplicas})`);
  for (const entry of settings.adminHosts) {
    if (!/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(entry)) {
      problems.push(`ADMIN_HOSTS has "${entry}", which must be a host name without scheme and port`);
    }
  }
  for (const entry of settings.trustedProxies) {
    if (!parseNetwork(entry)) problems.push(`TRUSTED_PROXIES has "${entry}", which must be an address or a CIDR range`);
  }
  const networks = settings.adminAllow.map((entry) => ({ entry, network: parseNetwork(entry) }));
  for (const { entry, network } of networks) {
    if (!network) problems.push(`ADMIN_ALLOW has "${entry}", which must be an address or a CIDR range`);
  }
  const wide = networks
    .filter(({ network }) => network && !network.loopback && !network.single)
    .map(({ entry }) => entry);
  if (wide.length > 0 && settings.adminToken === undefined) {
    problems.push(`ADMIN_ALLOW lets in ${wide.join(', ')}: set ADMIN_TOKEN, or name single addresses`);
  }
  const onlySingle =
    networks.length > 0 &&
    networks.every(({ network }) => network !== undefined && (network.loopback || network.single));
  const opened = networks.some(({ network }) => network && !network.loopback);
  if (!isLoopbackHost(settings.adminHost) && settings.adminToken === undefined && !(onlySingle && opened)) {
    problems.push(
      `ADMIN_HOST="${settings.adminHost}" opens the admin port beyond this machine: set ADMIN_TOKEN, or name the single addresses that may use it in ADMIN_ALLOW`,
    );
  }
  if (settings.runtime === 'static' && settings.replicas.length === 0)
    problems.push('REPLICAS must name at least one replica with RUNTIME=static');
  if (settings.runtime !== 'static' && settings.replicas.length > 0) problems.push('REPLICAS needs RUNTIME=static');
  if (settings.runtime === 'static' && settings.standby > 0)
    problems.push(`STANDBY="${settings.standby}" must be 0 with RUNTIME=static: such replicas are named, not made`);
  if (settings.replicaSpec !== undefined) {
    if (settings.replicaImage !== undefined) problems.push('REPLICA_IMAGE and REPLICA_SPEC exclude each other');
    if (settings.replicaCommand !== undefined) problems.push('REPLICA_COMMAND and REPLICA_SPEC exclude each other');
  }
  if (settings.replicaMaxConnections > 0 && settings.replicaMaxConnections < settings.workers)
    problems.push(
      `REPLICA_MAX_CONNECTIONS="${settings.replicaMaxConnections}" must be 0 or at least WORKERS (${settings.workers}): each has its part`,
    );
  if (settings.ejectTimeMax < settings.ejectTime)
    problems.push(
      `EJECT_TIME_MAX="${settings.ejectTimeMax} ms" must not be below EJECT_TIME (${settings.ejectTime} ms)`,
    );
  if (settings.healthBody !== undefined && settings.healthProtocol === 'tcp')
    problems.push('HEALTH_BODY needs HEALTH_PROTOCOL=http: a TCP probe reads no answer');
  for (const entry of settings.accessLogMask) {
    if (!/^[A-Za-z0-9]+$/.test(entry))
      problems.push(`ACCESS_LOG_MASK has "${entry}", which must be a word of letters and digits`);
  }
  for (const entry of settings.replicaEnv) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*=/.test(entry)) problems.push('REPLICA_ENV must be a list of NAME=value');
  }
  return problems;
}
