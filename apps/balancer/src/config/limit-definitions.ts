// Owns the settings of what is too much: how much a replica carries, how much waits, how much the balancer takes on. Part of
// definitions.ts.
import { define } from './define.js';
import { duration, integer } from './units.js';

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
} as const;
