// Owns the way from the settings to an AccessPolicy: ranges compiled, token hashed. What it means is access.ts's.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Settings } from '../config/config.module.js';
import { isLoopbackHost } from '../config/load.js';
import { networkMatcher, plainAddress } from '../config/networks.js';
import type { AccessPolicy } from './access.js';

const WILDCARDS = new Set(['0.0.0.0', '::']);

/** @param boundHost where the port in question is bound: the data port's HOST or the admin port's ADMIN_HOST */
export function compileAccessPolicy(settings: Settings, boundHost: string): AccessPolicy {
  const token = settings.adminToken;
  return {
    allowsPeer: networkMatcher(settings.adminAllow),
    trustsProxy: networkMatcher(settings.trustedProxies),
    isLoopback: isLoopbackHost,
    boundHosts: new Set(WILDCARDS.has(boundHost) ? [] : [plainAddress(boundHost).toLowerCase()]),
    namedHosts: new Set(settings.adminHosts.map((name) => name.toLowerCase().replace(/\.$/, ''))),
    ...(token === undefined ? {} : { tokenMatches: constantTimeMatcher(token) }),
  };
}

/** Hashing first gives both sides one length, so that the comparison tells nothing, not even how long the token is. */
function constantTimeMatcher(token: string): (given: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (given) => timingSafeEqual(digest(given), expected);
}
