// The table of who may use the admin routes: peers, hosts, origins, proxies, tokens, and the order in which they count.
import { loadSettings } from '../config/load.js';
import { type AccessDecision, type AccessRequest, decideAccess } from './access.js';
import { compileAccessPolicy } from './access-policy.js';

const TOKEN = 'a-token-of-sixteen-or-more';

function decide(request: Partial<AccessRequest>, env: Record<string, string> = {}): AccessDecision {
  const settings = loadSettings(env);
  const base: AccessRequest = { peer: '127.0.0.1', host: '127.0.0.1:5001', forwarded: false, page: false };
  return decideAccess({ ...base, ...request }, compileAccessPolicy(settings, settings.adminHost));
}
const verdict = (decision: AccessDecision) => (decision.allowed ? 200 : decision.status);
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

type Row = [promise: string, status: number, request: Partial<AccessRequest>, env?: Record<string, string>];

function holds(rows: readonly Row[]): void {
  for (const [promise, status, request, env] of rows) {
    it(`${promise}: ${status}`, () => expect(verdict(decide(request, env))).toBe(status));
  }
}

describe('the peer', () => {
  const rows: Row[] = [
    ['on IPv4 loopback is let in', 200, { peer: '127.0.0.1' }],
    ['on any loopback address is let in', 200, { peer: '127.8.9.10' }],
    ['on IPv6 loopback is let in', 200, { peer: '::1' }],
    ['on loopback as a dual-stack socket reports it is let in', 200, { peer: '::ffff:127.0.0.1' }],
    ['from elsewhere is refused', 403, { peer: '192.0.2.7' }],
    ['from elsewhere is refused in its dual-stack form', 403, { peer: '::ffff:192.0.2.7' }],
    ['whose socket is already closed is refused', 403, { peer: '' }],
    ['that is the one gateway named is let in', 200, { peer: '172.28.0.1' }, { ADMIN_ALLOW: '172.28.0.1' }],
    ['beside the one gateway named is refused', 403, { peer: '172.28.0.2' }, { ADMIN_ALLOW: '172.28.0.1' }],
    ['on loopback is refused where only a gateway is named', 403, { peer: '127.0.0.1' }, { ADMIN_ALLOW: '172.28.0.1' }],
  ];
  holds(rows);
});

describe('Host', () => {
  const wildcard = { ADMIN_HOST: '0.0.0.0', ADMIN_TOKEN: TOKEN };
  const bearer = { authorization: `Bearer ${TOKEN}` };
  const rows: Row[] = [
    [
      'that is a loopback address on another port passes: a container’s port is published elsewhere',
      200,
      { host: '127.0.0.1:5002' },
    ],
    ['localhost passes', 200, { host: 'localhost:5001' }],
    ['LOCALHOST with the root’s dot passes', 200, { host: 'LOCALHOST.:5001' }],
    ['[::1] passes', 200, { host: '[::1]:5001' }],
    ['without a port passes', 200, { host: 'localhost' }],
    ['of a rebound name is refused', 403, { host: 'evil.example:5001' }],
    ['that only begins like loopback is refused', 403, { host: '127.0.0.1.evil.example' }],
    ['that only begins like localhost is refused', 403, { host: 'localhost.evil.example' }],
    ['with a user in front is refused', 403, { host: '127.0.0.1@evil.example' }],
    ['with a path behind is refused', 403, { host: '127.0.0.1/evil' }],
    ['that is empty is refused', 403, { host: '' }],
    ['that is missing is refused', 403, { host: undefined }],
    ['of another address of this machine is refused', 403, { host: '10.0.0.5:5001' }],
    [
      'of the bound address passes',
      200,
      { ...bearer, host: '10.0.0.5:5001' },
      { ADMIN_HOST: '10.0.0.5', ADMIN_TOKEN: TOKEN },
    ],
    [
      'of the address connected to passes where a wildcard is bound',
      200,
      { ...bearer, host: '10.0.0.5', localAddress: '10.0.0.5' },
      wildcard,
    ],
    [
      'of another address is refused where a wildcard is bound',
      403,
      { ...bearer, host: '10.0.0.6', localAddress: '10.0.0.5' },
      wildcard,
    ],
    [
      'that is the wildcard itself is refused',
      403,
      { ...bearer, host: '0.0.0.0:5001', localAddress: '127.0.0.1' },
      wildcard,
    ],
    ['named in ADMIN_HOSTS passes in any case', 200, { host: 'Ops.Example' }, { ADMIN_HOSTS: 'ops.example' }],
    ['below a name in ADMIN_HOSTS is refused', 403, { host: 'x.ops.example' }, { ADMIN_HOSTS: 'ops.example' }],
  ];
  holds(rows);
});

describe('a browser page', () => {
  const rows: Row[] = [
    ['of our own passes', 200, { origin: 'http://127.0.0.1:5001' }],
    ['of our own under another loopback name passes', 200, { origin: 'http://localhost:5001' }],
    ['of our own on the default port passes', 200, { origin: 'http://localhost', host: 'localhost' }],
    ['of another site is refused', 403, { origin: 'https://evil.example' }],
    ['of another site on our port is refused', 403, { origin: 'http://evil.example:5001' }],
    ['of another program on this machine is refused', 403, { origin: 'http://127.0.0.1:3000' }],
    [
      'on our port number under another scheme’s default is refused',
      403,
      { origin: 'https://localhost', host: 'localhost:80' },
    ],
    ['without an origin of its own (sandbox, file) is refused', 403, { origin: 'null' }],
    ['with an empty origin is refused', 403, { origin: '' }],
    ['of a browser extension is refused', 403, { origin: 'chrome-extension://abcdef' }],
    ['named in ADMIN_HOSTS passes on any port', 200, { origin: 'https://ops.example' }, { ADMIN_HOSTS: 'ops.example' }],
    ['that the browser calls cross-site is refused, also without an origin', 403, { fetchSite: 'cross-site' }],
    ['that the browser calls same-origin passes', 200, { fetchSite: 'same-origin' }],
    ['typed in by its user passes', 200, { fetchSite: 'none' }],
    [
      'of another site is refused even with the token',
      403,
      { origin: 'https://evil.example', authorization: `Bearer ${TOKEN}` },
      { ADMIN_TOKEN: TOKEN },
    ],
  ];
  holds(rows);
});

describe('a proxy in between', () => {
  const rows: Row[] = [
    ['on this machine is refused: everybody behind it would be loopback', 403, { forwarded: true }],
    ['that is trusted passes', 200, { forwarded: true }, { TRUSTED_PROXIES: '127.0.0.1' }],
    [
      'that brings the token passes',
      200,
      { forwarded: true, authorization: `Bearer ${TOKEN}` },
      { ADMIN_TOKEN: TOKEN },
    ],
    [
      'that brings a wrong token is refused',
      403,
      { forwarded: true, authorization: 'Bearer wrong-token-wrong-token' },
      { ADMIN_TOKEN: TOKEN },
    ],
    [
      'that is trusted still needs the token where one is set',
      401,
      { forwarded: true },
      { TRUSTED_PROXIES: '127.0.0.1', ADMIN_TOKEN: TOKEN },
    ],
    ['that brings a token where none is set is refused', 403, { forwarded: true, authorization: `Bearer ${TOKEN}` }],
  ];
  holds(rows);
});

describe('the token', () => {
  const env = { ADMIN_TOKEN: TOKEN };
  const rows: Row[] = [
    ['that is right passes', 200, { authorization: `Bearer ${TOKEN}` }, env],
    ['passes whatever the case of its scheme', 200, { authorization: `bearer ${TOKEN}` }, env],
    ['that is missing is asked for', 401, {}, env],
    ['that is empty is asked for', 401, { authorization: 'Bearer ' }, env],
    ['that is wrong is refused', 401, { authorization: 'Bearer wrong-token-wrong-token' }, env],
    ['that is a part of the right one is refused', 401, { authorization: `Bearer ${TOKEN.slice(0, -1)}` }, env],
    ['with more behind it is refused', 401, { authorization: `Bearer ${TOKEN} more` }, env],
    ['without its scheme is refused', 401, { authorization: TOKEN }, env],
    ['as a Basic password is refused on the API', 401, { authorization: basic(`x:${TOKEN}`) }, env],
    [
      'as a Basic password passes on a page, which cannot send Bearer',
      200,
      { authorization: basic(`x:${TOKEN}`), page: true },
      env,
    ],
    [
      'as a Basic password with a colon in front is another password',
      401,
      { authorization: basic(`x::${TOKEN}`), page: true },
      env,
    ],
    ['as a Basic user is refused', 401, { authorization: basic(`${TOKEN}:`), page: true }, env],
    ['as broken Base64 is refused', 401, { authorization: 'Basic A', page: true }, env],
    ['does not widen ADMIN_ALLOW', 403, { peer: '192.0.2.7', authorization: `Bearer ${TOKEN}` }, env],
    ['is not asked for where none is set', 200, {}],
  ];
  holds(rows);
});

describe('the session of a browser', () => {
  const env = { ADMIN_TOKEN: TOKEN };
  const own = 'http://127.0.0.1:5001';
  const rows: Row[] = [
    ['passes in place of the token', 200, { session: true }, env],
    ['passes for an event stream of our page', 200, { session: true, fetchSite: 'same-origin' }, env],
    ['passes for a change that our own page makes', 200, { session: true, change: true, origin: own }, env],
    ['is not enough for a change of unknown origin', 401, { session: true, change: true }, env],
    [
      'is not enough for a change by another program’s page',
      403,
      { session: true, change: true, origin: 'http://127.0.0.1:3000' },
      env,
    ],
    ['is not enough for another program’s page on this machine', 401, { session: true, fetchSite: 'same-site' }, env],
    ['is not enough for a page of another site', 403, { session: true, fetchSite: 'cross-site' }, env],
    ['does not widen ADMIN_ALLOW', 403, { session: true, peer: '192.0.2.7' }, env],
    ['counts behind a proxy, as the token does', 200, { session: true, forwarded: true }, env],
  ];
  holds(rows);
});

describe('what a browser needs before it has a session', () => {
  const env = { ADMIN_TOKEN: TOKEN };
  const rows: Row[] = [
    ['is open without the token', 200, { beforeLogin: true }, env],
    ['is open behind a proxy that a token would let in', 200, { beforeLogin: true, forwarded: true }, env],
    ['is refused behind a proxy where no token is set', 403, { beforeLogin: true, forwarded: true }],
    ['is refused to peers from elsewhere', 403, { beforeLogin: true, peer: '192.0.2.7' }, env],
    ['is refused to pages of other sites', 403, { beforeLogin: true, origin: 'https://evil.example' }, env],
    ['is refused under a rebound name', 403, { beforeLogin: true, host: 'evil.example' }, env],
  ];
  holds(rows);
});

it('a refusal names the setting that would change it', () => {
  expect(decide({ peer: '192.0.2.7' })).toMatchObject({ reason: '192.0.2.7 is not in ADMIN_ALLOW' });
  expect(decide({ host: 'ops.example' })).toMatchObject({ reason: expect.stringContaining('ADMIN_HOSTS') });
  expect(decide({ forwarded: true })).toMatchObject({ reason: expect.stringContaining('TRUSTED_PROXIES') });
});

it('a refusal never repeats the token', () => {
  const decision = decide({ authorization: 'Bearer wrong-token-wrong-token' }, { ADMIN_TOKEN: TOKEN });
  expect(JSON.stringify(decision)).not.toMatch(/wrong-token|sixteen/);
});
