// Owns what the keys of a compose service mean for a replica, and which of them a replica cannot have. Pure: text and
// environment in, a specification or all that is wrong out. Reading files is read-service.ts's.
import { signalNumber } from '../container-signals.js';
import { splitCommand } from '../replica-command.js';
import type { ContainerTraits, PullPolicy } from '../replica-runtime.js';
import { RuntimeError } from '../runtime-error.js';
import { isMapping, type Mapping, parseComposeText } from './compose-file.js';
import { readEnvironment, type ReadEnvFile } from './compose-environment.js';
import { readLimits } from './compose-limits.js';
import { readNetworks } from './compose-networks.js';
import { ComposeReading } from './compose-reading.js';
import { readStorage } from './compose-storage.js';
import { composeDuration, composeFlag, pairsOf, textOf, textsOf } from './compose-units.js';
import { readHealthPath, readPort } from './compose-traffic.js';
import type { Lookup } from './interpolate.js';

/** What a compose service says about a replica. */
export interface ServiceSpec {
  readonly image: string;
  readonly pullPolicy: PullPolicy;
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** undefined where the service does not tell. */
  readonly port?: number;
  readonly healthPath?: string;
  readonly stopGraceMs?: number;
  readonly container: ContainerTraits;
  /** Names of networks that are joined where they exist; those in `container` have to. */
  readonly optionalNetworks: readonly string[];
  /** One line each, for the operator: what the balancer does in another way. */
  readonly notes: readonly string[];
}

export interface ServiceSource {
  readonly text: string;
  /** Name of the service. */
  readonly service: string;
  readonly lookup: Lookup;
  /** Of the folder, as compose would derive it; `name` in the file and COMPOSE_PROJECT_NAME win over it. */
  readonly project: string;
  /** A relative path of the host → absolute. */
  readonly resolvePath: (path: string) => string;
  readonly readEnvFile: ReadEnvFile;
  /** REPLICA_PORT; wins over what the service exposes. */
  readonly port?: number;
  /** HEALTH_PATH; wins over the healthcheck. */
  readonly healthPath?: string;
}

export type ServiceResult = { readonly spec: ServiceSpec } | { readonly problems: readonly string[] };

const FILE_KEYS = ['name', 'version', 'services', 'networks', 'volumes', 'secrets', 'configs'];
const SUPPORTED = [
  'image',
  'command',
  'entrypoint',
  'working_dir',
  'environment',
  'env_file',
  'expose',
  'ports',
  'volumes',
  'tmpfs',
  'networks',
  'user',
  'labels',
  'healthcheck',
  'mem_limit',
  'cpus',
  'pids_limit',
  'deploy',
  'stop_signal',
  'stop_grace_period',
  'pull_policy',
  'init',
];
/** Not for a replica to say, because the balancer does it itself. */
const TAKEN_OVER: Readonly<Record<string, string>> = {
  container_name: 'the balancer names its containers',
  depends_on: 'bring up what it depends on yourself',
  profiles: 'REPLICA_SPEC has chosen the service',
  restart: 'the balancer respawns replicas',
  scale: 'N, /add and /rm say how many there are',
};
const OWN_LABELS = 'io.hashflow.';
const PULL_POLICIES: Readonly<Record<string, PullPolicy>> = {
  always: 'always',
  missing: 'missing',
  if_not_present: 'missing',
  never: 'never',
};

export function composeService(source: ServiceSource): ServiceResult {
  const parsed = parseComposeText(source.text);
  if ('problem' in parsed) return { problems: [`the file ${parsed.problem}`] };
  const reading = new ComposeReading(source.lookup);
  const file = reading.mapping(parsed.root, '', FILE_KEYS);
  const services = isMapping(file.services) ? file.services : {};
  if (!Object.hasOwn(services, source.service) || !isMapping(services[source.service])) {
    const names = Object.keys(services);
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    return { problems: [`the file has no service "${source.service}": ${known}`] };
  }
  const spec = readService(services[source.service] as Mapping, file, source, reading);
  const problems = [
    ...(reading.unsupported.length > 0 ? [`not supported: ${[...new Set(reading.unsupported)].join(', ')}`] : []),
    ...reading.problems,
  ];
  return spec && problems.length === 0 ? { spec } : { problems };
}

function readService(
  raw: Mapping,
  file: Mapping,
  source: ServiceSource,
  reading: ComposeReading,
): ServiceSpec | undefined {
  const { build, ...rest } = raw;
  if (build !== undefined) {
    const hint = `build the image first (docker compose build ${source.service}), then name it with "image" alone`;
    reading.refuse('build', `is not done by the balancer: ${hint}`);
  }
  for (const [key, why] of Object.entries(TAKEN_OVER)) {
    if (rest[key] !== undefined) reading.notes.push(`${key} is left out: ${why}`);
  }
  const known = [...SUPPORTED, ...Object.keys(TAKEN_OVER)];
  // Only what is read has its variables replaced: one that is missing elsewhere in the file is nobody's problem.
  const wanted = Object.fromEntries(
    Object.entries(reading.mapping(rest, '', known)).filter(([key]) => SUPPORTED.includes(key) || key === 'x-hashflow'),
  );
  const service = reading.resolve(wanted, 'service') as Mapping;
  const project = projectName(file, source, reading);

  const image = textOf(service.image)?.trim() ?? '';
  if (image === '' && build === undefined) reading.refuse('image', 'is missing');
  if (service.init !== undefined && composeFlag(service.init) !== true)
    reading.refuse('init', 'cannot be off: each container has an init, which passes signals on');
  const networks = readNetworks(service, declared(file, 'networks', reading), project, reading);
  const { mounts, tmpfs } = readStorage(
    service,
    { declared: declared(file, 'volumes', reading), project, resolvePath: source.resolvePath },
    reading,
  );
  const command = readArgv(service, 'command', reading);
  if (command?.length === 0) reading.refuse('command', 'is empty');
  const entrypoint = readArgv(service, 'entrypoint', reading);
  const container: ContainerTraits = {
    ...(entrypoint && { entrypoint }),
    ...readTexts(service, reading),
    ...readLabels(service, reading),
    ...(Object.keys(tmpfs).length > 0 && { tmpfs }),
    ...(mounts.length > 0 && { mounts }),
    ...(!networks.optional && networks.names.length > 0 && { networks: networks.names }),
    ...readLimits(service, reading),
    ...readStopSignal(service, reading),
  };
  const port = readPort(service, source.port, reading);
  const healthPath = readHealthPath(service, source.healthPath, reading);
  return {
    image,
    pullPolicy: readPullPolicy(service, reading),
    ...(command && { command }),
    env: readEnvironment(service, source.readEnvFile, reading),
    ...(port !== undefined && { port }),
    ...(healthPath !== undefined && { healthPath }),
    ...readStopGrace(service, reading),
    container,
    optionalNetworks: networks.optional ? networks.names : [],
    notes: reading.notes,
  };
}

/** As compose derives it. */
function projectName(file: Mapping, { lookup, project }: ServiceSource, reading: ComposeReading): string {
  const named = lookup('COMPOSE_PROJECT_NAME') || textOf(reading.resolve(file.name, 'name')) || project;
  if (!/^[a-z0-9][a-z0-9_-]*$/.test(named))
    reading.refuse('name', 'must give the project a name of lower-case letters, digits, "_" and "-"');
  return named;
}

function declared(file: Mapping, key: 'networks' | 'volumes', reading: ComposeReading): Mapping {
  const value = file[key];
  if (value === undefined || value === null) return {};
  if (isMapping(value)) return value;
  reading.refuse(`${key} (of the file)`, 'must be a mapping');
  return {};
}

function readArgv(service: Mapping, key: 'command' | 'entrypoint', reading: ComposeReading): string[] | undefined {
  const value = service[key];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return textsOf(value) ?? reading.refuse(key, 'must be a text or a list of texts');
  const text = textOf(value);
  if (text === undefined) return reading.refuse(key, 'must be a text or a list of texts');
  if (text.trim() === '') return [];
  try {
    return splitCommand(text, key);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    reading.problems.push(error.message);
    return undefined;
  }
}

function readTexts(service: Mapping, reading: ComposeReading): Pick<ContainerTraits, 'user' | 'workingDir'> {
  const [user, workingDir] = (['user', 'working_dir'] as const).map((key) => {
    if (service[key] === undefined) return undefined;
    return textOf(service[key]) ?? reading.refuse(key, 'must be a text');
  });
  if (workingDir !== undefined && !workingDir.startsWith('/'))
    reading.refuse('working_dir', 'must be an absolute path');
  return { ...(user !== undefined && { user }), ...(workingDir !== undefined && { workingDir }) };
}

function readLabels(service: Mapping, reading: ComposeReading): Pick<ContainerTraits, 'labels'> {
  if (service.labels === undefined) return {};
  const pairs = pairsOf(service.labels);
  if (!pairs) reading.refuse('labels', 'must be a mapping or a list of NAME=value');
  const own = pairs?.find(([name]) => name.startsWith(OWN_LABELS));
  if (own) reading.refuse('labels', `has ${own[0]}: labels below ${OWN_LABELS} are the balancer's own`);
  return { labels: Object.fromEntries((pairs ?? []).map(([name, value]) => [name, value ?? ''])) };
}

function readStopSignal(service: Mapping, reading: ComposeReading): Pick<ContainerTraits, 'stopSignal'> {
  if (service.stop_signal === undefined) return {};
  const stopSignal = textOf(service.stop_signal) ?? '';
  if (signalNumber(stopSignal) === undefined) reading.refuse('stop_signal', 'is no signal of Linux, such as SIGQUIT');
  return { stopSignal };
}

function readStopGrace(service: Mapping, reading: ComposeReading): Pick<ServiceSpec, 'stopGraceMs'> {
  if (service.stop_grace_period === undefined) return {};
  const stopGraceMs = composeDuration(service.stop_grace_period);
  if (stopGraceMs === undefined || stopGraceMs > MAX_GRACE_MS)
    reading.refuse('stop_grace_period', 'must be a duration such as 10s or 1m30s, of at most 1h');
  return { stopGraceMs };
}

const MAX_GRACE_MS = 3_600_000;

function readPullPolicy(service: Mapping, reading: ComposeReading): PullPolicy {
  const text = service.pull_policy === undefined ? 'missing' : (textOf(service.pull_policy) ?? '');
  const policy = Object.hasOwn(PULL_POLICIES, text) ? PULL_POLICIES[text] : undefined;
  if (policy === undefined) reading.refuse('pull_policy', 'must be always, missing or never');
  return policy ?? 'missing';
}
