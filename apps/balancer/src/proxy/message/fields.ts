// Owns which header fields pass the balancer, in both directions: what is meant for one connection stays on it, what only
// the balancer may say is said by nobody else. Pure.
import type { ForwardedField } from '../../config/proxy-definitions.js';
import { REQUEST_ID_FIELD } from './request-id.js';
import type { Trace } from './trace-context.js';
import { viaEntry } from './via.js';

export type Fields = Record<string, string | string[]>;

/** Meant for one connection, whether Connection names them or not. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
]);

/** Decided by the head's grammar, so no client can have them dropped by naming them in Connection. */
const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);
/** Answered by the balancer, or written by it anew. */
const REQUEST_OWN: ReadonlySet<string> = new Set(['expect', 'host', 'transfer-encoding', 'content-length']);
/** Besides those of the connection and of the balancer. */
const HEAD_ONLY: ReadonlySet<string> = new Set([
  'via',
  'x-request-id',
  'authorization',
  'cookie',
  'set-cookie',
  'content-encoding',
  'content-type',
  'content-range',
]);
/** With underscores, too: programs behind a gateway interface (CGI, WSGI, Rack) cannot tell them from dashes. */
const FORWARDING = /^(?:x[-_]forwarded[-_].*|forwarded)$/;
const OURS = /^x[-_]hashflow[-_]/;
const REQUEST_ID = REQUEST_ID_FIELD.toLowerCase();

/** Which fields the balancer adds, of those that tell where a request came from. */
export type Forwarding = Readonly<Record<ForwardedField, boolean>>;

export function forwardingOf(fields: readonly ForwardedField[]): Forwarding {
  return {
    for: fields.includes('for'),
    proto: fields.includes('proto'),
    host: fields.includes('host'),
    via: fields.includes('via'),
  };
}

/** What the fields of a request to a replica are made of. */
export interface RequestSources {
  readonly rawHeaders: readonly string[];
  readonly httpVersion: string;
  /** Goes out as Host. */
  readonly host: string | undefined;
  /** The client's Host, for X-Forwarded-Host. */
  readonly clientHost: string | undefined;
  readonly body: 'none' | 'length' | 'chunked';
  readonly length: number;
  readonly peer: string;
  /** The peer is a trusted proxy: what it says about the client is kept. */
  readonly peerTrusted: boolean;
  /** What is added. What is not is still taken from strangers, and passes from trusted proxies as they wrote it. */
  readonly forwarding: Forwarding;
  /** Name of the pool in Via. */
  readonly pseudonym: string | undefined;
  /** Name of the replica, as the replica is told it. */
  readonly replica: string;
  /** Left out: the client's passes as it is. */
  readonly requestId?: string;
  /** Left out: what the client says of traces passes as it is. */
  readonly trace?: Trace;
  /** See max-forwards.ts; above 0. Left out: Max-Forwards passes as it is. */
  readonly hopsLeft?: number;
  /** The field Upgrade and its mark in Connection pass, for a WebSocket. */
  readonly upgrade?: string;
}

/** The fields of the request as the replica gets it; names in lower case, repeated ones as lists. */
export function requestFields(facts: RequestSources): Fields {
  const { rawHeaders, peerTrusted, forwarding, pseudonym } = facts;
  // No prototype: a field may be called __proto__.
  const fields = Object.create(null) as Fields;
  const named = namedInConnection(rawHeaders);
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index].toLowerCase();
    if (HOP_BY_HOP.has(name) || REQUEST_OWN.has(name) || OURS.test(name)) continue;
    if (named.has(name) && !FRAMING.has(name)) continue;
    if (!peerTrusted && FORWARDING.test(name)) continue;
    append(fields, name, rawHeaders[index + 1]);
  }
  if (facts.host !== undefined) fields.host = facts.host;
  if (facts.body === 'chunked') fields['transfer-encoding'] = 'chunked';
  else if (facts.body === 'length') fields['content-length'] = String(facts.length);
  if (forwarding.for) fields['x-forwarded-for'] = join(fields['x-forwarded-for'], facts.peer);
  if (forwarding.proto) fields['x-forwarded-proto'] ??= 'http';
  if (forwarding.host && facts.clientHost !== undefined) fields['x-forwarded-host'] ??= facts.clientHost;
  if (forwarding.via && pseudonym !== undefined) fields.via = join(fields.via, viaEntry(facts.httpVersion, pseudonym));
  fields['x-hashflow-replica'] = fieldValue(facts.replica);
  if (facts.requestId !== undefined) fields[REQUEST_ID] = facts.requestId;
  if (facts.trace) {
    fields.traceparent = facts.trace.traceparent;
    if (facts.trace.parentId === undefined) delete fields.tracestate;
  }
  if (facts.hopsLeft !== undefined) fields['max-forwards'] = String(facts.hopsLeft - 1);
  if (facts.upgrade !== undefined) {
    fields.connection = 'Upgrade';
    fields.upgrade = facts.upgrade;
  }
  return fields;
}

/** What a client is told with an answer, where the settings say so. */
export interface Told {
  readonly replica?: string;
  /** In place of what the replica says it is. */
  readonly requestId?: string;
}

export const NOTHING_MORE: Told = {};

/** The fields of an answer as the client gets it: names and values in turn, order, case and repetition as sent. */
export function responseFields(rawHeaders: readonly string[], { replica, requestId }: Told): string[] {
  const fields: string[] = [];
  const named = namedInConnection(rawHeaders);
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index].toLowerCase();
    if (HOP_BY_HOP.has(name) || name.startsWith('x-hashflow-') || (named.has(name) && !FRAMING.has(name))) continue;
    if (requestId !== undefined && name === REQUEST_ID) continue;
    fields.push(rawHeaders[index], rawHeaders[index + 1]);
  }
  if (replica !== undefined) fields.push('X-HashFlow-Replica', fieldValue(replica));
  if (requestId !== undefined) fields.push(REQUEST_ID_FIELD, requestId);
  return fields;
}

/** The fields of an answer that accepts a handshake, as the client gets it; names in lower case, repeated ones as lists. */
export function switchingFields(rawHeaders: readonly string[], upgrade: string, told: Told): Fields {
  const fields = Object.create(null) as Fields;
  fields.connection = 'Upgrade';
  fields.upgrade = upgrade;
  const passed = responseFields(rawHeaders, told);
  for (let index = 0; index < passed.length; index += 2) {
    const name = passed[index].toLowerCase();
    if (!FRAMING.has(name)) append(fields, name, passed[index + 1]);
  }
  return fields;
}

/**
 * A field may stand after a chunked body, in either direction. What decides about framing, routing, content or who speaks
 * counts only in a head (RFC 9110, 6.5.1), so none of it passes there.
 *
 * @param name in lower case
 */
export function passesInTrailer(name: string): boolean {
  if (HOP_BY_HOP.has(name) || REQUEST_OWN.has(name) || HEAD_ONLY.has(name)) return false;
  return !OURS.test(name) && !FORWARDING.test(name);
}

/** The fields of a trailer that go on: names and values in pairs, as node wants them. */
export function trailerFields(rawTrailers: readonly string[]): [string, string][] {
  const fields: [string, string][] = [];
  for (let index = 0; index < rawTrailers.length; index += 2) {
    const name = rawTrailers[index];
    if (passesInTrailer(name.toLowerCase())) fields.push([name, rawTrailers[index + 1]]);
  }
  return fields;
}

/** Host of a replica by its own address, for those who do not want the client's. */
export function hostOf({ authority, host, port }: { authority?: string; host: string; port: number }): string {
  return authority ?? `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A name as a field value: what a field cannot carry is percent-encoded. */
export function fieldValue(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]/gu, (character) => encodeURIComponent(character));
}

function namedInConnection(rawHeaders: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!/^(?:proxy-)?connection$/i.test(rawHeaders[index])) continue;
    for (const name of rawHeaders[index + 1].split(',')) names.add(name.trim().toLowerCase());
  }
  return names;
}

function append(fields: Fields, name: string, value: string): void {
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (name === 'cookie') fields[name] = `${String(before)}; ${value}`;
  else if (typeof before === 'string') fields[name] = [before, value];
  else before.push(value);
}

function join(before: string | string[] | undefined, value: string): string {
  return before === undefined ? value : `${typeof before === 'string' ? before : before.join(', ')}, ${value}`;
}
