// Owns what stands in the audit log about one call: which calls belong there, and how body, path and answer are put into words
// without secrets, within bounds. Pure. When it is written is audit.middleware.ts's and classic.service.ts's, where to
// orchestrator/events/audit-trail.ts's.
import type { AuditEntry } from '../orchestrator/events/audit-trail.js';
import { maskedJson, maskedText } from '../orchestrator/views/masking.js';

export interface AuditedCall {
  readonly peer: string;
  readonly by: AuditEntry['by'];
  readonly port: 'admin' | 'data';
  readonly method: string;
  /** As it came, with the query. */
  readonly target: string;
  /** undefined: it was not read. */
  readonly body: string | undefined;
  /** undefined: the client had left before there was an answer. */
  readonly answer: { readonly status: number; readonly body: string } | undefined;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Takes a body, changes nothing. */
const HARMLESS = new Set(['/api/preview']);

const MOST_BODY = 2048;
const MOST_TEXT = 512;

export function isSafe(method: string): boolean {
  return SAFE.has(method);
}

/** Whatever may change something, whether or not there is such a route. */
export function isChange(method: string, target: string): boolean {
  return !isSafe(method) && !HARMLESS.has(target.split('?')[0] ?? '');
}

/** @param wall epoch milliseconds */
export function auditEntry({ peer, by, port, method, target, body, answer }: AuditedCall, wall: number): AuditEntry {
  return {
    at: new Date(wall).toISOString(),
    peer,
    by,
    port,
    method,
    path: cut(maskedText(target), MOST_TEXT),
    body: shownBody(body),
    status: answer?.status ?? null,
    result: answer === undefined ? 'abandoned' : resultOf(answer.status),
    reason: reasonOf(answer),
  };
}

/** Where the gate lets in who brings nothing: to log in and out. */
const SESSION = /^(?:https?:\/\/[^/?#]*)?\/api\/session(?:\?|$)/i;

/** Nobody let its caller in: the gate refused it, or it asked in vain for a session, or to end one that it has not. */
export function isOfStranger({ by, status, method, path, result }: AuditEntry): boolean {
  if (by !== 'address') return false;
  if (status === 401 || status === 403) return true;
  return SESSION.test(path) && !(method === 'POST' && result === 'done');
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
