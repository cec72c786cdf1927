// Owns the settings of what the balancer tells a replica about a request, and a client about its answer. Part of
// definitions.ts.
import { define, oneOf, someOf } from './define.js';

/** X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Via. */
export const FORWARDED_FIELDS = ['for', 'proto', 'host', 'via'] as const;
export type ForwardedField = (typeof FORWARDED_FIELDS)[number];

/** Whether requests have an X-Request-Id of ours, and who is told it. */
export const REQUEST_ID_MODES = ['off', 'forward', 'echo'] as const;
export type RequestIdMode = (typeof REQUEST_ID_MODES)[number];

export const proxyDefinitions = {
  forwardedFields: define(
    'FORWARDED_FIELDS',
    'proxy',
    'for,proto,host,via',
    'what a replica is told about the way of a request: X-Forwarded-For, -Proto, -Host and Via; without via no loop is found',
    someOf(FORWARDED_FIELDS),
  ),
  requestId: define(
    'REQUEST_ID',
    'proxy',
    'forward',
    'X-Request-Id, the client’s or a new one: forward (to the replica, the access log, and in answers of the balancer itself), echo (in every answer, too), or off (the client’s passes as it is)',
    oneOf(REQUEST_ID_MODES),
  ),
} as const;
