// Owns the settings of what is too much: how much a replica carries, how much waits, how much the balancer takes on. Part of
// definitions.ts.
import { define } from './define.js';
import { duration, integer, size } from './units.js';

const MOST = 1_000_000;

export const limitDefinitions = {
  replicaMaxInflight: define(
    'REPLICA_MAX_INFLIGHT',
    'requests',
    '0',
    'most requests that a replica carries at a time, WebSockets aside; 0 = no limit',
    integer(0, MOST),
  ),
  replicaMaxConnections: define(
    'REPLICA_MAX_CONNECTIONS',
    'requests',
    '0',
    'most connections to a replica, idle ones and WebSockets included, divided among WORKERS; 0 = no limit',
    integer(0, MOST),
  ),
  queue: define(
    'QUEUE',
    'requests',
    '0',
    'requests that may wait, per worker, while every replica is at its limit; what is beyond is answered 503',
    integer(0, MOST),
  ),
  queueTimeout: define('QUEUE_TIMEOUT', 'requests', '5s', 'longest wait in the queue; then 503', duration({ min: 10 })),
  maxConnections: define(
    'MAX_CONNECTIONS',
    'requests',
    '0',
    'most connections of clients per worker; one too many is answered 503 and closed; 0 = as many as the limit of file descriptors allows, with as many left for replicas',
    integer(0, MOST),
  ),
  maxConnectionsPerAddress: define(
    'MAX_CONNECTIONS_PER_ADDRESS',
    'requests',
    '0',
    'most connections per worker of one client address (of an IPv6 client its /64); TRUSTED_PROXIES may have any number; 0 = no limit',
    integer(0, MOST),
  ),
  maxLag: define(
    'MAX_LAG',
    'requests',
    '1s',
    'new requests are answered 503 while a worker’s thread comes later than this to what is due, twice in a row; 0s = however late',
    duration(),
  ),
  maxMemory: define(
    'MAX_MEMORY',
    'requests',
    '0',
    'new requests are answered 503 while a worker uses more than this for heap and buffers; 0 = however much',
    size(),
  ),
} as const;
