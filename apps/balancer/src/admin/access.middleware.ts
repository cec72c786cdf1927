// Owns the gate of the admin port: it stands ahead of routing and of body parsing, and asks access.ts about every request.
// Only the two health routes are open, to whoever reaches the port: probes bring neither token nor a Host of ours. The
// dashboard's page and the begin of a session ask for no token; that page is where one is typed in.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { plainAddress } from '../config/networks.js';
import type { Logger } from '../telemetry/logger.js';
import { type AccessPolicy, type AccessRequest, decideAccess, tokenOf } from './access.js';
import { refusal } from './answers.js';
import { isSafe } from './audit-entry.js';
import type { GuessLimit } from './guess-limit.js';
import { send } from './send.js';
import type { Sessions } from './sessions.js';

const OPEN = new Set(['/healthz', '/readyz']);
const PAGES = /^\/docs(?:\/|$)/;
const BEFORE_LOGIN = /^\/(?:dashboard(?:\/|$)|api\/session$)/;

export function accessGate(policy: AccessPolicy, sessions: Sessions, guesses: GuessLimit, logger: Logger) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const { authority, path } = splitTarget(request.url ?? '');
    if (OPEN.has(path)) return next();

    const page = PAGES.test(path);
    const seen = {
      ...readAccessRequest(request, authority, page),
      session: sessions.remaining(request.headers.cookie) > 0,
      beforeLogin: BEFORE_LOGIN.test(path),
    };
    const decision = decideAccess({ ...seen, waitSeconds: guesses.waitSeconds(seen.peer) }, policy);
    if (decision.allowed) return next();
    if (decision.wrongToken) guesses.wrong(seen.peer, tokenOf(seen) ?? '');
    logger.warn({ peer: seen.peer, path, status: decision.status }, `refused: ${decision.reason}`);
    send(response, refusal(decision, page ? 'Bearer realm="hashflow", Basic realm="hashflow"' : undefined));
  };
}

function readAccessRequest(request: IncomingMessage, authority: string | undefined, page: boolean): AccessRequest {
  const { headers, headersDistinct, socket } = request;
  const repeatedHost = (headersDistinct.host?.length ?? 0) > 1;
  return {
    peer: socket.remoteAddress ?? '',
    localAddress: socket.localAddress === undefined ? undefined : plainAddress(socket.localAddress).toLowerCase(),
    host: repeatedHost ? undefined : (authority ?? headers.host),
    origin: headers.origin,
    fetchSite: single(headers['sec-fetch-site']),
    authorization: headers.authorization,
    forwarded: Object.keys(headers).some(
      (name) => name === 'forwarded' || name === 'via' || name.startsWith('x-forwarded-'),
    ),
    page,
    change: !isSafe(request.method ?? ''),
  };
}

/** `POST http://name/add` carries its host in the target, and that one counts (RFC 9112, section 3.2.2). */
function splitTarget(url: string): { authority: string | undefined; path: string } {
  const [, authority, target = ''] = /^(?:https?:\/\/([^/?#]*))?(.*)$/is.exec(url) ?? [];
  return { authority, path: target.split('?')[0] || '/' };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
