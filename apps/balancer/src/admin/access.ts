// Owns the one decision of who may use the operators' routes, on whichever port they came in. Pure: reading sockets and
// headers is access.middleware.ts's and classic.service.ts's, compiling the settings access-policy.ts's.

/** What the settings allow, compiled once. */
export interface AccessPolicy {
  allowsPeer(address: string): boolean;
  trustsProxy(address: string): boolean;
  isLoopback(host: string): boolean;
  /** Addresses that the port is bound to; a wildcard is no address. */
  readonly boundHosts: ReadonlySet<string>;
  /** ADMIN_HOSTS, lower case. */
  readonly namedHosts: ReadonlySet<string>;
  /** Compares in constant time; absent where no token is set. */
  readonly tokenMatches?: (given: string) => boolean;
}

/** What a request shows of its sender. Addresses are the socket's: what X-Forwarded-For says never counts. */
export interface AccessRequest {
  readonly peer: string;
  /** Address that the client connected to; stands in for the bound address of a wildcard listener. */
  readonly localAddress?: string;
  readonly host?: string;
  readonly origin?: string;
  /** Sec-Fetch-Site, which browsers send and pages cannot forge. */
  readonly fetchSite?: string;
  readonly authorization?: string;
  /** Came with Forwarded, X-Forwarded-* or Via. */
  readonly forwarded: boolean;
  /** A page that a browser opens by itself and that therefore cannot carry Bearer: the token may be a Basic password. */
  readonly page: boolean;
  /** The cookie of a session that lives came along. */
  readonly session?: boolean;
  /** May change something: any method but GET, HEAD and OPTIONS. */
  readonly change?: boolean;
  /** So long no token of this client is looked at: it has brought too many wrong ones (guess-limit.ts). */
  readonly waitSeconds?: number;
  /** What a browser needs before it has a session: it tells nothing of the pool, so no token is asked for. */
  readonly beforeLogin?: boolean;
}

export type AccessDecision = { readonly allowed: true } | AccessRefusal;

export interface AccessRefusal {
  readonly allowed: false;
  readonly status: 401 | 403 | 429;
  readonly reason: string;
  /** Of a 429. */
  readonly retryAfterSeconds?: number;
  /** A token came along, was looked at, and is wrong. */
  readonly wrongToken?: true;
}

const ALLOWED: AccessDecision = { allowed: true };

/** The order is: peer, page it comes from, proxy in between, token or session. */
export function decideAccess(request: AccessRequest, policy: AccessPolicy): AccessDecision {
  if (!policy.allowsPeer(request.peer)) return refuse(`${request.peer || 'a closed connection'} is not in ADMIN_ALLOW`);

  const page = refusedPage(request, policy);
  if (page !== undefined) return refuse(page);

  if (request.beforeLogin && policy.tokenMatches !== undefined) return ALLOWED;
  const bySession = request.session === true && mayUseSession(request);
  const token = tokenOf(request);
  if (token !== undefined && policy.tokenMatches && !bySession && request.waitSeconds)
    return tooManyGuesses(request.waitSeconds);

  const matches = token === undefined ? undefined : policy.tokenMatches?.(token);
  const authorized = bySession || matches === true;
  const guess = matches === false ? { wrongToken: true as const } : {};
  // Behind a proxy on this machine everybody is loopback, so that ADMIN_ALLOW alone proves nothing.
  if (request.forwarded && !authorized && !policy.trustsProxy(request.peer)) {
    const reason = 'the request came through a proxy that is not in TRUSTED_PROXIES; bring the token of ADMIN_TOKEN';
    return { ...refuse(reason), ...guess };
  }
  if (policy.tokenMatches === undefined || authorized) return ALLOWED;
  return {
    allowed: false,
    status: 401,
    reason: token === undefined ? 'the token is missing: send `Authorization: Bearer TOKEN`' : 'the token is wrong',
    ...guess,
  };
}

/** The one that a request brings, right or wrong. */
export function tokenOf({ authorization, page }: Pick<AccessRequest, 'authorization' | 'page'>): string | undefined {
  return bearerToken(authorization) ?? (page ? basicPassword(authorization) : undefined);
}

/** Not even the right one is looked at: else whoever guesses would know it by that. */
export function tooManyGuesses(retryAfterSeconds: number): AccessRefusal {
  const reason = `too many wrong tokens came from this address; try again in ${retryAfterSeconds} s`;
  return { allowed: false, status: 429, reason, retryAfterSeconds };
}

/** Browsers send cookies along without being asked: for a change, the request has to say that our own page makes it. */
function mayUseSession({ change, origin, fetchSite }: AccessRequest): boolean {
  if (fetchSite === 'same-site') return false; // another program's page on this machine
  return change !== true || origin !== undefined;
}

/** Of the Authorization field. */
export function bringsToken(authorization: string | undefined, policy: AccessPolicy): boolean {
  const token = bearerToken(authorization);
  return token !== undefined && policy.tokenMatches?.(token) === true;
}

/**
 * Why a browser page may not speak to us. Host defeats DNS rebinding (the page's own name resolves to our address), Origin
 * and Sec-Fetch-Site defeat requests that a foreign page makes in its reader's name.
 */
function refusedPage(request: AccessRequest, policy: AccessPolicy): string | undefined {
  const host = request.host === undefined ? undefined : parseAuthority(request.host);
  if (!host) return 'the Host field is missing or malformed';
  if (!isOwnHost(host.name, request, policy)) {
    return `Host "${host.name}" is neither a loopback name nor the bound address; name it in ADMIN_HOSTS`;
  }
  if (request.fetchSite === 'cross-site') return 'a page of another site may not use the admin routes';
  if (request.origin === undefined) return undefined;

  const origin = parseOrigin(request.origin);
  if (!origin) return 'a page without an origin of its own may not use the admin routes';
  if (policy.namedHosts.has(origin.name)) return undefined;
  // Another port of this machine is another program's page: its port has to be the one that was asked for.
  const samePort = origin.port === (host.port ?? origin.defaultPort);
  if (isOwnHost(origin.name, request, policy) && samePort) return undefined;
  return `a page of ${origin.name}:${origin.port} may not use the admin routes`;
}

function isOwnHost(name: string, request: AccessRequest, policy: AccessPolicy): boolean {
  return (
    policy.isLoopback(name) ||
    policy.boundHosts.has(name) ||
    name === request.localAddress ||
    policy.namedHosts.has(name)
  );
}

/** `name:port`, `name` or `[v6]:port`, nothing around it; the name in lower case, without brackets or the root's dot. */
function parseAuthority(text: string): { name: string; port: number | undefined } | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i.exec(text);
  const name = (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
  return name ? { name, port: match?.[3] === undefined ? undefined : Number(match[3]) } : undefined;
}

function parseOrigin(text: string): { name: string; port: number; defaultPort: number } | undefined {
  const match = /^(https?):\/\/(.+)$/i.exec(text);
  const authority = match?.[2] === undefined ? undefined : parseAuthority(match[2]);
  if (!match || !authority) return undefined;
  const defaultPort = match[1]?.toLowerCase() === 'https' ? 443 : 80;
  return { name: authority.name, port: authority.port ?? defaultPort, defaultPort };
}

function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

function basicPassword(authorization: string | undefined): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  try {
    const [, password] = /^[^:]*:(.*)$/.exec(atob(encoded)) ?? [];
    return password;
  } catch {
    return undefined; // no Base64 after all
  }
}

function refuse(reason: string): AccessRefusal {
  return { allowed: false, status: 403, reason };
}
