// Owns the settings of what the balancer tells a replica about a request, and a client about its answer. Part of
// definitions.ts.
import { define, someOf } from './define.js';

/** X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Via. */
export const FORWARDED_FIELDS = ['for', 'proto', 'host', 'via'] as const;
export type ForwardedField = (typeof FORWARDED_FIELDS)[number];

export const proxyDefinitions = {
  forwardedFields: define(
    'FORWARDED_FIELDS',
    'proxy',
    'for,proto,host,via',
    'what a replica is told about the way of a request: X-Forwarded-For, -Proto, -Host and Via; without via no loop is found',
    someOf(FORWARDED_FIELDS),
  ),
} as const;
