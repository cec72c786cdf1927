// Owns the settings of health: what a probe asks and how often, when a replica is ejected for what the data plane sees, and when
// it is replaced. Part of definitions.ts.
import { z } from 'zod';
import { define, oneOf, optional, text } from './define.js';
import { duration, integer, percent, statusRanges } from './units.js';

export const healthDefinitions = {
  healthPath: optional(
    'HEALTH_PATH',
    'health',
    'path of the probe; unset: what REPLICA_SPEC says, else /heartbeat',
    text().regex(/^\/[\x21-\x7e]*$/, 'a path that starts with /'),
  ),
  healthProtocol: define(
    'HEALTH_PROTOCOL',
    'health',
    'http',
    'http: a GET of HEALTH_PATH; tcp: that the replica accepts a connection is enough',
    oneOf(['http', 'tcp']),
  ),
  healthStatus: define(
    'HEALTH_STATUS',
    'health',
    '200-399',
    'statuses that pass the probe: codes and ranges by comma',
    statusRanges(),
  ),
  healthBody: optional(
    'HEALTH_BODY',
    'health',
    'text that the answer to the probe must hold, in its first 64 KiB; unset: any body will do',
    z.string().min(1).max(256, 'at most 256 characters'),
  ),
  healthInterval: define(
    'HEALTH_INTERVAL',
    'health',
    '2s',
    'time between probes, ±10 % by chance',
    duration({ min: 10 }),
  ),
  healthTimeout: define('HEALTH_TIMEOUT', 'health', '1s', 'longest wait for a probe’s answer', duration({ min: 10 })),
  healthPass: define('HEALTH_PASS', 'health', '1', 'passed probes in a row that make a replica ready', integer(1, 100)),
  healthFail: define('HEALTH_FAIL', 'health', '3', 'failed probes in a row that make it unhealthy', integer(1, 100)),
  restartUnhealthyAfter: define(
    'RESTART_UNHEALTHY_AFTER',
    'health',
    '30s',
    'a replica unhealthy for so long is replaced; also the time that a new one has to become ready',
    duration({ min: 100 }),
  ),

  maxEjected: define(
    'MAX_EJECTED',
    'health',
    '50%',
    'most of the replicas, rounded down, that are ejected at once for failing requests; 0% = none',
    percent(),
  ),
  ejectFailures: define(
    'EJECT_FAILURES',
    'health',
    '5',
    'refused, reset or timed-out requests in a row that eject a replica',
    integer(2, 10_000),
  ),
  ejectErrors: define(
    'EJECT_ERRORS',
    'health',
    '50%',
    'part of its requests that fail or are answered from 500 up, from which on a replica is ejected',
    percent({ above: 0 }),
  ),
  ejectMinRequests: define(
    'EJECT_MIN_REQUESTS',
    'health',
    '20',
    'requests within the window below which EJECT_ERRORS says nothing',
    integer(2, 1_000_000),
  ),
  ejectWindow: define('EJECT_WINDOW', 'health', '10s', 'time over which those are counted', duration({ min: 1000 })),
  ejectTime: define(
    'EJECT_TIME',
    'health',
    '5s',
    'length of a first ejection; each one soon after another is twice as long',
    duration({ min: 100 }),
  ),
  ejectTimeMax: define('EJECT_TIME_MAX', 'health', '5m', 'length of the longest ejection', duration({ min: 100 })),
  panicThreshold: define(
    'PANIC_THRESHOLD',
    'health',
    '50%',
    'with fewer of the replicas ready, those that are ejected or fail their probes are tried too; 0% = never',
    percent(),
  ),
} as const;
