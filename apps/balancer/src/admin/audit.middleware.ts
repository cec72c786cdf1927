// Owns seeing the calls of the admin port that may change something, ahead of the gate, so that those it refuses are noted too:
// each once when its body has been read, and once with its answer, before the first byte of it goes out. What is noted is audit.ts's.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { plainAddress } from '../config/networks.js';
import { bringsToken } from './access.js';
import type { AccessPolicy } from './access.js';
import type { Audit } from './audit.js';
import { type AuditedCall, isChange } from './audit-entry.js';
import { bodyRead, onceBodyRead } from './request-body.js';
import type { Sessions } from './sessions.js';

export function auditChanges(policy: AccessPolicy, sessions: Sessions, audit: Audit) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const { method = '', url: target = '' } = request;
    if (!isChange(method, target)) return next();
    const call = {
      // Gone with the socket by the time it is needed.
      peer: plainAddress(request.socket.remoteAddress ?? ''),
      by: broughtBy(request, policy, sessions),
      port: 'admin',
      method,
      target,
    } as const;
    let id: string | undefined;
    onceBodyRead(request, (body) => (id = audit.begin({ ...call, body })));
    let noted = false;
    const note = (begun: boolean, chunk?: unknown) => {
      if (noted) return;
      noted = true;
      const answer = begun ? { status: response.statusCode, body: textOf(chunk) } : undefined;
      audit.note({ ...call, body: bodyRead(request), answer }, id);
    };
    beforeFirstByte(response, (chunk) => note(true, chunk));
    response.once('close', () => note(false));
    next();
  };
}

function broughtBy({ headers }: IncomingMessage, policy: AccessPolicy, sessions: Sessions): AuditedCall['by'] {
  if (bringsToken(headers.authorization, policy)) return 'token';
  return sessions.remaining(headers.cookie) > 0 ? 'session' : 'address';
}

/** Node sends the head with the first piece of the body, or with the end. */
function beforeFirstByte(response: ServerResponse, tell: (chunk: unknown) => void): void {
  for (const name of ['write', 'end'] as const) {
    const original = response[name].bind(response) as (...args: unknown[]) => unknown;
    const wrapped = (...args: unknown[]): unknown => {
      tell(args[0]);
      return original(...args);
    };
    Object.assign(response, { [name]: wrapped });
  }
}

function textOf(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk;
  return Buffer.isBuffer(chunk) ? chunk.toString('utf8') : '';
}
