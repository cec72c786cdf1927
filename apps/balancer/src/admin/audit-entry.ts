// Owns what stands in the audit log about one call: which calls belong there, and how body, path and answer are put into words
// without secrets, within bounds. Pure. When it is written is audit.middleware.ts's and classic.service.ts's, where to
// orchestrator/events/audit-trail.ts's.
import type { AuditEntry } from '../orchestrator/events/audit-trail.js';
import { maskedJson, maskedText } from '../orchestrator/views/masking.js';

/** A call, before anything of it is done. */
export interface AskedCall {
  readonly peer: string;
  readonly by: AuditEntry['by'];
  readonly port: 'admin' | 'data';
  readonly method: string;
  /** As it came, with the query. */
  readonly target: string;
  /** undefined: it was not read. */
  readonly body: string | undefined;
}

export interface AuditedCall extends AskedCall {
  /** undefined: the client had left before there was an answer. */
  readonly answer: { readonly status: number; readonly body: string } | undefined;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Takes a body, changes nothing. */
const HARMLESS = new Set(['/api/preview']);
/** Where the gate lets in who brings nothing: to log in and out. */
const SESSION = /^(?:https?:\/\/[^/?#]*)?\/api\/session(?:\?|$)/i;

const MOST_BODY = 2048;
const MOST_TEXT = 512;

export function isSafe(method: string): boolean {
  return SAFE.has(method);
}

/** Whatever may change something, whether or not there is such a route. */
export function isChange(method: string, target: string): boolean {
  return !isSafe(method) && !HARMLESS.has(target.split('?')[0] ?? '');
}

/** Its beginning is noted too. Not that of a session: it ends with the balancer, and anybody may ask for one. */
export function isNotedFirst(target: string): boolean {
  return !SESSION.test(target);
}

/** What is noted before a call changes anything. @param wall epoch milliseconds */
export function auditIntent(call: AskedCall, id: string, wall: number): AuditEntry {
  return { ...asked(call, id, wall), status: null, result: 'under-way', reason: null };
}

/** @param id of its intent, if it had one; else its own @param wall epoch milliseconds */
export function auditEntry(call: AuditedCall, id: string, wall: number): AuditEntry {
  const { answer } = call;
  return {
    ...asked(call, id, wall),
    status: answer?.status ?? null,
    result: answer === undefined ? 'abandoned' : resultOf(answer.status),
    reason: reasonOf(answer),
  };
}

/** Nobody let its caller in: the gate refused it, or it asked in vain for a session, or to end one that it has not. */
export function isOfStranger({ by, status, method, path, result }: AuditEntry): boolean {
  if (by !== 'address') return false;
  if (status === 401 || status === 403 || status === 429) return true;
  return SESSION.test(path) && !(method === 'POST' && result === 'done');
}

function asked({ peer, by, port, method, target, body }: AskedCall, id: string, wall: number) {
  const at = new Date(wall).toISOString();
  return { id, at, peer, by, port, method, path: cut(maskedText(target), MOST_TEXT), body: shownBody(body) };
}

function resultOf(status: number): AuditEntry['result'] {
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}

function reasonOf(answer: AuditedCall['answer']): string | null {
  if (answer === undefined) return 'the client left before the answer; what it asked for may have been done';
  if (answer.status < 400) return null;
  const { message } = (parsed(answer.body) ?? {}) as { message?: unknown };
  return typeof message === 'string' ? cut(maskedText(message), MOST_TEXT) : null;
}

function shownBody(text: string | undefined): unknown {
  if (text === undefined || text === '') return null;
  const value = parsed(text);
  if (value === undefined) return cut(maskedText(text), MOST_TEXT);
  const masked = maskedJson(value);
  const shown = JSON.stringify(masked);
  return shown.length > MOST_BODY ? cut(shown, MOST_BODY) : masked;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}
