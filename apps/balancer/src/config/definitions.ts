// Owns every setting: its name, default, group and text. The one list that the loader validates against, that
// docs/operations.md is checked with, and that the start's error messages quote.
import { define, type Definition, oneOf, optional, text } from './define.js';
import { healthDefinitions } from './health-definitions.js';
import { limitDefinitions } from './limit-definitions.js';
import { proxyDefinitions } from './proxy-definitions.js';
import { sightDefinitions } from './sight-definitions.js';
import { decimal, duration, flag, integer, list, size } from './units.js';

const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
const port = () => integer(0, 65_535);

export const definitions = {
  host: define('HOST', 'listeners', '127.0.0.1', 'address that the data port binds to', text().min(1)),
  port: define('PORT', 'listeners', '5000', 'data port; 0 picks a free one', port()),
  adminHost: define('ADMIN_HOST', 'listeners', '127.0.0.1', 'address that the admin port binds to', text().min(1)),
  adminPort: define('ADMIN_PORT', 'listeners', '5001', 'admin port; 0 picks a free one', port()),
  adminAllow: define(
    'ADMIN_ALLOW',
    'listeners',
    '127.0.0.0/8,::1/128',
    'clients that the admin routes answer (addresses or CIDR ranges); more than single addresses beyond loopback need ADMIN_TOKEN',
    list(),
  ),
  adminToken: optional(
    'ADMIN_TOKEN',
    'listeners',
    'when set, admin routes want `Authorization: Bearer TOKEN`; at least 16 characters',
    text().regex(/^[\x21-\x7e]{16,256}$/, 'at least 16 printable characters without spaces'),
  ),
  adminHosts: define(
    'ADMIN_HOSTS',
    'listeners',
    '',
    'further host names under which a browser may open the admin pages (loopback names and the bound address always may)',
    list(),
  ),
  seedRoutes: optional(
    'SEED_ROUTES',
    'listeners',
    'answer /rep, /add and /rm on the data port too; unset: only while it is bound to loopback',
    flag(),
  ),

  pool: define(
    'POOL',
    'pool',
    'hashflow',
    'name of the pool, in every label, container name and network; only this pool is touched',
    text().regex(NAME_PATTERN, '1 to 32 lower-case letters, digits and dashes'),
  ),
  stateDir: define(
    'STATE_DIR',
    'pool',
    '.hashflow',
    'folder of the pool’s state; one balancer at a time',
    text().min(1),
  ),
  n: define('N', 'pool', '3', 'replicas at the first start; the stored members win later', integer(0, 1024)),
  maxReplicas: define('MAX_REPLICAS', 'pool', '64', 'most replicas that /add allows', integer(1, 1024)),
  waitTimeout: define(
    'WAIT_TIMEOUT',
    'pool',
    '60s',
    'longest wait of ?wait=ready and ?wait=gone',
    duration({ min: 1 }),
  ),
  stopReplicas: define('STOP_REPLICAS', 'pool', 'false', 'stop Docker replicas on SIGTERM too', flag()),
  shutdownDelay: define(
    'SHUTDOWN_DELAY',
    'pool',
    '0s',
    'from SIGTERM, which takes /readyz to 503 at once, to the close of the data port: time for whoever sends traffic here to stop',
    duration(),
  ),

  runtime: define(
    'RUNTIME',
    'runtime',
    'auto',
    'docker, process or static; auto: Docker where an engine answers, else local processes',
    oneOf(['auto', 'docker', 'process', 'static']),
  ),
  replicaImage: optional('REPLICA_IMAGE', 'runtime', 'image of the replicas; unset: the bundled server', text().min(1)),
  replicaCommand: optional(
    'REPLICA_COMMAND',
    'runtime',
    'program to run as a replica (split into words as a shell would; no shell); told HOST, PORT and SERVER_ID',
    text().min(1),
  ),
  replicaPort: optional(
    'REPLICA_PORT',
    'runtime',
    'port on which a container listens; unset: what REPLICA_SPEC says, else 5000',
    integer(1, 65_535),
  ),
  replicaEnv: define('REPLICA_ENV', 'runtime', '', 'environment of each replica: A=1,B=2', list()),
  replicaSpec: optional(
    'REPLICA_SPEC',
    'runtime',
    'FILE#SERVICE: a service of a compose file is the replica; Docker only, and instead of REPLICA_IMAGE and REPLICA_COMMAND',
    text().regex(/^[^#].*#[^#]+$/s, 'FILE#SERVICE, such as compose.yaml#web'),
  ),
  hardening: optional(
    'HARDENING',
    'runtime',
    'strict (no capabilities, read-only root, 256 MiB and one CPU unless REPLICA_SPEC says otherwise) or default; unset: strict for the bundled server, default for other images; Docker only',
    oneOf(['strict', 'default']),
  ),
  replicas: define('REPLICAS', 'runtime', '', 'static runtime: NAME=http://host:port[;weight],…', list()),
  dnsInterval: define(
    'DNS_INTERVAL',
    'runtime',
    '30s',
    'static runtime: time between two lookups of a replica’s host name; a name that has no address yet is asked for every second',
    duration({ min: 1000 }),
  ),
  baseImage: optional(
    'BASE_IMAGE',
    'runtime',
    'base of the bundled server’s image; unset: a public Node image, or the host’s own node where none can be pulled',
    text().min(1),
  ),

  hashAlgorithm: define(
    'HASH_ALGORITHM',
    'hashing',
    'hrw',
    'placement of keys on replicas: hrw, frt, ketama, maglev, or classic (unfit for production); fixed when the pool is created',
    oneOf(['hrw', 'frt', 'ketama', 'maglev', 'classic']),
  ),
  hashSlots: define(
    'HASH_SLOTS',
    'hashing',
    '65536',
    'frt: slots of its table, a power of two; fixed when the pool is created',
    integer(4096, 1_048_576).refine(
      (slots) => Number.isInteger(Math.log2(slots)),
      'a power of two from 4096 to 1048576',
    ),
  ),
  frtCap: optional(
    'FRT_CAP',
    'hashing',
    'frt: most that a replica may own above its fair part (0.01 = 1 %); unset: no limit, so that no key moves between replicas that stay',
    decimal(0, 8),
  ),
  classicSlots: define('M', 'hashing', '512', 'classic: slots of the ring', integer(1, 65_536)),
  classicVirtualNodes: define('K', 'hashing', '9', 'classic: virtual nodes of each replica', integer(1, 1024)),
  classicHash: define(
    'CLASSIC_HASH',
    'hashing',
    'readme',
    'classic: readme (i+2i+17, i+j+2j+25), assignment (i²+2i+17, i²+j²+2j+25) or keyed (a good hash)',
    oneOf(['readme', 'assignment', 'keyed']),
  ),
  hashKey: define(
    'HASH_KEY',
    'hashing',
    'header:x-hash-key,random',
    'where a request’s key comes from: the first link of the chain that is present',
    text().min(1),
  ),
  hashSeed: optional(
    'HASH_SEED',
    'hashing',
    'secret of the key hash; unset: generated and kept with the pool',
    text()
      .regex(/^[0-9a-fA-F]{16}$/, '16 hex digits')
      .transform((seed) => seed.toLowerCase()),
  ),
  loadFactor: define(
    'LOAD_FACTOR',
    'hashing',
    '1.5',
    'bound of a replica’s requests in flight, as a multiple of its fair part; 0 = off',
    decimal(1.1, 4, { zero: true }),
  ),

  ...healthDefinitions,

  drainTimeout: define(
    'DRAIN_TIMEOUT',
    'life',
    '30s',
    'longest wait for requests in flight when a replica or the balancer leaves',
    duration(),
  ),
  slowStart: define(
    'SLOW_START',
    'life',
    '0s',
    'time in which a replica that /add brought to the ring comes to take all of its keys; 0 = at once',
    duration(),
  ),
  standby: define(
    'STANDBY',
    'life',
    '0',
    'instances that run and pass probes but are on no ring: one takes the place of a crashed replica, or of one that /add asks for; not for static replicas, nor where each replica has a volume of its own',
    integer(0, 64),
  ),
  spawnConcurrency: define(
    'SPAWN_CONCURRENCY',
    'life',
    '2',
    'instances in the making at once; one at a time after a failure, until one succeeds',
    integer(1, 64),
  ),
  spawnRate: define(
    'SPAWN_RATE',
    'life',
    '30',
    'instances made in 10 s at most, over the whole pool, after a burst of as many',
    integer(1, 10_000),
  ),
  stopTimeout: define('STOP_TIMEOUT', 'life', '10s', 'time between SIGTERM and SIGKILL', duration()),
  crashLoopLimit: define(
    'CRASH_LOOP_LIMIT',
    'life',
    '5',
    'deaths within the window that quarantine a replica',
    integer(1, 1000),
  ),
  crashLoopWindow: define(
    'CRASH_LOOP_WINDOW',
    'life',
    '60s',
    'window of the crash-loop count',
    duration({ min: 1000 }),
  ),

  connectTimeout: define(
    'CONNECT_TIMEOUT',
    'requests',
    '1s',
    'longest wait for a connection to a replica',
    duration({ min: 10 }),
  ),
  headTimeout: define(
    'HEAD_TIMEOUT',
    'requests',
    '10s',
    'longest wait for a complete request head',
    duration({ min: 100 }),
  ),
  responseTimeout: define(
    'RESPONSE_TIMEOUT',
    'requests',
    '30s',
    'longest wait for a replica’s response head',
    duration({ min: 10 }),
  ),
  idleTimeout: define(
    'IDLE_TIMEOUT',
    'requests',
    '60s',
    'idle client connections are closed after; also the longest time in which a body, or a client with its answer, does not move on',
    duration({ min: 100 }),
  ),
  streamTimeout: define(
    'STREAM_TIMEOUT',
    'requests',
    '0s',
    'longest silence of a replica in the middle of its answer; 0s = no limit: an event stream may be silent for hours',
    duration(),
  ),
  tunnelTimeout: define(
    'TUNNEL_TIMEOUT',
    'requests',
    '1h',
    'idle WebSocket tunnels are closed after',
    duration({ min: 100 }),
  ),
  retryAttempts: define(
    'RETRY_ATTEMPTS',
    'requests',
    '3',
    'most tries of one request on different replicas',
    integer(1, 10),
  ),
  totalTimeout: define(
    'TOTAL_TIMEOUT',
    'requests',
    '0s',
    'longest time from a request’s head to the head of its answer, over all tries; 0s = no limit',
    duration(),
  ),
  noReplicaWait: define(
    'NO_REPLICA_WAIT',
    'requests',
    '5s',
    'longest wait of a request for a replica while none of the pool is ready; 0s = it is answered 503 at once',
    duration(),
  ),
  retryBuffer: define(
    'RETRY_BUFFER',
    'requests',
    '64KiB',
    'most bytes of a request body that are kept, so that it can be sent to another replica; 0 = none',
    size({ max: 16 * 1024 ** 2 }),
  ),
  maxHead: define('MAX_HEAD', 'requests', '16KiB', 'largest request head', size({ min: 1024, max: 1024 ** 2 })),
  maxFields: define('MAX_FIELDS', 'requests', '100', 'most header fields of a request', integer(1, 2000)),
  maxBody: define('MAX_BODY', 'requests', '0', 'largest request body; 0 = no limit', size()),

  ...limitDefinitions,

  workers: define('WORKERS', 'proxy', '1', 'worker threads of the data process', integer(1, 64)),
  trustedProxies: define(
    'TRUSTED_PROXIES',
    'proxy',
    '',
    'peers whose forwarding fields are believed (addresses or CIDR ranges)',
    list(),
  ),
  express: define(
    'EXPRESS',
    'proxy',
    'true',
    'carry plain HTTP/1.1 requests in the express lane; all else, and with false everything, goes through the standard lane',
    flag(),
  ),
  ...proxyDefinitions,
  preserveHost: define('PRESERVE_HOST', 'proxy', 'true', 'pass the client’s Host on to the replica', flag()),
  exposeReplica: define(
    'EXPOSE_REPLICA',
    'proxy',
    'false',
    'name the replica in X-HashFlow-Replica of each answer',
    flag(),
  ),
  upstreamKeepalive: define(
    'UPSTREAM_KEEPALIVE',
    'proxy',
    '4s',
    'idle connections to a replica are closed after',
    duration({ min: 100 }),
  ),
  dataUser: define(
    'DATA_USER',
    'proxy',
    'nobody',
    'user that the data process becomes when started as root',
    text().min(1),
  ),

  ...sightDefinitions,
} as const;

type Definitions = typeof definitions;
type Value<D> = D extends Definition<infer T> ? T : never;

/** Every setting, typed: milliseconds, bytes, fractions. Frozen; passed on, never read again from the environment. */
export type Settings = { readonly [K in keyof Definitions]: Value<Definitions[K]> };
